"""Files are read in a process that is stopped when it takes too much."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from raum.api import OperatorError, Unreadable, Withheld
from raum.extraction.reader import Bounds, Reader, kind_of
from raum.testing import FakeExtractor

QUICK = Bounds(seconds=1, memory_bytes=512 << 20, characters=1000)


class Scripted:
    """Does what the file says."""

    def reads(self, name, head):
        return True

    def extract(self, content):
        word, _, rest = content.decode().partition(" ")
        match word:
            case "wait":
                threading.Event().wait()
            case "spin":
                while True:
                    pass
            case "eat":
                return str(len(bytearray(int(rest))))
            case "exit":
                os._exit(3)
            case "write":
                Path(rest).write_text("x")
            case "raise":
                raise ZeroDivisionError(rest)
            case "number":
                return 7
        return rest if word == "say" else " ".join(sorted(os.environ)) or "nothing"


class Faulty(FakeExtractor):
    def reads(self, name, head):
        raise ZeroDivisionError


async def outcome(session, content):
    try:
        return await session.text("file", content.encode())
    except Unreadable as unreadable:
        return unreadable.withheld


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("say hello", "hello"),
        ("say " + "x" * 1001, Withheld.TOO_LARGE),
        ("say  ", Withheld.EMPTY),
        ("wait", Withheld.TOO_SLOW),
        ("spin", Withheld.TOO_SLOW),
        ("eat 2000000000", Withheld.TOO_LARGE),
        ("exit", Withheld.TOO_LARGE),
        ("raise secret", Withheld.BROKEN),
        ("number", Withheld.BROKEN),
    ],
)
async def test_a_file_that_takes_too_much_is_withheld_and_the_next_is_read(content, expected):
    async with Reader([Scripted()], QUICK).session() as session:
        assert await outcome(session, content) == expected
        assert await outcome(session, "say hello") == "hello"


async def test_the_process_can_write_no_file_and_has_no_environment(tmp_path):
    async with Reader([Scripted()], QUICK).session() as session:
        assert await outcome(session, f"write {tmp_path}/file") is Withheld.BROKEN
        assert set((await outcome(session, "environment")).split()) <= {"nothing", "LC_CTYPE"}
    assert not [file for file in tmp_path.iterdir() if file.stat().st_size]


async def test_the_process_ends_with_its_session():
    async with Reader([Scripted()], QUICK).session() as session:
        await outcome(session, "say hello")
        process = session._process
    assert process.returncode is not None


async def test_the_event_loop_goes_on_meanwhile():
    async def tick():
        for _ in range(5):
            await asyncio.sleep(0.01)
        return "ticked"

    async with Reader([Scripted()], QUICK).session() as session:
        reading = asyncio.create_task(outcome(session, "wait"))
        assert await tick() == "ticked"
        assert not reading.done()
        assert await reading is Withheld.TOO_SLOW


async def test_the_first_that_reads_a_file_gets_it_and_one_that_fails_does_not():
    async with Reader(
        [Faulty(), FakeExtractor(b"a:"), FakeExtractor(b"a"), FakeExtractor(b"b")], QUICK
    ).session() as session:
        assert [await outcome(session, text) for text in ("a:x", "ax", "bx")] == ["x", "x", "x"]
        assert await outcome(session, "cx") is Withheld.KIND
    async with Reader([Scripted()], QUICK).session() as session:
        assert await outcome(session, "ID3 say hello") is Withheld.AUDIO
    async with Reader([], QUICK).session() as session:
        assert await outcome(session, "a") is Withheld.KIND


def test_an_extractor_that_cannot_leave_the_process_is_an_error_at_the_start():
    extractor = FakeExtractor()
    extractor.lock = lambda: None
    with pytest.raises(OperatorError, match="cannot be sent to a process of its own"):
        Reader([extractor], QUICK)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n", Withheld.IMAGE),
        (b"BM\x10\x10\0\0\0\0\0\0", Withheld.IMAGE),
        (b"BMW is a car", Withheld.KIND),
        (b"RIFF1234WEBPVP8", Withheld.IMAGE),
        (b"RIFF1234WAVEfmt", Withheld.AUDIO),
        (b"\0\0\0\x18ftypheic", Withheld.IMAGE),
        (b"\0\0\0\x18ftypmp42", Withheld.AUDIO),
        (b"PK\3\4", Withheld.ARCHIVE),
        (b"\x1f\x8b\x08", Withheld.ARCHIVE),
        (b"x" * 257 + b"ustar", Withheld.ARCHIVE),
        (b"\x00\x01\x02", Withheld.KIND),
        (b"", Withheld.KIND),
    ],
)
def test_what_nobody_reads_is_told_by_its_first_bytes(head, kind):
    assert kind_of(head) is kind
