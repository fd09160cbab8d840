"""A delivery goes all the way: webhook, ticket, redaction, AI, restored reply, entry."""

import json
import re
import threading

import pytest
from e2e.rig import PATIENCE_SECONDS, PROVIDER_KEY, Answer, eventually

from raum_zendesk.standin import File, deliveries

DRAFT = "raum draft, for the team only. The customer has not received this.\n\n"
UNRESOLVED = "Please check before sending. These placeholders have no value that may be put here: "


@pytest.fixture
def customer(service):
    return service.zendesk.add_user("Ada Quill", "ada@example.com", "+12025550123")


@pytest.fixture
def agent(service):
    return service.zendesk.add_user("Devon Achterberg", "devon@support.example.net", role="agent")


@pytest.fixture
def ticket(service, customer):
    return service.zendesk.add_ticket("Late hat", customer, "Where is my hat? Write to ada@example.com. Ada Quill")


def test_two_customers_with_two_addresses_each(service, agent):
    zendesk = service.zendesk
    nora = zendesk.add_user("Nora Lindqvist", "nora@example.com", "+12025550143")
    zendesk.add_identity(nora, "email", "n.lindqvist@example.org")
    jean = zendesk.add_user("Jean-Luc O'Neill", "jl.oneill@example.net", "+442079460958")
    zendesk.add_identity(jean, "email", "jeanluc@example.org")
    ticket = zendesk.add_ticket(
        "Double charge - Nora Lindqvist",
        nora,
        html_body=(
            "<p>Hi,</p><p>card 4111&nbsp;1111&nbsp;1111&nbsp;1111 was charged twice. Write to "
            '<a href="mailto:nora@example.com">NORA@EXAMPLE.COM</a> or n.lindqvist@example.org, or call '
            '<a href="tel:+12025550143">(202)&nbsp;555-0143</a>.</p><p>Is [REDACTED_NAME] still with you?</p>'
        ),
        files=["lindqvist-statement.pdf"],
        custom_fields=[{"id": 31, "value": "4111-1111-1111-1111"}, {"id": 32, "value": None}],
    )
    zendesk.add_comment(
        ticket,
        jean,
        html_body=(
            "<p>I am her husband, jl.oneill@example.net or jeanluc@example.org, +44 20 7946 0958.</p>"
            "<blockquote><p>Nora wrote: the card is 4111111111111111</p></blockquote>"
        ),
    )
    zendesk.add_comment(ticket, agent, "Checked with Jean-Luc, he is right.", public=False)
    answer = "Dear [REDACTED_NAME_1] and [REDACTED_NAME_2], card [REDACTED_CC] is refunded; see [REDACTED_EMAIL_2]."
    service.ai.answer = lambda ticket: Answer(answer)

    entry = service.run(service.public, zendesk.delivery_for_ticket_created(ticket))

    seen = """\
Subject: Double charge - [REDACTED_NAME_1]
Requester: [REDACTED_NAME_1]
Custom field: [REDACTED_CC]
Public comment by: [REDACTED_NAME_1]

Public comment:
Hi,

card [REDACTED_CC] was charged twice. Write to [REDACTED_EMAIL_1] or [REDACTED_EMAIL_2], \
or call [REDACTED_PHONE_1] ([REDACTED_PHONE_1]).

Is [REDACTED_LITERAL] still with you?

Attachment, not read (without text): [REDACTED_NAME_1]-statement.pdf
Public comment by: [REDACTED_NAME_2]

Public comment:
I am her husband, [REDACTED_EMAIL_3] or [REDACTED_EMAIL_4], [REDACTED_PHONE_2].

> [REDACTED_NAME_1] wrote: the card is [REDACTED_CC]

Internal note by: [REDACTED_NAME_3]
Internal note: Checked with [REDACTED_NAME_2], he is right."""
    (prompt,) = service.ai.prompts
    assert prompt["ticket"] == seen
    assert prompt["key"] == PROVIDER_KEY
    reply = (
        "Dear Nora Lindqvist and Jean-Luc O'Neill, card 4111 1111 1111 1111 is refunded; see n.lindqvist@example.org."
    )
    assert service.replies(ticket) == [(reply, True)]
    assert (entry.outcome, entry.reason, entry.content, entry.completion) == ("posted_public", None, seen, answer)
    assert (entry.operation, entry.actor, entry.source_ip) == ("generate", "system:webhook", "127.0.0.1")
    assert (entry.provider, entry.model, entry.input_tokens, entry.output_tokens) == ("scripted", "scripted-1", 7, 5)
    assert (entry.ticket_id, entry.unresolved) == (ticket, [])


@pytest.mark.parametrize("name", ["山田花子", "Łukasz Żółć", "Sinéad O'Neill", "Jean-Luc Dubois", "Åsa Öberg"])
def test_names_of_all_scripts_are_hidden_and_come_back(service, name):
    customer = service.zendesk.add_user(name, "someone@example.com")
    ticket = service.zendesk.add_ticket(f"Parcel for {name}", customer, f"It never came.\n\n{name}")
    service.ai.answer = lambda ticket: Answer("To [REDACTED_NAME]: it is on its way.")

    service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))

    by_customer = "Requester: [REDACTED_NAME]\nPublic comment by: [REDACTED_NAME]"
    body = "\nPublic comment:\nIt never came.\n\n[REDACTED_NAME]\n"
    assert service.ai.prompts[0]["ticket"] == f"Subject: Parcel for [REDACTED_NAME]\n{by_customer}\n{body}"
    assert service.replies(ticket) == [(f"To {name}: it is on its way.", True)]


def test_a_ticket_without_a_word_is_answered(service, customer):
    ticket = service.zendesk.add_ticket("", customer, "")
    entry = service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert entry.content == "Requester: [REDACTED_NAME]\nPublic comment by: [REDACTED_NAME]"
    assert service.replies(ticket) == [(f"{DRAFT}Noted.", False)]


def test_a_ticket_of_several_pages_is_read_to_its_end(service, customer):
    ticket = service.zendesk.add_ticket("Long story", customer, "Message 1")
    for number in range(2, 131):
        service.zendesk.add_comment(ticket, customer, f"Message {number}, from +1 202 555 {number:04}")
    service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    seen = service.ai.prompts[0]["ticket"]
    assert re.findall(r"Message (\d+)", seen) == [str(number) for number in range(1, 131)]
    assert "+1" not in seen
    assert len(set(re.findall(r"\[REDACTED_PHONE_\d+\]", seen))) == 129


def test_what_a_customer_typed_like_a_placeholder_stays_what_it_is(service, customer):
    ticket = service.zendesk.add_ticket("Odd", customer, "You wrote [REDACTED_EMAIL] to ada@example.com.")
    service.ai.answer = lambda ticket: Answer("[REDACTED_LITERAL] is our way to hide [REDACTED_EMAIL].")
    service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
    assert "You wrote [REDACTED_LITERAL] to [REDACTED_EMAIL]." in service.ai.prompts[0]["ticket"]
    assert service.replies(ticket) == [("[REDACTED_EMAIL] is our way to hide ada@example.com.", True)]


def test_a_reply_is_a_private_note_unless_the_account_wants_it_sent(service, ticket):
    service.ai.answer = lambda ticket: Answer("Dear [REDACTED_NAME], soon.")
    entry = service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert service.replies(ticket) == [(f"{DRAFT}Dear Ada Quill, soon.", False)]
    assert entry.outcome == "posted_note"


def test_a_placeholder_that_was_never_issued_keeps_the_reply_from_the_customer(service, ticket):
    service.ai.answer = lambda ticket: Answer("Dear [REDACTED_NAME], call [REDACTED_PHONE_7].")
    entry = service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
    notice = f"{DRAFT}{UNRESOLVED}[REDACTED_PHONE_7]\n\n"
    assert service.replies(ticket) == [(f"{notice}Dear Ada Quill, call [REDACTED_PHONE_7].", False)]
    assert (entry.outcome, entry.unresolved) == ("posted_note", ["[REDACTED_PHONE_7]"])


def test_a_draft_never_goes_to_the_customer(service, ticket):
    service.ai.answer = lambda ticket: Answer("Soon.", draft_only=True)
    service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
    assert service.replies(ticket) == [(f"{DRAFT}Soon.", False)]


def test_a_value_that_only_the_staff_has_read_is_not_restored(service, ticket, agent):
    service.zendesk.add_comment(ticket, agent, "Her brother is at +1 202 555 0178.", public=False)
    service.ai.answer = lambda ticket: Answer("Shall we call [REDACTED_PHONE]?")
    entry = service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
    assert service.replies(ticket) == [
        (f"{DRAFT}{UNRESOLVED}[REDACTED_PHONE]\n\nShall we call [REDACTED_PHONE]?", False)
    ]
    assert entry.unresolved == ["[REDACTED_PHONE]"]


def test_a_value_that_an_ai_guesses_is_hidden_in_what_is_kept(service, ticket):
    service.ai.answer = lambda ticket: Answer("Dear Ada, we wrote to ADA@example.com.")
    entry = service.run(service.public, service.zendesk.delivery_for_ticket_created(ticket))
    assert entry.completion == "Dear [REDACTED_NAME], we wrote to [REDACTED_EMAIL]."


def _comment(service, ticket, author, *, public):
    comment = service.zendesk.add_comment(ticket, author, "Any news?", public=public)
    return service.zendesk.delivery_for_comment_added(ticket, comment)


def _other_event(service, ticket, kind, event):
    document = service.zendesk.ticket(ticket)
    body = deliveries.ticket_event(kind, document, event, document["updated_at"])
    return deliveries.signed(body, service.zendesk.signing_secret.reveal())


WANTED = {
    "a new ticket": lambda s, ticket, who: s.zendesk.delivery_for_ticket_created(ticket),
    "a customer's comment": lambda s, ticket, who: _comment(s, ticket, who["customer"], public=True),
    "a customer's message": lambda s, ticket, who: s.zendesk.delivery_for_message_added(ticket, "hello?"),
    "a trigger": lambda s, ticket, who: s.zendesk.delivery_for_trigger(ticket),
}
UNWANTED = {
    "an agent's comment": lambda s, ticket, who: _comment(s, ticket, who["agent"], public=True),
    "an agent's note": lambda s, ticket, who: _comment(s, ticket, who["agent"], public=False),
    "the host's own note": lambda s, ticket, who: _comment(s, ticket, s.zendesk.me, public=False),
    "an agent's message": lambda s, ticket, who: s.zendesk.delivery_for_message_added(ticket, "hello!", "agent"),
    "a linked attachment": lambda s, ticket, who: _other_event(
        s, ticket, "attachment_linked_to_comment", {"comment": {"id": "77", "attachment": {"filename": "hat.png"}}}
    ),
    "a changed status": lambda s, ticket, who: _other_event(
        s, ticket, "status_changed", {"current": "PENDING", "previous": "OPEN"}
    ),
}


@pytest.mark.parametrize("event", WANTED)
def test_an_event_that_asks_for_a_reply_gets_one(service, ticket, customer, agent, event):
    delivery = WANTED[event](service, ticket, {"customer": customer, "agent": agent})
    service.run(service.notes, delivery)
    assert service.replies(ticket) == [(f"{DRAFT}Noted.", False)]


@pytest.mark.parametrize("event", UNWANTED)
def test_an_event_that_asks_for_nothing_gets_nothing(service, ticket, customer, agent, event):
    delivery = UNWANTED[event](service, ticket, {"customer": customer, "agent": agent})
    response = service.host.deliver(service.notes, delivery)
    assert (response.status_code, response.json()) == (200, {"status": "ignored"})
    assert service.host.rows("SELECT id FROM jobs WHERE ticket_id = ?", ticket) == []


def test_a_delivery_that_comes_twice_is_answered_once(service, ticket):
    service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    again = service.host.deliver(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert (again.status_code, again.json()) == (200, {"status": "duplicate"})
    assert len(service.replies(ticket)) == 1
    assert len(service.ai.prompts) == 1


def test_an_event_of_one_account_is_no_duplicate_of_anothers(service, ticket):
    delivery = service.zendesk.delivery_for_ticket_created(ticket)
    entries = [service.run(login, delivery) for login in (service.notes, service.public)]
    assert [entry.outcome for entry in entries] == ["posted_note", "posted_public"]


def test_a_ticket_that_is_gone_fails_its_job(service):
    document = deliveries.trigger_body({"id": 999_999, "updated_at": "2026-01-01T00:00:00Z"}, None)
    entry = service.run(service.notes, deliveries.signed(document, service.zendesk.signing_secret.reveal()))
    assert (entry.outcome, entry.reason, entry.content, entry.completion) == ("failed", "ticket_not_found", None, None)
    assert service.host.rows("SELECT state FROM jobs WHERE id = ?", entry.job_id) == [{"state": "dead"}]
    assert service.ai.prompts == []


def test_a_reply_whose_receipt_was_lost_is_not_posted_again(service, ticket):
    def answer(_ticket):
        if len(service.ai.prompts) == 1:
            service.zendesk.fail_next(503, applied=True)
        return Answer("Dear [REDACTED_NAME].")

    service.ai.answer = answer
    entry = service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert entry.outcome == "posted_note"
    assert service.replies(ticket) == [(f"{DRAFT}Dear Ada Quill.", False)]


def test_a_reply_whose_connection_was_dropped_is_not_posted_again(service, ticket):
    def answer(_ticket):
        service.zendesk.faults.drop(applied=True)
        return Answer("Dear [REDACTED_NAME].")

    service.ai.answer = answer
    entry = service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert (entry.outcome, len(service.ai.prompts)) == ("posted_note", 1)
    assert service.replies(ticket) == [(f"{DRAFT}Dear Ada Quill.", False)]


def test_a_ticket_that_changed_while_the_ai_was_asked_is_read_again(service, ticket, customer):
    def answer(_ticket):
        if len(service.ai.prompts) == 1:
            service.zendesk.add_comment(ticket, customer, "I found it!")
        return Answer(f"Answer {len(service.ai.prompts)}")

    service.ai.answer = answer
    service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert "I found it!" in service.ai.prompts[1]["ticket"]
    assert service.replies(ticket) == [(f"{DRAFT}Answer 2", False)]


def test_a_closed_ticket_is_on_record_and_not_tried_again(service, ticket):
    service.zendesk.ticket(ticket)["status"] = "closed"
    entry = service.run(service.notes, service.zendesk.delivery_for_trigger(ticket))
    assert (entry.outcome, entry.reason) == ("failed", "ticket_closed")
    assert service.ai.prompts == []


def test_attachments_are_read_and_redacted(service, customer):
    files = [
        File("order.csv", b"name,card\nAda Quill,4111 1111 1111 1111\n"),
        File("Ada Quill.png", b"\x89PNG", "image/png"),
    ]
    ticket = service.zendesk.add_ticket("Late hat", customer, "See the files", files=files)
    service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert service.ai.prompts[0]["ticket"].endswith("""\
Attachment: order.csv

Content of the attachment:
name: [REDACTED_NAME]
card: [REDACTED_CC]

Attachment, not read (an image): [REDACTED_NAME].png""")


@pytest.mark.parametrize("gone", ["ticket", "person"])
def test_what_is_stored_about_a_deleted_ticket_is_erased(service, ticket, customer, gone):
    service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert service.host.rows("SELECT id FROM entries WHERE ticket_id = ? AND content IS NOT NULL", ticket)
    if gone == "ticket":
        delivery = service.zendesk.delivery_for_ticket_deleted(ticket)
    else:
        delivery = service.zendesk.delivery_for_user_deleted(customer)
    job_id = service.host.deliver(service.notes, delivery).json()["job_id"]
    eventually(lambda: service.host.rows("SELECT id FROM entries WHERE job_id = ?", job_id) or None)
    left = service.host.rows("SELECT content, completion FROM entries WHERE ticket_id = ?", ticket)
    assert left
    assert {value for row in left for value in row.values()} == {None}


def test_a_reply_that_is_under_way_while_its_ticket_is_erased_leaves_nothing_said(service, ticket, customer):
    asked, erased = threading.Event(), threading.Event()

    def answer(_ticket):
        asked.set()
        erased.wait()
        return Answer("Dear [REDACTED_NAME], your green hat is on its way.")

    service.ai.answer = answer
    under_way = service.host.deliver(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    assert asked.wait(PATIENCE_SECONDS)
    gone = service.host.deliver(service.notes, service.zendesk.delivery_for_ticket_deleted(ticket))
    eventually(lambda: service.host.rows("SELECT id FROM entries WHERE job_id = ?", gone.json()["job_id"]) or None)
    erased.set()
    entry = service.host.entry_of(service.notes, under_way)
    assert (entry.outcome, entry.content, entry.completion, entry.placeholders) == ("posted_note", None, None, [])
    sink = service.host.folder / "data" / "entries.jsonl"
    eventually(lambda: entry.id in sink.read_text() or None)
    assert "green hat" not in sink.read_text()


def test_a_host_that_is_killed_finishes_its_job_after_the_restart(make_service):
    service = make_service()
    customer = service.zendesk.add_user("Ada Quill", "ada@example.com")
    ticket = service.zendesk.add_ticket("Late hat", customer, "Where is my hat?")
    killed, asked = threading.Event(), threading.Event()

    def answer(_ticket):
        asked.set()
        killed.wait()
        return Answer("Soon, [REDACTED_NAME].")

    service.ai.answer = answer
    service.host.start()
    accepted = service.host.deliver(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    asked.wait()
    service.host.stop(kill=True)
    killed.set()
    job_id = accepted.json()["job_id"]
    assert service.host.rows("SELECT state, attempts FROM jobs") == [{"state": "running", "attempts": 1}]

    service.host.start()
    entry = service.host.entry_of(service.notes, accepted)

    assert (entry.job_id, entry.outcome) == (job_id, "posted_note")
    assert service.replies(ticket) == [(f"{DRAFT}Soon, Ada Quill.", False)]
    assert len(service.host.entries(service.notes)) == 1
    assert service.host.rows("SELECT state, attempts FROM jobs") == [{"state": "done", "attempts": 2}]


def test_a_caller_gets_the_reply_and_the_ticket_gets_nothing(service, ticket):
    service.ai.answer = lambda ticket: Answer("Dear [REDACTED_NAME], call [REDACTED_PHONE_3].")
    response = service.host.ask(service.notes, "/v1/generate", {"ticket_id": ticket})
    answer = response.json()
    assert (response.status_code, answer["reply"]) == (200, "Dear Ada Quill, call [REDACTED_PHONE_3].")
    assert (answer["unresolved"], answer["model"]) == (["[REDACTED_PHONE_3]"], "scripted-1")
    assert answer["request_id"] == response.headers["x-request-id"]
    (entry,) = [entry for entry in service.host.entries(service.notes) if entry.id == answer["entry_id"]]
    assert (entry.outcome, entry.actor, entry.job_id) == ("returned", "token:sidebar", None)
    assert entry.completion == "Dear [REDACTED_NAME], call [REDACTED_PHONE_3]."
    assert service.replies(ticket) == []


def test_a_ticket_may_be_brought_along(service):
    document = {"subject": "Hi", "requester": {"name": "Łukasz Żółć"}, "comments": [{"body": "żółć", "public": True}]}
    response = service.host.ask(service.notes, "/v1/generate", {"ticket": document})
    assert response.json()["reply"] == "Noted."
    assert service.ai.prompts[0]["ticket"] == (
        "Subject: Hi\nRequester: [REDACTED_NAME]\nPublic comment: [REDACTED_NAME]"
    )


def test_the_dry_run_asks_no_ai_and_keeps_nothing(service, ticket):
    before = service.host.entries(service.notes)
    response = service.host.ask(service.notes, "/v1/redactions", {"ticket_id": ticket})
    assert response.json()["text"] == (
        "Subject: Late hat\nRequester: [REDACTED_NAME]\nPublic comment by: [REDACTED_NAME]\n"
        "Public comment: Where is my hat? Write to [REDACTED_EMAIL]. [REDACTED_NAME]"
    )
    assert response.json()["placeholders"] == ["[REDACTED_NAME]", "[REDACTED_EMAIL]"]
    assert service.ai.prompts == []
    assert service.host.entries(service.notes) == before


def test_each_entry_has_a_copy_in_the_audit_sink(service, ticket):
    entry = service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))

    def copy():
        lines = (service.host.folder / "data" / "entries.jsonl").read_text(encoding="ascii").splitlines()
        return next((line for line in map(json.loads, lines) if line["id"] == entry.id), None)

    assert eventually(copy)["content"] == entry.content


def test_accounts_are_administered_beside_a_running_host(make_service):
    service = make_service()
    service.host.start()
    customer = service.zendesk.add_user("Ada Quill", "ada@example.com")
    ticket = service.zendesk.add_ticket("Late hat", customer, "Where is my hat?")
    first = service.run(service.notes, service.zendesk.delivery_for_ticket_created(ticket))
    another = service.host.create_account("another", service.zendesk)
    second = service.run(another, service.zendesk.delivery_for_ticket_created(ticket))
    assert [entry.id for entry in service.host.entries(service.notes)] == [first.id]
    assert [entry.id for entry in service.host.entries(another)] == [second.id]
