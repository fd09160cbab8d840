"""What Zendesk's refusals mean.

An error's body comes in three shapes: `{"error": "Name", "description": ...}`, `{"error": {"title", "message"}}` and
`{"errors": [{"code", "title"}]}`; during maintenance it is an HTML page. Its texts quote what customers wrote, above
all their addresses, so nothing of it is passed on but words that are known beforehand: names of errors and of fields.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, LiteralString

from raum.api import HelpdeskFailed, TicketNotFound
from raum_zendesk.budget import retry_after_seconds
from raum_zendesk.documents import Malformed, parse

_NAMES: Final = frozenset(
    {"RecordInvalid", "RecordNotFound", "InvalidEndpoint", "UpdateConflict", "TooManyRequests", "TooManyValues"}
    | {"Forbidden", "Unprocessable", "IdempotentRequestError", "InvalidValue", "InvalidParams", "RecordValidation"}
    | {"invalid_token", "token_expired", "invalid_grant", "invalid_client", "invalid_request", "unauthorized_client"}
)
_FIELDS: Final = frozenset(
    {"base", "status", "comment", "requester", "requester_id", "assignee", "assignee_id", "group_id", "email", "name"}
    | {"description", "subject", "tags", "custom_fields", "collaborators", "email_ccs", "followers", "brand_id"}
    | {"ticket_form_id", "organization_id", "endpoint", "subscriptions", "authentication", "priority", "type"}
)
_CLOSED: Final = "closed prevents ticket update"
_DEEPEST: Final = 4


def failure(status: int, headers: Mapping[str, str], body: bytes, what: LiteralString) -> HelpdeskFailed:
    """The failure that an answer is while doing `what`; its text holds nothing of the body but known words.

    Statuses: https://developer.zendesk.com/api-reference/introduction/requests/#response-format.
    """
    document = _document(body)
    told = _told(status, document)
    if status in (401, 403):
        return HelpdeskFailed(
            f"Zendesk refused the account's token while {what} ({told}); "
            "store one that may read and write tickets, or connect the account with `raum zendesk connect`",
            code="helpdesk_unauthorized",
        )
    if status == 404:
        return TicketNotFound("Zendesk has no such ticket, or the account's token may not see it")
    if status == 409:
        return HelpdeskFailed(
            "the ticket changed in Zendesk since it was read; read it again", code="ticket_changed", retryable=True
        )
    if status in (408, 429) or status >= 500:
        return HelpdeskFailed(
            f"Zendesk is not available while {what} ({told}); try again later",
            code="helpdesk_unavailable",
            retryable=True,
            retry_after_seconds=retry_after_seconds(headers),
        )
    if status == 422 and any(_CLOSED in text.lower() for text in _texts(document)):
        return closed()
    return HelpdeskFailed(f"Zendesk refused the call while {what} ({told})", code="helpdesk_refused")


def closed() -> HelpdeskFailed:
    """A closed ticket takes no update, and does not open again."""
    return HelpdeskFailed("the ticket is closed in Zendesk; a closed ticket takes no reply", code="ticket_closed")


def _told(status: int, document: Mapping[str, Any]) -> str:
    """The status, and the error's name and fields as far as they are known words."""
    name = next((each for each in _names(document) if each in _NAMES), None)
    details = document.get("details")
    fields = sorted(_FIELDS & set(details)) if isinstance(details, Mapping) else []
    parts = [f"status {status}", *([name] if name else [])]
    return ", ".join(parts) + (f": {', '.join(fields)}" if fields else "")


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    errors = document.get("errors")
    listed = errors if isinstance(errors, list) else []
    for error in (document.get("error"), *listed):
        if isinstance(error, str):
            yield error
        elif isinstance(error, Mapping):
            yield from (value for key in ("code", "title") if isinstance(value := error.get(key), str))


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each, depth + 1)


def _document(body: bytes) -> Mapping[str, Any]:
    try:
        return parse(body)
    except Malformed:
        return {}
