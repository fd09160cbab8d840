"""Stand-ins: the helpdesk part that one stands in for takes its sample ticket all the way."""

from datetime import UTC, datetime

import httpx2
import pytest

from raum.api import Account, Reply
from raum.testing import FakeHelpdesk, FakeLogin, FakeStandIn
from raum.testing.contracts.parts import entered
from raum_zendesk import Zendesk, ZendeskOptions, raum_helpdesks, raum_stand_ins

ACCOUNT = Account("demo", "demo", "hook-demo")


def zendesk():
    (stand_in,) = raum_stand_ins()
    options = ZendeskOptions(**stand_in.options("http://127.0.0.1:9000"))
    return stand_in, Zendesk(options, transport=httpx2.ASGITransport(stand_in.app))


def fake():
    desk = FakeHelpdesk()
    return FakeStandIn(desk), desk


@pytest.mark.parametrize("pair", [zendesk, fake])
@pytest.mark.parametrize("public", [True, False])
async def test_the_sample_ticket_goes_all_the_way(pair, public):
    stand_in, part = pair()
    headers, body = stand_in.sample_delivery()
    lower = {name.lower(): value for name, value in headers.items()}
    async with entered(part) as desk:
        desk.verify(lower, body, [stand_in.signing_secret], datetime.now(UTC))
        ticket = await desk.fetch(ACCOUNT, FakeLogin(stand_in.token), desk.parse(body).ticket_id)
        assert ticket.length > 0
        assert stand_in.last_reply() is None
        for text in ("It comes on Friday.", "It is there."):
            ticket = await desk.fetch(ACCOUNT, FakeLogin(stand_in.token), ticket.id)
            await desk.post(ACCOUNT, FakeLogin(stand_in.token), ticket, Reply(text, public), marker=text)
            assert stand_in.last_reply() == (text, public)


def test_the_stand_in_for_zendesk_names_the_part():
    (stand_in,), (part,) = raum_stand_ins(), raum_helpdesks()
    assert stand_in.helpdesk == part.name
