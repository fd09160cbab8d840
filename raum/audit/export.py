"""An account's audit log as a file: sealed JSON lines, which can be verified, or CSV or OCSF, for other programs."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final

import attrs

from raum.api import Store
from raum.audit.ocsf import ocsf_event
from raum.errors import OperatorError
from raum.model import Entry
from raum.sealing.body import canonical, facts_of, said_of, utc_text
from raum.storage.audit import KeptEntry, Wanted

FORMATS: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "ocsf": "application/x-ndjson",
}
"""The formats, and the media type of each."""

_AT_ONCE: Final = 500
_COLUMNS: Final = tuple(field.name for field in attrs.fields(Entry) if field.name != "salt")

# What a spreadsheet takes for the beginning of a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def entry_document(entry: Entry) -> dict[str, Any]:
    """An entry as JSON has it, with all its fields; `is_erased` says whether what was said is gone."""
    document = {name: getattr(entry, name) for name in _COLUMNS}
    return {**document, "time": utc_text(entry.time), "is_erased": not entry.salt}


async def exported(store: Store, account_id: str, format_: str, wanted: Wanted) -> AsyncIterator[str]:
    """The pieces of an export. The sealed one is of the whole log; the others of the entries that are wanted."""
    if format_ == "jsonl":
        async for line in sealed_lines(store, account_id):
            yield line
    elif format_ == "csv":
        yield _row(_COLUMNS)
        async for entry in _entries(store, account_id, wanted):
            yield _row(_cells(entry))
    else:
        async for entry in _entries(store, account_id, wanted):
            yield json.dumps(ocsf_event(entry)) + "\n"


async def sealed_lines(store: Store, account_id: str) -> AsyncIterator[str]:
    """The whole log, as `raum.sealing.verify` reads it.

    Raises OperatorError, before the line that ends it, if a purge took of what it has told already: there would be a
    gap, which looks like one that somebody cut.
    """
    keys = {key.kid: key.public_key.hex() for key in await store.signing_keys()}
    yield _line({"log": {"account_id": account_id, "keys": keys}})
    checkpoints = await store.checkpoints(account_id)
    count, oldest = 0, 0
    for checkpoint in checkpoints:
        for first in range(checkpoint.first, checkpoint.last + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, checkpoint.last)
            for kept in await store.sealed(account_id, first, last):
                count += 1
                oldest = oldest or kept.position or 0
                yield _entry_line(kept)
        yield checkpoint.line
    sealed_since = checkpoints[-1].last if checkpoints else 0
    for kept in await store.behind(account_id, sealed_since):
        count += 1
        yield _entry_line(kept)
    if oldest and not await store.sealed(account_id, oldest, oldest):
        raise OperatorError("old entries were purged while the log was exported; export it again")
    yield _line({"end": {"entries": count, "segments": len(checkpoints)}})


def _entry_line(kept: KeptEntry) -> str:
    facts = facts_of(kept.entry).decode()
    if kept.is_erased:
        return f'{{"entry":{facts},"said_hash":"{kept.said_hash.hex()}"}}\n'
    return f'{{"entry":{facts},"said":{said_of(kept.entry).decode()}}}\n'


def _line(document: Mapping[str, Any]) -> str:
    return canonical(document).decode() + "\n"


async def _entries(store: Store, account_id: str, wanted: Wanted) -> AsyncIterator[Entry]:
    """Newest first, page by page, so that a log of any length takes little memory."""
    after = None
    while page := await store.entries(account_id, wanted, after=after, limit=_AT_ONCE):
        for entry in page:
            yield entry
        after = (page[-1].time, page[-1].id)


def _cells(entry: Entry) -> Iterable[str]:
    for name in _COLUMNS:
        value = getattr(entry, name)
        if name == "time":
            yield utc_text(value)
        elif isinstance(value, tuple):
            yield json.dumps(value, ensure_ascii=False) if value else ""
        else:
            yield "" if value is None else str(value)


def _row(cells: Iterable[str]) -> str:
    """A line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([_harmless(cell) for cell in cells])
    return buffer.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
