"""The process in which files are read. Whoever sends a file may have made it to break, fill or stop its reader.

It has no environment, may not write to any file, may not use more memory or time than it is told, and talks to the
host through two pipes alone. What it answers is text or one word; nothing that it sends is executed.
"""

import importlib
import importlib.util
import pickle
import resource
import struct
import sys
from itertools import accumulate
from types import ModuleType
from typing import IO, Any, Final

HEADER: Final = struct.Struct("!QQI")
"""How long the pickled setup is, the most bytes of memory, the seconds for one file."""

READY: Final = b"r"
"""What the process says when it has imported what it needs: the time for a file begins with the file."""

REQUEST: Final = struct.Struct("!IQ")
"""Which extractor, and how long the file is."""

ANSWER: Final = struct.Struct("!?I")
"""Whether it is text, and how long that or the reason is."""


def main() -> None:
    """Read files until there are no more."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    setup, memory, seconds = HEADER.unpack(_exactly(requests, HEADER.size))
    extractors, most_characters = _loaded(_exactly(requests, setup))
    _confine(memory)
    answers.write(READY)
    answers.flush()
    while head := requests.read(REQUEST.size):
        index, length = REQUEST.unpack(head)
        _allow(seconds)
        is_text, said = _read(extractors[index], _exactly(requests, length), most_characters)
        answers.write(ANSWER.pack(is_text, len(said)) + said)
        answers.flush()


def _loaded(setup: bytes) -> tuple[list[Any], int]:
    modules, extractors, most_characters = pickle.loads(setup)  # noqa: S301 -- the host's own, made for this process
    for name, file in modules:
        _import(name, file)
    return pickle.loads(extractors), most_characters  # noqa: S301


def _import(name: str, file: str) -> None:
    """A plugin is a module that can be imported, or a single file that the host has loaded from its path."""
    try:
        importlib.import_module(name)
    except ImportError:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        module = importlib.util.module_from_spec(spec)
        for parent in accumulate(name.split(".")[:-1], "{}.{}".format):  # without them no name in it is found
            sys.modules.setdefault(parent, ModuleType(parent))
        sys.modules[name] = module
        spec.loader.exec_module(module)


def _confine(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _allow(seconds: int) -> None:
    """So much more time on the processor: the host stops this process, unless it was stopped itself."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


def _read(extractor: Any, content: bytes, most_characters: int) -> tuple[bool, bytes]:
    try:
        text = extractor.extract(content)
        if not isinstance(text, str):
            return False, b"BROKEN"
        if len(text) > most_characters:
            return False, b"TOO_LARGE"
        return (True, text.encode("utf-8", "replace")) if text.strip() else (False, b"EMPTY")
    except MemoryError:
        return False, b"TOO_LARGE"
    except Exception as error:  # noqa: BLE001 -- a reader of foreign files fails in any way; its text quotes the file
        reason = getattr(error, "withheld", None)
        return False, str(getattr(reason, "name", "BROKEN")).encode()


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
