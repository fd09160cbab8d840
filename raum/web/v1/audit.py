"""`GET /v1/audit`, page by page, and `GET /v1/audit/export`. Both are themselves audited."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from attrs import field, frozen
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from raum.audit.export import FORMATS, entry_document
from raum.host import Host
from raum.model import Entry
from raum.storage.audit import EVERYTHING, Wanted
from raum.web.access import caller
from raum.web.addresses import origin_of
from raum.web.openapi.endpoints import Parameter
from raum.web.problems import Problem

_LONGEST_WORD: Final = 256
_LARGEST_TICKET: Final = 2**63 - 1
_LIMIT, _LARGEST_LIMIT = 50, 200
_WORD: Final = {"type": "string", "minLength": 1, "maxLength": _LONGEST_WORD}
_TIME: Final = {"type": "string", "format": "date-time"}

_FILTERS: Final = (
    Parameter("operation", "entries of this operation alone", _WORD),
    Parameter("actor", "entries of this actor alone", _WORD),
    Parameter("outcome", "entries of this outcome alone", _WORD),
    Parameter("ticket", "entries about the ticket of this number", {"type": "integer", "minimum": 1}),
    Parameter("from", "entries of this time or later", _TIME),
    Parameter("to", "entries before this time", _TIME),
)
PAGE_QUERY: Final = (
    *_FILTERS,
    Parameter("limit", "how many entries", {"type": "integer", "minimum": 1, "maximum": _LARGEST_LIMIT}),
    Parameter("cursor", "the `next` of the page before", _WORD),
)
EXPORT_QUERY: Final = (*_FILTERS, Parameter("format", "jsonl is sealed", {"type": "string", "enum": list(FORMATS)}))


@frozen
class EntriesAnswer:
    """A page of entries."""

    entries: tuple[Mapping[str, Any], ...]
    next: str | None = field(metadata={"help": "the cursor of the following page; null on the last one"})
    request_id: str


async def entries(request: Request) -> EntriesAnswer:
    """Entries of the account, newest first."""
    host: Host = request.state.host
    asking = caller(request)
    account, actor = asking.account, asking.actor
    query = _query(request, PAGE_QUERY)
    wanted, limit = _wanted(query), _limit(query.get("limit"))
    after = _position(query["cursor"]) if "cursor" in query else None
    reader = host.log_reader(actor, origin_of(request))
    found = await reader.page(account.id, wanted, after=after, limit=limit)
    page = found[:limit]
    following = _cursor(page[-1]) if len(found) > limit else None
    return EntriesAnswer(tuple(map(entry_document, page)), following, request.state.request_id)


async def export(request: Request) -> Response:
    """The log as a file: `format` is jsonl (sealed, the whole of it), csv or ocsf."""
    host: Host = request.state.host
    asking = caller(request)
    account, actor = asking.account, asking.actor
    query = _query(request, EXPORT_QUERY)
    format_, wanted = query.get("format", "jsonl"), _wanted(query)
    if format_ not in FORMATS:
        raise Problem(400, "invalid_query", f"'format' must be one of {', '.join(FORMATS)}.")
    if format_ == "jsonl" and wanted != EVERYTHING:
        raise Problem(400, "invalid_query", "The sealed export is of the whole log; filter csv or ocsf instead.")
    pieces = await host.log_reader(actor, origin_of(request)).export(account.id, format_, wanted)
    suffix = "csv" if format_ == "csv" else "jsonl"
    disposition = f'attachment; filename="audit-{account.id}.{suffix}"'
    return StreamingResponse(pieces, media_type=FORMATS[format_], headers={"Content-Disposition": disposition})


def _query(request: Request, parameters: tuple[Parameter, ...]) -> Mapping[str, str]:
    """The query. Problem 400 for a name that is unknown or there twice, or a value that cannot be."""
    items = request.query_params.multi_items()
    query = dict(items)
    allowed = [parameter.name for parameter in parameters]
    if not set(query) <= set(allowed):
        raise Problem(400, "invalid_query", f"Unknown name in the query; allowed: {', '.join(allowed)}.")
    if len(query) < len(items):
        raise Problem(400, "invalid_query", "A name is in the query twice.")
    if any(not value or len(value) > _LONGEST_WORD or not value.isprintable() for value in query.values()):
        raise Problem(400, "invalid_query", f"Values in the query are of 1 to {_LONGEST_WORD} printable characters.")
    return query


def _wanted(query: Mapping[str, str]) -> Wanted:
    return Wanted(
        operation=query.get("operation"),
        actor=query.get("actor"),
        outcome=query.get("outcome"),
        ticket_id=_ticket(query["ticket"]) if "ticket" in query else None,
        since=_time("from", query["from"]) if "from" in query else None,
        until=_time("to", query["to"]) if "to" in query else None,
    )


def _ticket(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 0 < int(text) <= _LARGEST_TICKET):
        raise Problem(400, "invalid_query", "'ticket' must be a number.")
    return int(text)


def _limit(text: str | None) -> int:
    if text is None:
        return _LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= _LARGEST_LIMIT):
        raise Problem(400, "invalid_query", f"'limit' must be a number from 1 to {_LARGEST_LIMIT}.")
    return int(text)


def _time(name: str, text: str) -> datetime:
    problem = Problem(
        400, "invalid_query", f"'{name}' must be a time with its offset (RFC 3339), such as 2026-03-01T00:00:00Z."
    )
    try:
        time = datetime.fromisoformat(text)
        if time.utcoffset() is None:
            raise problem
        time.astimezone(tz=None).timestamp()
    except (ValueError, OverflowError):
        raise problem from None
    return time


def _cursor(entry: Entry) -> str:
    """A place in the log. It names an entry of the account's own, so that it needs no protection."""
    return base64.urlsafe_b64encode(json.dumps([entry.time.isoformat(), entry.id]).encode()).decode()


def _position(cursor: str) -> tuple[datetime, str]:
    problem = Problem(400, "invalid_query", "'cursor' must be one that an answer gave.")
    try:
        time, entry_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        position = datetime.fromisoformat(time).astimezone(UTC), str(entry_id)
    except (OverflowError, TypeError, ValueError, RecursionError):
        raise problem from None
    if not position[1].isprintable():  # a database refuses NUL and half of a surrogate pair
        raise problem
    return position
