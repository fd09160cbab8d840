"""The contract of helpdesks: Zendesk against its stand-in, and the fake."""

from datetime import UTC, datetime

import httpx2
import pytest

from raum.api import Attachment, Secret, Ticket, TicketText
from raum.testing import FakeHelpdesk
from raum.testing.contracts import HelpdeskContract
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from raum_zendesk.standin import File, ZendeskStandIn


class TestZendesk(HelpdeskContract):
    content = b"A green hat."

    @pytest.fixture
    def document(self):
        return {
            "id": 7,
            "subject": "Where is my hat?",
            "requester": {"name": "Ada Quill", "email": "ada@example.com"},
            "comments": [{"id": 1, "author_id": 2, "plain_body": "It is late.", "public": True}],
            "users": [{"id": 2, "name": "Ben Ochre", "email": "ben@example.org", "role": "agent"}],
            "custom_fields": [{"id": 31, "value": "HAT-7"}],
            "updated_at": "2026-03-01T12:00:00Z",
            "via": {"channel": "email", "source": {"from": {"address": "ada@example.com", "name": "Ada Quill"}}},
        }

    @pytest.fixture
    def wrong_document(self):
        return {"id": 7, "subject": ["SEVEN-LEMONS"]}

    @pytest.fixture
    def standin(self):
        return ZendeskStandIn()

    @pytest.fixture
    def part(self, standin):
        return Zendesk(ZendeskOptions(), transport=httpx2.ASGITransport(standin.app))

    @pytest.fixture
    def token(self, standin):
        return standin.token

    @pytest.fixture
    def ticket_id(self, standin):
        ada = standin.add_user("Ada Quill", "ada@example.com")
        return standin.add_ticket("Where is my hat?", ada, "It is late.", files=[File("hat.txt", self.content)])

    def sign(self, body, secret):
        timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(secret.reveal(), timestamp, body)}

    @pytest.fixture(params=["ticket created", "comment added", "trigger"])
    def body(self, request, standin, ticket_id):
        match request.param:
            case "ticket created":
                return standin.delivery_for_ticket_created(ticket_id).body
            case "comment added":
                return standin.delivery_for_comment_added(ticket_id, standin.comments(ticket_id)[0]["id"]).body
            case _:
                return standin.delivery_for_trigger(ticket_id).body


class TestFakeHelpdesk(HelpdeskContract):
    content = b"A green hat."

    @pytest.fixture
    def document(self):
        return {"id": 7, "text": "Where is my hat?"}

    @pytest.fixture
    def wrong_document(self):
        return {"id": 7, "text": ["SEVEN-LEMONS"]}

    @pytest.fixture
    def part(self):
        texts = (TicketText("text", "Text", "Where is my hat?"), TicketText("file", "Attachment", "hat.txt"))
        desk = FakeHelpdesk(Ticket(7, texts, attachments=(Attachment("file", "hat.txt", "text/plain", 12, "hat"),)))
        desk.files["hat"] = self.content
        return desk

    @pytest.fixture
    def token(self):
        return Secret("fake-token")

    @pytest.fixture
    def ticket_id(self):
        return 7

    @pytest.fixture
    def body(self):
        return b'{"event": "event-1", "ticket": 7}'

    def sign(self, body, secret):
        return FakeHelpdesk.sign(body, secret)
