"""The part `jsonl`: a copy of every audit entry as one line of JSON (https://jsonlines.org), in a file or on stdout.

Lines are ASCII with sorted keys; times are RFC 3339 in UTC. The file is opened anew for each entry, so that it can be
rotated by renaming it. It is only ever appended to: what is erased in the store stays in the copies, which whoever runs
the host keeps for as long as they have to, and deletes.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import Final

import attrs
from attrs import frozen

from raum.api import AuditSink, DataClass, DataUse, Entry, Part, hookimpl

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
            {DataClass.REDACTED, DataClass.IDS},
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
        async with self._turn:
            await asyncio.to_thread(self._append, to_line(entry))


def to_line(entry: Entry) -> str:
    """The entry as one line, with its line end."""
    fields = attrs.asdict(entry, recurse=False)
    fields["time"] = entry.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
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
