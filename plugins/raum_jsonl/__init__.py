"""The part `jsonl`: a copy of every audit entry as one line of JSON (https://jsonlines.org), in a file or on stdout.

Checkpoints are lines of their own, so that the file can be the second place from which a cut log is found out.

Lines are ASCII with sorted keys; times are RFC 3339 in UTC. The file is opened anew for each entry, so that it can be
rotated by renaming it. It is only ever appended to: what is erased in the store stays in the copies, which whoever runs
the host keeps for as long as they have to, and deletes.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import attrs
from attrs import frozen

from raum.api import AuditSink, Checkpoint, DataClass, DataUse, Entry, Part, hookimpl, utc_text

STDOUT: Final = "-"
"""The path that stands for the standard output."""


@frozen
class JsonlOptions:
    """`path` is the file that entries are appended to, from the working directory; "-" is the standard output."""

    path: str = "audit/entries.jsonl"


@hookimpl
def raum_audit_sinks() -> Iterable[Part[AuditSink]]:
    """The part `jsonl`."""
    yield Part(
        "jsonl",
        lambda options: JsonlSink(options.path),
        lambda options: DataUse(
            {DataClass.REDACTED, DataClass.IDS, DataClass.SETTINGS, DataClass.METRICS},
            goes_to="the host's standard output" if options.path == STDOUT else "a file on the host",
            kept="as the operator keeps it",
        ),
        JsonlOptions,
        summary="appends every audit entry as a line of JSON",
    )


class JsonlSink:
    """Writes entries one after the other; a line is on the disk when `write` returns."""

    def __init__(self, path: str) -> None:
        self._append = _print if path == STDOUT else Appender(Path(path))
        self._turn = asyncio.Lock()

    async def write(self, entry: Entry) -> None:
        """Append the entry. Raises OSError if it cannot be written."""
        await self._write(to_line(entry))

    async def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Append the checkpoint, as `raum audit verify --checkpoint` reads it. Raises OSError."""
        await self._write(checkpoint.line)

    async def _write(self, line: str) -> None:
        async with self._turn:
            await asyncio.to_thread(self._append, line)


def to_line(entry: Entry) -> str:
    """The entry as one line, with its line end."""
    fields = attrs.asdict(entry, recurse=False)
    fields["time"] = utc_text(entry.time)
    return json.dumps(fields, sort_keys=True) + "\n"


def _print(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


@frozen
class Appender:
    """Appends lines to a file, which is created for its owner alone, as is its folder."""

    path: Path

    def __call__(self, line: str) -> None:
        """Append the line and wait until it is on the disk."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(line.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
