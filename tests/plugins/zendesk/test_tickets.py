"""Zendesk's documents of a ticket, as texts and persons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.api import PRIVATE, PUBLIC, InvalidTicket, Person, Ticket, TicketText
from raum_zendesk import Zendesk, ZendeskOptions

ADA = {"id": 9_000_000_000_001, "name": "Ada Quill", "email": "ada@example.com", "role": "end-user"}
BEN = {"id": 9_000_000_000_002, "name": "Ben Ochre", "email": "ben@example.org", "role": "agent", "alias": "Benny"}

TICKET = {
    "id": 4711,
    "subject": "My hat is late",
    "description": "Where is my hat?",
    "updated_at": "2026-05-04T10:20:30Z",
    "requester_id": ADA["id"],
    "custom_fields": [{"id": 31, "value": "HAT-7"}, {"id": 32, "value": None}],
    "fields": [{"id": 31, "value": "HAT-7"}, {"id": 32, "value": None}],
    "users": [ADA, BEN],
    "comments": [
        {
            "id": 81,
            "author_id": ADA["id"],
            "public": True,
            "html_body": "<p>Where is my <b>hat</b>?</p>",
            "plain_body": "not this",
            "body": "nor this",
            "attachments": [{"id": 91, "file_name": "Ada Quill receipt.pdf"}],
        },
        {"id": 82, "author_id": BEN["id"], "public": False, "html_body": "", "plain_body": "Ask&nbsp;the hatter"},
    ],
}


def read(document) -> Ticket:
    return Zendesk(ZendeskOptions()).ticket_from(document)


def texts(document):
    return {text.key: text.text for text in read(document).texts}


def with_comment(**comment):
    return texts({"comments": [{"id": 1, **comment}]})


def test_all_texts_come_in_reading_order_with_their_audience():
    assert read(TICKET).texts == (
        TicketText("subject", "Subject", "My hat is late", PUBLIC),
        TicketText("requester", "Requester", "Ada Quill", PUBLIC),
        TicketText("field:31", "Custom field", "HAT-7", PRIVATE),
        TicketText("comment:81:author", "Public comment by", "Ada Quill", PUBLIC),
        TicketText("comment:81", "Public comment", "Where is my hat?", PUBLIC),
        TicketText("comment:81:file:91", "Attachment", "Ada Quill receipt.pdf", PUBLIC),
        TicketText("comment:82:author", "Internal note by", "Ben Ochre", PRIVATE),
        TicketText("comment:82", "Internal note", "Ask the hatter", PRIVATE),
    )


def test_id_and_version_are_the_ticket_s_own():
    ticket = read(TICKET)
    assert (ticket.id, ticket.version) == (4711, "2026-05-04T10:20:30Z")


def test_a_ticket_without_comments_is_read_by_its_description():
    assert texts({**TICKET, "comments": []})["description"] == "Where is my hat?"
    assert "description" not in texts(TICKET)


@pytest.mark.parametrize(("is_public", "audience"), [(True, PUBLIC), (False, PRIVATE), (None, PUBLIC)])
def test_a_description_is_private_in_a_ticket_that_the_customer_does_not_see(is_public, audience):
    (text,) = read({"description": "Hello", "is_public": is_public}).texts
    assert text.audience == audience


def test_a_small_document_needs_no_ids():
    ticket = read({"subject": "Hello", "comments": [{"body": "One", "public": True}, {"body": "Two"}]})
    assert (ticket.id, ticket.version) == (0, None)
    assert [(text.key, text.audience) for text in ticket.texts] == [
        ("subject", PUBLIC),
        ("comment:1", PUBLIC),
        ("comment:2", PRIVATE),
    ]


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        ({"html_body": "<p>a</p>", "plain_body": "b", "body": "c"}, "a"),
        ({"html_body": "<p> </p>", "plain_body": "b", "body": "c"}, "b"),
        ({"html_body": None, "plain_body": " ", "body": " c "}, "c"),
    ],
)
def test_a_comment_is_read_from_the_first_body_that_says_something(bodies, text):
    assert with_comment(**bodies)["comment:1"] == text


def test_a_comment_that_says_nothing_has_no_text():
    assert with_comment(html_body="<p></p>", body="") == {}


@pytest.mark.parametrize("author_id", [-1, None, 12])
def test_an_author_who_is_not_known_has_no_text(author_id):
    assert with_comment(author_id=author_id, body="Hello") == {"comment:1": "Hello"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("HAT-7", "HAT-7"),
        (42, "42"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (["red", "green", None, 3], "red, green, 3"),
    ],
)
def test_a_custom_field_is_read_as_text(value, text):
    assert texts({"custom_fields": [{"id": 5, "value": value}]})["field:5"] == text


@pytest.mark.parametrize("value", [None, "", [], [None]])
def test_an_empty_custom_field_has_no_text(value):
    assert texts({"fields": [{"id": 5, "value": value}]}) == {}


def test_a_field_that_stands_in_one_list_alone_is_read():
    document = {
        "custom_fields": [{"id": 5, "value": "a"}],
        "fields": [{"id": 5, "value": "a"}, {"id": 6, "value": "b"}],
    }
    assert texts(document) == {"field:5": "a", "field:6": "b"}


def test_a_lone_surrogate_is_replaced():
    assert texts({"subject": "hat \ud83e"}) == {"subject": "hat \ufffd"}


def test_users_are_persons_with_all_their_names():
    assert read(TICKET).persons == (
        Person(("Ada Quill",), ("ada@example.com",)),
        Person(("Ben Ochre", "Benny"), ("ben@example.org",), is_staff=True),
    )


def test_a_user_who_comes_twice_is_one_person():
    persons = read({"users": [ADA, {"id": ADA["id"], "phone": "+12025550123", "role": "end-user"}]}).persons
    assert persons == (Person(("Ada Quill",), ("ada@example.com",), ("+12025550123",)),)


def test_a_user_who_is_known_by_the_address_alone_has_no_name():
    assert read({"users": [{"id": 1, "name": "ada@example.com"}]}).persons == (Person(emails=("ada@example.com",)),)


@pytest.mark.parametrize(("role", "is_staff"), [("end-user", False), ("agent", True), ("ADMIN", True), (None, False)])
def test_agents_and_admins_are_staff(role, is_staff):
    (person,) = read({"users": [{"id": 1, "name": "Ada Quill", "role": role}]}).persons
    assert person.is_staff is is_staff


def test_a_requester_may_be_written_into_the_ticket():
    document = {"requester": {"name": "Ada Quill", "email": "ada@example.com"}}
    assert texts(document) == {"requester": "Ada Quill"}
    assert read(document).persons == (Person(("Ada Quill",), ("ada@example.com",)),)


def sent_by(**sender):
    return {"via": {"channel": "any", "source": {"from": sender, "to": {}, "rel": None}}}


@pytest.mark.parametrize(
    ("sender", "person"),
    [
        ({"name": "Cy Moss", "address": "cy@example.net"}, Person(("Cy Moss",), ("cy@example.net",))),
        ({"name": "Cy Moss", "address": "+12025550155"}, Person(("Cy Moss",), (), ("+12025550155",))),
        ({"name": "Cy Moss", "phone": "+12025550155"}, Person(("Cy Moss",), (), ("+12025550155",))),
        ({"formatted_phone": "+1 (202) 555-0155"}, Person((), (), ("+1 (202) 555-0155",))),
    ],
)
def test_the_sender_that_a_channel_names_is_a_person(sender, person):
    assert read(sent_by(**sender)).persons == (person,)
    assert read({"comments": [sent_by(**sender)]}).persons == (person,)


def test_a_sender_who_is_a_user_is_not_named_twice():
    assert read({**TICKET, **sent_by(name="Ada Quill", address="ada@example.com")}).persons == read(TICKET).persons


def test_two_people_who_write_from_one_address_stay_two():
    persons = read({**TICKET, **sent_by(name="Cy Moss", address="ada@example.com")}).persons
    assert Person(("Ada Quill",), ("ada@example.com",)) in persons
    assert Person(("Cy Moss",), ("ada@example.com",)) in persons


def test_a_sender_with_the_address_of_staff_is_staff():
    persons = read({**TICKET, **sent_by(name="B. Ochre", address="Ben@example.org")}).persons
    assert persons[-1] == Person(("B. Ochre",), ("Ben@example.org",), is_staff=True)


@pytest.mark.parametrize("source", [None, {}, {"source": None}, {"source": {"from": {}}}, {"source": {"from": None}}])
def test_a_channel_that_names_nobody_adds_no_person(source):
    assert read({"via": source}).persons == ()


MISSHAPEN = [
    ({"subject": 5}, "'subject' must be a string"),
    ({"id": "x"}, "'id' must be a positive whole number"),
    ({"comments": "none"}, "'comments' must be a list of objects"),
    ({"comments": ["one"]}, "'comments' must be a list of objects"),
    ({"comments": [{"id": 0}]}, "an 'id' must be a positive whole number"),
    ({"comments": [{"public": "yes"}]}, "a comment's 'public' must be true or false"),
    ({"comments": [{"html_body": {}}]}, "a comment's 'html_body' must be a string"),
    ({"comments": [{"plain_body": 1}]}, "a comment's 'plain_body' must be a string"),
    ({"comments": [{"body": []}]}, "a comment's 'body' must be a string"),
    ({"comments": [{"attachments": {}}]}, "a comment's 'attachments' must be a list of objects"),
    ({"comments": [{"attachments": [{"file_name": 1}]}]}, "an attachment's 'file_name' must be a string"),
    ({"description": []}, "'description' must be a string"),
    ({"requester": "Ada"}, "'requester' must be an object"),
    ({"users": [{"name": "Ada"}]}, "a user's 'id' must be a positive whole number"),
    ({"users": [{"id": 1, "name": 2}]}, "a user's 'name' must be a string"),
    ({"via": "mail"}, "'via' must be an object"),
    ({"custom_fields": {"31": "x"}}, "'custom_fields' must be a list of objects"),
    ({"custom_fields": [{"value": "x"}]}, "a custom field's 'id' must be a positive whole number"),
    (
        {"custom_fields": [{"id": 1, "value": {"a": 1}}]},
        "a custom field's 'value' must be a string, a number, true, false, or a list of these",
    ),
]


@pytest.mark.parametrize(("document", "fault"), MISSHAPEN)
def test_a_ticket_of_another_shape_is_refused_with_the_key_alone(document, fault):
    with pytest.raises(InvalidTicket) as caught:
        read(document)
    assert str(caught.value) == f"the ticket cannot be read: {fault}"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(TICKET)), VALUES)
def test_any_value_anywhere_gives_a_ticket_or_a_refusal(key, value):
    try:
        ticket = read({**TICKET, key: value})
    except InvalidTicket:
        return
    assert isinstance(ticket, Ticket)
