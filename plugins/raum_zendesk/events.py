"""What a webhook delivery asks for.

There are two kinds. The body of an event webhook is fixed by Zendesk
(https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types/); the body of a trigger webhook
is typed by an administrator, and raum wants one that holds identifiers alone:

    {"ticket_id": "{{ticket.id}}", "updated_at": "{{ticket.updated_at_with_timestamp}}",
     "latest_comment_id": "{{ticket.latest_comment.id}}"}

A reply that raum posts is written by staff, so the event that it raises asks for nothing.
"""

import re
from collections.abc import Callable

from raum.api import Event, EventKind, InvalidDelivery
from raum_zendesk.documents import Document, Malformed, flag, mapping, number, parse, text
from raum_zendesk.signature import TIMESTAMP
from raum_zendesk.tickets import UNANSWERABLE

_PREFIX = "zen:event-type:"
_EVENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._+-]{0,127}")


def read(body: bytes) -> Event | None:
    """The event in a verified body, None if nobody waits for a reply. Raises InvalidDelivery, without the body."""
    try:
        document = parse(body)
        return _event(document) if "type" in document else _trigger(document)
    except Malformed as malformed:
        raise InvalidDelivery(f"the delivery cannot be read: {malformed}") from None


def _event(document: Document) -> Event | None:
    name = text(document["type"], "'type'").lower().removeprefix(_PREFIX)
    kind, asks = _KINDS.get(name, (None, None))
    if kind is None or asks is None:
        return None
    detail = mapping(document.get("detail"), "'detail'")
    if not asks(detail, mapping(document.get("event"), "'event'")):
        return None
    subject = number(detail.get("id"), "'detail.id'")
    if kind is EventKind.PERSON_DELETED:
        return Event(_event_id(document.get("id")), 0, kind, person_id=subject)
    return Event(_event_id(document.get("id")), subject, kind)


def _created(detail: Document, _event: Document) -> bool:
    return text(detail.get("status"), "'detail.status'").lower() not in UNANSWERABLE


def _comment_added(_detail: Document, event: Document) -> bool:
    comment = mapping(event.get("comment"), "'event.comment'")
    author = mapping(comment.get("author"), "'event.comment.author'")
    public = flag(comment.get("is_public", comment.get("public")), "'event.comment.is_public'")
    is_staff = flag(author.get("is_staff"), "'event.comment.author.is_staff'")
    return public and not is_staff and not _is_zendesk(author)


def _message_added(_detail: Document, event: Document) -> bool:
    actor = mapping(event.get("actor"), "'event.actor'")
    if "type" not in actor:
        raise Malformed("'event.actor.type' must be a string")
    return text(actor["type"], "'event.actor.type'").lower() == "end_user" and not _is_zendesk(actor)


def _is_zendesk(person: Document) -> bool:
    # Zendesk's own bots and system users; an id of theirs is no number.
    identifier = person.get("id")
    return identifier == -1 or (isinstance(identifier, str) and (identifier == "-1" or identifier.startswith("zd:")))


def _solved(_detail: Document, event: Document) -> bool:
    return text(event.get("current"), "'event.current'").lower() == "solved"


def _always(_detail: Document, _event: Document) -> bool:
    return True


# A merge asks for nothing: the ticket that is left gets a comment of staff about it, the other one is closed. Nor does
# the first step of deleting a ticket, which can be undone.
_KINDS: dict[str, tuple[EventKind, Callable[[Document, Document], bool]]] = {
    "ticket.created": (EventKind.REPLY, _created),
    "ticket.comment_added": (EventKind.REPLY, _comment_added),
    "messaging_ticket.message_added": (EventKind.REPLY, _message_added),
    "ticket.status_changed": (EventKind.SOLVED, _solved),
    "ticket.csat_received": (EventKind.RATED, _always),
    "ticket.permanently_deleted": (EventKind.TICKET_DELETED, _always),
    "user.deleted": (EventKind.PERSON_DELETED, _always),
}

EVENT_TYPES = tuple(f"{_PREFIX}{name}" for name in _KINDS)
"""What the webhook of an account subscribes to."""


def _event_id(value: object) -> str:
    if not isinstance(value, str) or not _EVENT_ID.fullmatch(value):
        raise Malformed("'id' must be a short token")
    return value


def _trigger(document: Document) -> Event:
    """The id is built from signed values, which are the same when the delivery is repeated."""
    ticket_id = number(document.get("ticket_id"), "'ticket_id'")
    updated_at = text(document.get("updated_at"), "'updated_at'")
    comment_id = document.get("latest_comment_id")
    if updated_at and not TIMESTAMP.fullmatch(updated_at):
        raise Malformed("'updated_at' must be a time in ISO 8601")
    marks = [updated_at] if updated_at else []
    if comment_id not in (None, ""):
        marks.append(str(number(comment_id, "'latest_comment_id'")))
    if not marks:
        raise Malformed("'updated_at' or 'latest_comment_id' must tell one event of the ticket from the next")
    return Event(":".join(["trigger", str(ticket_id), *marks]), ticket_id)
