"""What deliveries ask for: each kind that is answered, each that is not, each that cannot be read."""

import contextlib
import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.api import Event, EventKind, InvalidDelivery
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.events import EVENT_TYPES

CREATED = {
    "id": "0b9f3a52-5f6b-4c9e-8d26-8a1c2f6f0001",
    "type": "zen:event-type:ticket.created",
    "subject": "zen:ticket:4711",
    "time": "2026-05-04T10:20:30.123456789Z",
    "detail": {"id": "4711", "status": "NEW", "description": "Where is my hat?"},
    "event": {},
}
COMMENTED = {
    **CREATED,
    "type": "zen:event-type:ticket.comment_added",
    "event": {"comment": {"id": "12", "is_public": True, "author": {"id": "77", "is_staff": False, "name": "Ada"}}},
}
MESSAGED = {
    "id": "01JZ0000000000000000000001",
    "type": "zen:event-type:messaging_ticket.message_added",
    "detail": {"id": "4711"},
    "event": {"actor": {"id": "aa11", "type": "end_user"}, "message": {"id": "bb22", "body": "hello"}},
}
TRIGGERED = {"ticket_id": "4711", "updated_at": "2026-05-04T10:20:30Z", "latest_comment_id": "12"}


def changed(document, path, value):
    """The document with another value at a path of keys."""
    document = copy.deepcopy(document)
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[key]
    place[last] = value
    return document


def without(document, path):
    document = copy.deepcopy(document)
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[key]
    del place[last]
    return document


def parse(document):
    body = document if isinstance(document, bytes) else json.dumps(document, indent=3).encode() + b"\n"
    return Zendesk(ZendeskOptions()).parse(body)


ANSWERED = {
    "a new ticket": CREATED,
    "a new ticket without a status": without(CREATED, "detail.status"),
    "a public comment of an end user": COMMENTED,
    "a public comment, by the older key": changed(
        without(COMMENTED, "event.comment.is_public"), "event.comment.public", True
    ),
    "a type in other case": changed(CREATED, "type", "ZEN:event-type:ticket.Created"),
    "a comment of somebody without an id": without(COMMENTED, "event.comment.author.id"),
    "a message of an end user": MESSAGED,
    "a message of an END_USER": changed(MESSAGED, "event.actor.type", "END_USER"),
    "an id that is a number": changed(CREATED, "detail.id", 4711),
}


@pytest.mark.parametrize("document", ANSWERED.values(), ids=ANSWERED)
def test_an_event_that_waits_for_a_reply_becomes_a_job(document):
    assert parse(document) == Event(document["id"], 4711)


GONE = {**CREATED, "type": "zen:event-type:ticket.permanently_deleted"}
SOLVED = {**CREATED, "type": "zen:event-type:ticket.status_changed", "event": {"current": "SOLVED", "previous": "OPEN"}}
RATED = {**CREATED, "type": "zen:event-type:ticket.csat_received", "event": {"comment": "SEVEN-LEMONS"}}
LEFT = {**CREATED, "type": "zen:event-type:user.deleted", "subject": "zen:user:4711"}


@pytest.mark.parametrize(
    ("document", "event"),
    [
        (GONE, Event(CREATED["id"], 4711, EventKind.TICKET_DELETED)),
        (SOLVED, Event(CREATED["id"], 4711, EventKind.SOLVED)),
        (changed(SOLVED, "event.current", "solved"), Event(CREATED["id"], 4711, EventKind.SOLVED)),
        (RATED, Event(CREATED["id"], 4711, EventKind.RATED)),
        (LEFT, Event(CREATED["id"], 0, EventKind.PERSON_DELETED, person_id=4711)),
    ],
)
def test_other_events_become_jobs_of_their_kind(document, event):
    assert parse(document) == event


def test_the_webhook_subscribes_to_what_is_answered():
    assert {"zen:event-type:ticket.created", GONE["type"], LEFT["type"], RATED["type"]} <= set(EVENT_TYPES)


IGNORED = {
    "a comment of the system": changed(COMMENTED, "event.comment.author.id", "-1"),
    "a ticket that is opened again": changed(SOLVED, "event.current", "OPEN"),
    "a ticket that is merged": changed(CREATED, "type", "zen:event-type:ticket.merged"),
    "a ticket that can be undeleted": changed(CREATED, "type", "zen:event-type:ticket.soft_deleted"),
    "a comment of staff, such as our own reply": changed(COMMENTED, "event.comment.author.is_staff", True),
    "a private comment": changed(COMMENTED, "event.comment.is_public", False),
    "a comment of Zendesk's own": changed(COMMENTED, "event.comment.author.id", "zd:answer_bot"),
    "a message of an agent": changed(MESSAGED, "event.actor.type", "agent"),
    "a message of the system": changed(MESSAGED, "event.actor.type", "system"),
    "a message of a bot": changed(MESSAGED, "event.actor.type", "bot"),
    "a message of Zendesk's own": changed(MESSAGED, "event.actor.id", "zd:answer_bot"),
    "a ticket that is closed already": changed(CREATED, "detail.status", "CLOSED"),
    "a ticket that is deleted already": changed(CREATED, "detail.status", "deleted"),
    "another kind": changed(CREATED, "type", "zen:event-type:ticket.priority_changed"),
    "a kind that nobody knows": changed(CREATED, "type", "zen:event-type:ticket.juggled"),
    "a kind of another object, of another shape": {"type": "zen:event-type:user.created", "detail": []},
}


@pytest.mark.parametrize("document", IGNORED.values(), ids=IGNORED)
def test_any_other_event_asks_for_nothing(document):
    assert parse(document) is None


@pytest.mark.parametrize(
    ("document", "event_id"),
    [
        (TRIGGERED, "trigger:4711:2026-05-04T10:20:30Z:12"),
        (without(TRIGGERED, "latest_comment_id"), "trigger:4711:2026-05-04T10:20:30Z"),
        (changed(TRIGGERED, "latest_comment_id", ""), "trigger:4711:2026-05-04T10:20:30Z"),
        (without(TRIGGERED, "updated_at"), "trigger:4711:12"),
        (changed(TRIGGERED, "ticket_id", 4711), "trigger:4711:2026-05-04T10:20:30Z:12"),
        ({**TRIGGERED, "comment": "more than we need"}, "trigger:4711:2026-05-04T10:20:30Z:12"),
    ],
)
def test_the_event_of_a_trigger_is_named_by_what_was_signed(document, event_id):
    assert parse(document) == Event(event_id, 4711)


NOT_JSON = "the delivery cannot be read: the body must be JSON in UTF-8"
BROKEN = {
    "nothing": b"",
    "text": b"ticket 4711",
    "half a document": b'{"type": ',
    "an unescaped quote": b'{"ticket_id": "4711", "comment": "She said "no""}',
    "a line end in a string": b'{"ticket_id": "47\n11"}',
    "other bytes than UTF-8": b'{"ticket_id": "4711", "comment": "\xff\xfe"}',
    "another encoding": '{"ticket_id": "4711"}'.encode("utf-16"),
    "nested brackets": b"[" * 200_000,
    "nested objects": b'{"a":' * 200_000,
    "a number of 5,000 digits": b'{"ticket_id": ' + b"9" * 5000 + b"}",
    "no number": b'{"ticket_id": NaN}',
    "infinity": b'{"ticket_id": -Infinity}',
    "a name twice": b'{"ticket_id": 4711, "ticket_id": 4712, "updated_at": "2026-05-04T10:20:30Z"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_not_json_is_refused(body):
    with pytest.raises(InvalidDelivery) as caught:
        parse(body)
    assert str(caught.value) == NOT_JSON
    assert caught.value.__suppress_context__


MISSHAPEN = [
    (b"[]", "the body must be an object"),
    (b'"ticket"', "the body must be an object"),
    ({}, "'ticket_id' must be a positive whole number"),
    (changed(CREATED, "type", 7), "'type' must be a string"),
    (changed(CREATED, "detail", "4711"), "'detail' must be an object"),
    (changed(CREATED, "event", []), "'event' must be an object"),
    (changed(CREATED, "detail.status", 5), "'detail.status' must be a string"),
    (without(CREATED, "detail.id"), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", "47e2"), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", "٤٧"), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", "-1"), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", 0), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", 4711.0), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", True), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", "9" * 19), "'detail.id' must be a positive whole number"),
    (changed(CREATED, "detail.id", "9" * 4000), "'detail.id' must be a positive whole number"),
    (without(CREATED, "id"), "'id' must be a short token"),
    (changed(CREATED, "id", 12), "'id' must be a short token"),
    (changed(CREATED, "id", "Ada Example"), "'id' must be a short token"),
    (changed(CREATED, "id", "a\ud800"), "'id' must be a short token"),
    (changed(CREATED, "id", "a" * 129), "'id' must be a short token"),
    (without(COMMENTED, "event.comment"), "'event.comment.is_public' must be true or false"),
    (changed(COMMENTED, "event.comment", "hello"), "'event.comment' must be an object"),
    (changed(COMMENTED, "event.comment.is_public", "true"), "'event.comment.is_public' must be true or false"),
    (without(COMMENTED, "event.comment.author"), "'event.comment.author.is_staff' must be true or false"),
    (changed(COMMENTED, "event.comment.author", "Ada"), "'event.comment.author' must be an object"),
    (
        changed(COMMENTED, "event.comment.author.is_staff", None),
        "'event.comment.author.is_staff' must be true or false",
    ),
    (without(MESSAGED, "event.actor"), "'event.actor.type' must be a string"),
    (changed(MESSAGED, "event.actor.type", 1), "'event.actor.type' must be a string"),
    (changed(TRIGGERED, "ticket_id", "4711 Ada"), "'ticket_id' must be a positive whole number"),
    (changed(TRIGGERED, "updated_at", "May 4, 2026"), "'updated_at' must be a time in ISO 8601"),
    (changed(TRIGGERED, "latest_comment_id", "x"), "'latest_comment_id' must be a positive whole number"),
    (
        {"ticket_id": "4711"},
        "'updated_at' or 'latest_comment_id' must tell one event of the ticket from the next",
    ),
]


@pytest.mark.parametrize(("document", "fault"), MISSHAPEN)
def test_a_body_of_another_shape_is_refused_with_the_key_alone(document, fault):
    with pytest.raises(InvalidDelivery) as caught:
        parse(document)
    assert str(caught.value) == f"the delivery cannot be read: {fault}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PATHS = [
    "type",
    "id",
    "detail",
    "detail.id",
    "event",
    "event.comment",
    "event.comment.author",
    "event.comment.is_public",
]


@given(st.sampled_from(PATHS), JSON)
def test_any_value_anywhere_gives_an_event_none_or_a_refusal(path, value):
    try:
        event = parse(changed(COMMENTED, path, value))
    except InvalidDelivery:
        return
    assert event is None or isinstance(event, Event)


@given(st.binary())
def test_any_bytes_give_an_event_none_or_a_refusal(body):
    with contextlib.suppress(InvalidDelivery):
        assert parse(body) is None
