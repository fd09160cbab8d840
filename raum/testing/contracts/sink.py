"""What every audit sink does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from raum.api import AuditSink, Checkpoint, Entry
from raum.testing.contracts.parts import entered

Written = Callable[[], Sequence[str]]


class AuditSinkContract:
    """Subclass it and give `part`, and `written` and `checkpoints`, which read back what it got, oldest first.

    class TestJsonl(AuditSinkContract):
        @pytest.fixture
        def part(self, tmp_path):
            return JsonlSink(str(tmp_path / "entries.jsonl"))

        @pytest.fixture
        def written(self, tmp_path):
            lines = lambda: map(json.loads, (tmp_path / "entries.jsonl").open())
            return lambda: [line["id"] for line in lines() if "id" in line]

        @pytest.fixture
        def checkpoints(self, tmp_path):
            return lambda: [each.digest for each in kept_checkpoints((tmp_path / "entries.jsonl").open())]
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def part(self) -> AuditSink:
        """The sink, not yet entered; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the sink")

    @pytest.fixture
    def written(self) -> Written:
        """A function that reads back the ids of the entries that the sink was given; to be overridden."""
        raise NotImplementedError("give the fixture `written`: a function that reads back ids")

    @pytest.fixture
    def checkpoints(self) -> Written:
        """A function that reads back the digests of the checkpoints that the sink was given; to be overridden."""
        raise NotImplementedError("give the fixture `checkpoints`: a function that reads back digests")

    @pytest_asyncio.fixture(loop_scope="function")
    async def sink(self, part: AuditSink) -> AsyncIterator[AuditSink]:
        async with entered(part) as sink:
            yield sink

    async def test_entries_are_kept_once_and_in_order(self, sink: AuditSink, written: Written) -> None:
        entries = [_entry(number) for number in range(5)]
        for entry in entries:
            await sink.write(entry)
        assert list(written()) == [entry.id for entry in entries]

    async def test_an_entry_is_kept_when_write_returns(self, sink: AuditSink, written: Written) -> None:
        for number in range(3):
            await sink.write(_entry(number))
            assert len(written()) == number + 1

    async def test_entries_written_at_once_are_kept_once_each(self, sink: AuditSink, written: Written) -> None:
        entries = [_entry(number, content="x" * 10_000) for number in range(20)]
        await asyncio.gather(*(sink.write(entry) for entry in entries))
        assert sorted(written()) == sorted(entry.id for entry in entries)

    @pytest.mark.parametrize(
        "content", [None, "", "Grüße 🙂\u2028שלום\r\n\t\x00\x1b", '"}\n{"id": "forged"}', "\ud800"]
    )
    async def test_an_entry_with_any_content_is_kept(
        self, sink: AuditSink, written: Written, content: str | None
    ) -> None:
        await sink.write(_entry(1, content=content, completion=content))
        await sink.write(_entry(2))
        assert list(written()) == ["entry-1", "entry-2"]

    async def test_checkpoints_are_kept_beside_the_entries(
        self, sink: AuditSink, written: Written, checkpoints: Written
    ) -> None:
        await sink.write(_entry(1))
        kept = [_checkpoint(number) for number in (1, 2)]
        for checkpoint in kept:
            await sink.write_checkpoint(checkpoint)
        await sink.write(_entry(2))
        assert list(checkpoints()) == [checkpoint.digest for checkpoint in kept]
        assert list(written()) == ["entry-1", "entry-2"]


def _checkpoint(number: int) -> Checkpoint:
    day = date(2026, 3, number)
    return Checkpoint("acme", number, day, number, number, "a" * 64, "b" * 64, "c" * 64, "2026-03-09", b"s" * 64)


def _entry(number: int, *, content: str | None = None, completion: str | None = None) -> Entry:
    return Entry(
        id=f"entry-{number}",
        time=datetime(2026, 3, 1, 12, tzinfo=UTC),
        account_id="acme",
        operation="generate",
        actor="system:worker",
        outcome="posted_note",
        ticket_id=number,
        placeholders=("[REDACTED_NAME]",),
        content=content,
        completion=completion,
    )
