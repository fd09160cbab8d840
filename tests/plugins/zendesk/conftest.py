"""The helpdesk part, wired to the stand-in."""

import httpx2
import pytest

from raum.api import Account
from raum.testing import FakeLogin
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.standin import ZendeskStandIn


@pytest.fixture
def account():
    return Account(id="acme", subdomain="acme-help", webhook_key="key")


@pytest.fixture
def standin():
    return ZendeskStandIn()


@pytest.fixture
def login(standin):
    return FakeLogin(standin.token)


@pytest.fixture
async def desk(standin):
    async with Zendesk(ZendeskOptions(patience_seconds=0), transport=httpx2.ASGITransport(standin.app)) as desk:
        yield desk


@pytest.fixture
def ticket_id(standin):
    ada = standin.add_user("Ada Quill", "ada@example.com", "+12025550123")
    standin.add_identity(ada, "email", "ada.quill@example.net")
    ben = standin.add_user("Ben Ochre", "ben@example.org", role="agent", alias="Benny")
    ticket_id = standin.add_ticket(
        "My hat is late", ada, "Where is my hat?", files=["hat.png"], custom_fields=[{"id": 31, "value": "HAT-7"}]
    )
    standin.add_comment(ticket_id, ben, "Ask the hatter", public=False)
    standin.add_comment(ticket_id, ben, "We are looking for it.")
    return ticket_id
