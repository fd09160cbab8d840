"""OAuth: tokens are got with PKCE, renewed once, by one worker, and stored before they are used."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from raum.api import HelpdeskFailed, OperatorError, Secret
from raum.testing import FakeLogin
from raum_zendesk import Zendesk, ZendeskOptions, oauth
from raum_zendesk.oauth import Grant, OAuthClient, Request

CLIENT = OAuthClient("raum", Secret("client-secret"))
URI = "https://raum.example.com/callback"


def now():
    return datetime.now(UTC)


@pytest.fixture
def granted(standin):
    """The login of an account that is connected."""

    def granted(life=timedelta(hours=1)):
        return FakeLogin(Grant(CLIENT, *standin.oauth.grant(), now() + life).written())

    return granted


async def test_a_grant_opens_zendesk(desk, standin, account, granted, ticket_id):
    login = granted()
    assert (await desk.fetch(account, login, ticket_id)).id == ticket_id
    assert login.replaced == []


async def test_after_401_the_token_is_renewed_once_and_the_call_repeated(desk, standin, account, granted, ticket_id):
    login = granted()
    before = oauth.read(await login.secret())
    standin.faults.expire_token()
    assert (await desk.fetch(account, login, ticket_id)).id == ticket_id
    after = oauth.read(await login.secret())
    assert login.replaced == ["helpdesk_token_refresh"]
    assert standin.oauth.refreshes == 1
    assert before.access_token != after.access_token
    assert before.refresh_token != after.refresh_token
    assert after.client == CLIENT
    assert not after.expires_soon(now())


async def test_a_token_that_ends_soon_is_renewed_before_it_is_used(desk, standin, account, granted, ticket_id):
    login = granted(timedelta(seconds=30))
    await desk.fetch(account, login, ticket_id)
    assert standin.oauth.refreshes == 1
    assert standin.requests[0].path == "/oauth/tokens"


async def test_two_workers_that_meet_401_at_once_renew_once(standin, account, granted, ticket_id):
    login = granted()
    async with (
        Zendesk(ZendeskOptions(), transport=httpx2.ASGITransport(standin.app)) as one,
        Zendesk(ZendeskOptions(), transport=httpx2.ASGITransport(standin.app)) as two,
    ):
        for _ in range(2):
            standin.faults.expire_token()
        tickets = await asyncio.gather(*(desk.fetch(account, login, ticket_id) for desk in (one, two)))
    assert [ticket.id for ticket in tickets] == [ticket_id] * 2
    assert standin.oauth.refreshes == 1
    assert login.replaced == ["helpdesk_token_refresh"]


async def test_the_new_pair_is_stored_before_it_is_used(desk, standin, account, granted, ticket_id):
    login = granted(timedelta(seconds=30))
    used = []

    async def replace(secret, operation):
        used.append(len(standin.requests))
        await FakeLogin.replace(login, secret, operation)

    login.replace = replace
    await desk.fetch(account, login, ticket_id)
    assert used == [1]
    assert standin.requests[1].authorization == f"Bearer {oauth.read(await login.secret()).access_token.reveal()}"


class Watched(FakeLogin):
    """Says when somebody wants to renew it, and when it is renewed."""

    def __init__(self, secret):
        super().__init__(secret)
        self.wanted, self.renewed = asyncio.Event(), asyncio.Event()

    def exclusively(self):
        self.wanted.set()
        return super().exclusively()

    async def replace(self, secret, operation):
        await super().replace(secret, operation)
        self.renewed.set()


async def test_a_caller_who_gives_up_does_not_lose_the_new_pair(desk, standin, account, granted, ticket_id):
    login = Watched(await granted(timedelta(seconds=30)).secret())
    async with FakeLogin.exclusively(login):
        reading = asyncio.create_task(desk.fetch(account, login, ticket_id))
        await login.wanted.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    await login.renewed.wait()
    assert standin.oauth.knows(oauth.read(await login.secret()).access_token.reveal())


async def test_a_revoked_grant_is_told_kept_and_not_tried_again(desk, standin, account, granted, ticket_id):
    login = granted()
    standin.oauth.revoke()
    for _ in range(2):
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, login, ticket_id)
        assert (caught.value.code, caught.value.retryable) == ("helpdesk_reconnect", False)
        assert "reconnect needed" in str(caught.value)
    assert login.replaced == ["helpdesk_reconnect_needed"]
    assert oauth.read(await login.secret()).is_revoked
    assert standin.oauth.refreshes == 1


async def test_a_pair_that_was_replaced_meanwhile_is_not_taken_for_a_revoked_one(standin, account, granted, ticket_id):
    login = granted(timedelta(seconds=30))

    class Overtaken(httpx2.ASGITransport):
        async def handle_async_request(self, request):
            if request.url.path != "/oauth/tokens":
                return await super().handle_async_request(request)
            await login.replace(
                Grant(CLIENT, *standin.oauth.grant(), now() + timedelta(hours=1)).written(), "elsewhere"
            )
            return httpx2.Response(400, json={"error": "invalid_grant"})

    async with Zendesk(ZendeskOptions(), transport=Overtaken(standin.app)) as desk:
        assert (await desk.fetch(account, login, ticket_id)).id == ticket_id
    assert login.replaced == ["elsewhere"]


async def test_a_token_service_that_is_away_leaves_the_grant_as_it_is(desk, standin, account, granted, ticket_id):
    login = granted(timedelta(seconds=30))
    standin.faults.maintenance(retry_after=30)
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, login, ticket_id)
    assert (caught.value.retryable, caught.value.retry_after_seconds) == (True, 30)
    assert login.replaced == []
    assert not login.held
    assert (await desk.fetch(account, login, ticket_id)).id == ticket_id


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(403, text="<html>blocked by a firewall</html>"),
        httpx2.Response(502),
        httpx2.Response(200, content=b"x" * 100_000),
        httpx2.Response(200, text="<html>"),
    ],
    ids=["403", "502", "large", "not json"],
)
async def test_an_answer_that_does_not_come_from_the_token_service_loses_no_grant(account, granted, answer):
    login = granted(timedelta(seconds=30))
    async with Zendesk(ZendeskOptions(), transport=httpx2.MockTransport(lambda request: answer)) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, login, 1)
    assert (caught.value.code, caught.value.retryable) == ("helpdesk_unavailable", True)
    assert login.replaced == []


async def test_a_token_service_that_never_ends_its_answer_is_given_up(account, granted):
    class Dripping(httpx2.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b" "
                await asyncio.sleep(0.001)

    def answer(request):
        return httpx2.Response(200, stream=Dripping())

    login, options = granted(timedelta(seconds=30)), ZendeskOptions(timeout_seconds=0.05)
    async with Zendesk(options, transport=httpx2.MockTransport(answer)) as desk:
        with pytest.raises(HelpdeskFailed):
            await desk.fetch(account, login, 1)
    assert not login.held


async def test_a_token_that_was_typed_is_not_renewed(desk, standin, account, login, ticket_id):
    standin.faults.expire_token()
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, login, ticket_id)
    assert caught.value.code == "helpdesk_unauthorized"
    assert standin.oauth.refreshes == 0


async def test_a_code_is_redeemed_by_whoever_asked_for_it(desk, standin, account):
    request = Request.new(CLIENT, URI)
    address = request.address("http://acme-help.zendesk.com")
    query = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    assert (query["code_challenge_method"], query["client_id"]) == ("S256", "raum")
    assert request.verifier not in address
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(standin.app)) as browser:
        redirected = (await browser.get(address)).headers["location"]
    code = request.code_in(redirected)
    tokens = desk.tokens(account)
    with pytest.raises(HelpdeskFailed):
        await tokens.redeem(Request(CLIENT, URI, request.state, "another-verifier"), code, now())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(standin.app)) as browser:
        code = request.code_in((await browser.get(address)).headers["location"])
    grant = await tokens.redeem(request, code, now())
    assert standin.oauth.knows(grant.access_token.reveal())


@pytest.mark.parametrize(
    "redirected",
    ["", "code=1", f"{URI}?code=1", f"{URI}?code=1&state=other", f"{URI}?state=STATE", f"{URI}?error=access_denied"],
)
def test_an_address_of_another_attempt_is_refused(redirected):
    request = Request.new(CLIENT, URI)
    with pytest.raises(OperatorError):
        request.code_in(redirected.replace("STATE", request.state))


@pytest.mark.parametrize(
    "stored", ["{", "{}", '{"zendesk_oauth": 7}', '{"zendesk_oauth": {"access_token": 7}}', "{\ud800"]
)
async def test_a_credential_that_is_no_grant_asks_for_a_new_connection(desk, account, stored):
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, FakeLogin(Secret(stored)), 1)
    assert caught.value.code == "helpdesk_reconnect"


def test_nothing_shows_the_tokens():
    grant = Grant(CLIENT, Secret("SEVEN-LEMONS"), Secret("SEVEN-LEMONS"), now())
    assert "SEVEN-LEMONS" not in repr(grant)
    assert "client-secret" not in repr(grant)
    assert "SEVEN-LEMONS" in json.dumps(grant.written().reveal())
