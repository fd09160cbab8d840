"""The stand-in, used by zenpy: a client of Zendesk's API that was written by others against the real one."""

import subprocess
import sys

import pytest
from e2e.rig import served
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment
from zenpy.lib.exception import RecordNotFoundException

from raum_zendesk.standin import File, ZendeskStandIn


@pytest.fixture(scope="module")
def served_zendesk():
    zendesk = ZendeskStandIn()
    with served(zendesk.app) as url:
        yield zendesk, url


@pytest.fixture
def zendesk(served_zendesk):
    return served_zendesk[0]


@pytest.fixture
def client(served_zendesk, monkeypatch):
    zendesk, url = served_zendesk
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    address, port = url.removeprefix("http://").split(":")
    first, _, rest = address.partition(".")
    client = Zenpy(
        subdomain=first, domain=f"{rest}:{port}", oauth_token=zendesk.token.reveal(), ratelimit_budget=None,
        disable_cache=True,
    )  # fmt: skip
    yield client
    client.users.session.close()


@pytest.fixture
def ada(zendesk):
    return zendesk.add_user("Ada Quill", "ada@example.com", "+12025550123")


@pytest.fixture
def ticket_id(zendesk, ada):
    return zendesk.add_ticket("A hat", ada, "Where is my hat?", files=[File("hat.txt", b"A green hat.")], tags=["hat"])


def test_a_ticket_is_read_with_its_people(client, zendesk, ada, ticket_id):
    ticket = client.tickets(id=ticket_id)
    assert (ticket.id, ticket.subject, ticket.status, ticket.tags) == (ticket_id, "A hat", "new", ["hat"])
    assert (ticket.requester.name, ticket.requester.email) == ("Ada Quill", "ada@example.com")
    assert [identity.value for identity in client.users.identities(id=ada)] == ["ada@example.com", "+12025550123"]
    assert client.users.me().id == zendesk.me


def test_all_comments_are_paged_through(client, zendesk, ada, ticket_id):
    for number in range(250):
        zendesk.add_comment(ticket_id, ada, f"Hello {number}")
    before = len(zendesk.requests)
    bodies = [comment.plain_body for comment in client.tickets.comments(ticket=ticket_id)]
    assert bodies == ["Where is my hat?", *(f"Hello {number}" for number in range(250))]
    pages = [each for each in zendesk.requests[before:] if each.path.endswith("/comments.json")]
    assert len(pages) == 3


def test_a_ticket_is_updated_with_a_private_note(client, zendesk, ticket_id):
    ticket = client.tickets(id=ticket_id)
    ticket.comment = Comment(body="Ask the hatter", public=False)
    ticket.status = "pending"
    audit = client.tickets.update(ticket)
    assert audit.ticket.status == "pending"
    assert [event["type"] for event in audit.audit.events] == ["Comment", "Change"]
    note = zendesk.comments(ticket_id)[-1]
    assert (note["plain_body"], note["public"], note["author_id"]) == ("Ask the hatter", False, zendesk.me)
    assert [each.id for each in client.tickets.audits(ticket=ticket_id)] == [
        each["id"] for each in zendesk.audits(ticket_id)
    ]


def test_tags_are_added_removed_and_set(client, zendesk, ticket_id):
    seen = []
    for change, tag in (("add_tags", "late"), ("delete_tags", "hat"), ("set_tags", "green")):
        getattr(client.tickets, change)(ticket_id, [tag])
        seen.append(zendesk.ticket(ticket_id)["tags"])
    assert seen == [["hat", "late"], ["late"], ["green"]]


def test_metrics_are_read(client, zendesk, ticket_id):
    zendesk.set_minutes(ticket_id, full_resolution_time_in_minutes=60)
    metric = client.tickets.metrics(ticket_id)
    assert metric.full_resolution_time_in_minutes["calendar"] == 60


def test_what_is_not_there_is_not_found(client):
    with pytest.raises(RecordNotFoundException):
        client.tickets(id=1)


def test_too_many_calls_are_waited_for(client, zendesk, ticket_id, monkeypatch):
    slept = []
    monkeypatch.setattr("zenpy.lib.api.sleep", slept.append)
    zendesk.faults.rate_limit(2)
    assert client.tickets(id=ticket_id).id == ticket_id
    assert sum(slept) >= 1


def test_all_tickets_are_exported(client, zendesk, ada, ticket_id):
    exported = {ticket.id for ticket in client.tickets.incremental(start_time=0, paginate_by_time=False)}
    assert ticket_id in exported


def test_a_comment_is_redacted(client, zendesk, ada, ticket_id):
    comment = zendesk.add_comment(ticket_id, ada, "card 4111 1111")
    client.tickets.comment_redact(ticket_id, comment, "4111 1111")
    assert zendesk.comments(ticket_id)[-1]["plain_body"] == "card ▇▇▇▇▇▇▇▇▇"


def test_a_file_is_uploaded(client, zendesk, tmp_path, ticket_id):
    file = tmp_path / "hat.txt"
    file.write_bytes(b"A green hat.")
    upload = client.attachments.upload(str(file), target_name="hat.txt")
    ticket = client.tickets(id=ticket_id)
    ticket.comment = Comment(body="See the file", uploads=[upload.token])
    client.tickets.update(ticket)
    assert [each["file_name"] for each in zendesk.comments(ticket_id)[-1]["attachments"]] == ["hat.txt"]


def test_zenpy_is_for_tests_alone():
    code = "import sys, raum.cli, raum_zendesk.standin; sys.exit('zenpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
