"""Reading files: which extractor reads one, and the process that it reads in."""

import asyncio
import contextlib
import pickle
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Final

from attrs import frozen

from raum.api import Extractor
from raum.errors import OperatorError, Unreadable
from raum.extraction.child import ANSWER, HEADER, READY, REQUEST
from raum.model import Withheld

HEAD_BYTES: Final = 4096
"""How much of a file an extractor sees when it is asked whether it reads that."""

# Isolated (-I): neither the environment nor the working folder decide what is imported.
_COMMAND: Final = (sys.executable, "-I", "-B", "-c", "from raum.extraction.child import main; main()")
_START_SECONDS: Final = 30.0
_LONGEST_REASON: Final = 64
_GONE: Final = (EOFError, ConnectionError)


@frozen
class Bounds:
    """What reading one file may take: seconds, bytes of memory, and characters of text that come out."""

    seconds: float = 10.0
    memory_bytes: int = 1 << 30
    characters: int = 200_000


class Reader:
    """Reads files with a fixed sequence of extractors. Raises OperatorError for one that cannot leave this process."""

    def __init__(self, extractors: Sequence[Extractor], bounds: Bounds, *, at_once: int = 2) -> None:
        self._extractors = tuple(extractors)
        self._bounds = bounds
        self._setup = _setup(self._extractors, bounds)
        self._places = asyncio.Semaphore(at_once)

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator["Session"]:
        """A process for the files of one ticket. It starts with the first file, and ends with the session."""
        async with self._places:
            session = Session(self._extractors, self._bounds, self._setup)
            try:
                yield session
            finally:
                await session.end()


class Session:
    """Reads the files of one ticket, one after the other."""

    def __init__(self, extractors: Sequence[Extractor], bounds: Bounds, setup: bytes) -> None:
        self._extractors = extractors
        self._bounds = bounds
        self._setup = setup
        self._process: asyncio.subprocess.Process | None = None

    async def text(self, name: str, content: bytes) -> str:
        """The text in a file. Raises Unreadable."""
        if not content:
            raise Unreadable(Withheld.EMPTY)
        kind = kind_of(content)
        if kind in (Withheld.IMAGE, Withheld.AUDIO):  # and text to nobody, whatever an extractor makes of its bytes
            raise Unreadable(kind)
        index = next((at for at, each in enumerate(self._extractors) if _reads(each, name, content)), None)
        if index is None:
            raise Unreadable(kind)
        try:
            if self._process is None:
                async with asyncio.timeout(_START_SECONDS):
                    await self._start()
            async with asyncio.timeout(self._bounds.seconds):
                return await self._ask(index, content)
        except TimeoutError:
            problem = Withheld.TOO_SLOW
        except _GONE:  # it was stopped for what it used up
            problem = Withheld.TOO_LARGE
        await self.end()
        raise Unreadable(problem)

    async def end(self) -> None:
        """Stop the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def _start(self) -> None:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            *_COMMAND, stdin=pipe, stdout=pipe, stderr=nowhere, env={}, limit=1 << 20
        )
        await self._send(self._setup)
        await self._receive(len(READY))

    async def _ask(self, index: int, content: bytes) -> str:
        await self._send(REQUEST.pack(index, len(content)) + content)
        is_text, length = ANSWER.unpack(await self._receive(ANSWER.size))
        if length > (4 * self._bounds.characters if is_text else _LONGEST_REASON):
            raise EOFError
        said = await self._receive(length)
        if is_text:
            return said.decode("utf-8", "replace")
        reason = said.decode("ascii", "replace")
        raise Unreadable(Withheld[reason] if reason in Withheld.__members__ else Withheld.BROKEN)

    async def _send(self, data: bytes) -> None:
        assert self._process is not None  # noqa: S101 -- started above
        assert self._process.stdin is not None  # noqa: S101 -- it is a pipe
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def _receive(self, length: int) -> bytes:
        assert self._process is not None  # noqa: S101 -- started above
        assert self._process.stdout is not None  # noqa: S101 -- it is a pipe
        return await self._process.stdout.readexactly(length)


_KINDS: Final = (
    (Withheld.IMAGE, (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\1\0")),
    (Withheld.AUDIO, (b"ID3", b"\xff\xfb", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"#!AMR", b"FLV\1")),
    (Withheld.ARCHIVE, (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")),
)


def kind_of(content: bytes) -> Withheld:
    """What a file is that nobody reads, by its first bytes: senders say what they like."""
    if content[:2] == b"BM" and content[6:10] == b"\0\0\0\0":
        return Withheld.IMAGE
    if content[:4] == b"RIFF":
        return Withheld.IMAGE if content[8:12] == b"WEBP" else Withheld.AUDIO
    if content[4:8] == b"ftyp":
        return Withheld.IMAGE if content[8:12] in (b"heic", b"heix", b"mif1", b"avif") else Withheld.AUDIO
    if content[257:262] == b"ustar":
        return Withheld.ARCHIVE
    return next((kind for kind, starts in _KINDS if content.startswith(starts)), Withheld.KIND)


def _reads(extractor: Extractor, name: str, content: bytes) -> bool:
    try:
        return bool(extractor.reads(name, content[:HEAD_BYTES]))
    except Exception:  # noqa: BLE001 -- a part's fault on a foreign file: it does not read that
        return False


def _setup(extractors: Sequence[Extractor], bounds: Bounds) -> bytes:
    modules = {type(each).__module__: str(sys.modules[type(each).__module__].__file__) for each in extractors}
    try:
        pickled = pickle.dumps(list(extractors))
    except Exception as error:  # noqa: BLE001 -- parts raise what they like
        raise OperatorError(
            f"an extractor cannot be sent to a process of its own ({type(error).__name__}): an instance of a class of "
            "its module is needed, without open files, locks or functions in it"
        ) from None
    setup = pickle.dumps((list(modules.items()), pickled, bounds.characters))
    return HEADER.pack(len(setup), bounds.memory_bytes, int(bounds.seconds) + 1) + setup
