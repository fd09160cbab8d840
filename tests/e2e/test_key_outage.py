"""AWS KMS goes away while the host works: who was served goes on for a while, others are put off in time."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest
from secret_servers import KEY_ARN, fake_kms

from raum.app import create_app
from raum.assembly import assemble
from raum.model import Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.plaintexts import FRESH_SECONDS, PATIENCE_SECONDS
from raum_zendesk.standin import ZendeskStandIn

CONFIG = f"""\
plugins = ["zendesk", "patterns", "offline", "sqlite", "aws"]
[pipeline]
helpdesk = "zendesk"
detectors = ["email"]
providers = ["offline"]
store = "sqlite"
keys = "kms"
[sqlite]
path = "{{folder}}/raum.db"
[kms]
key_arn = "{KEY_ARN}"
"""


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Site:
    """A host with two accounts that sign alike; its clock for decrypted secrets is moved by hand."""

    def __init__(self, host, client, kms, zendesk):
        self.host, self._client, self.kms, self.zendesk = host, client, kms, zendesk
        self.clock = host.credentials._plaintexts._clock = Clock()
        self.paths = {}
        self._customer = zendesk.add_user("Ada Quill", "ada@example.com")

    async def add_account(self, name):
        administration = self.host.administration(Actor("user", "olga"))
        account = await administration.create_account(name, "acme")
        await administration.set_credential(name, WEBHOOK_SECRET, self.zendesk.signing_secret)
        await administration.set_credential(name, HELPDESK_TOKEN, self.zendesk.token)
        self.paths[name] = f"/webhooks/zendesk/{account.webhook_key}"

    async def deliver(self, name):
        ticket = self.zendesk.add_ticket("Late hat", self._customer, "Where is my hat?")
        delivery = self.zendesk.delivery_for_ticket_created(ticket)
        return await self._client.post(self.paths[name], content=delivery.body, headers=dict(delivery.headers))


@pytest.fixture
async def site(tmp_path, monkeypatch):
    path = tmp_path / "raum.toml"
    path.write_text(CONFIG.format(folder=tmp_path))
    with fake_kms(monkeypatch) as kms:
        async with _opened(path) as (host, client):
            site = Site(host, client, kms, ZendeskStandIn())
            for name in ("warm", "cold"):
                await site.add_account(name)
            kms.calls.clear()
            yield site


@asynccontextmanager
async def _opened(path):
    app = create_app(assemble(path), with_worker=False)
    async with app.router.lifespan_context(app) as state:
        transport = httpx2.ASGITransport(_with(app, state))
        async with httpx2.AsyncClient(transport=transport, base_url="http://raum") as client:
            yield state["host"], client


def _with(app, state):
    async def call(scope, receive, send):
        await app({**scope, "state": dict(state)}, receive, send)

    return call


async def test_a_hundred_first_deliveries_at_once_make_one_call_of_the_key_service(site):
    answers = await asyncio.gather(*(site.deliver("warm") for _ in range(100)))
    assert {answer.status_code for answer in answers} == {202}
    assert site.kms.calls == ["Decrypt"]


async def test_an_account_that_was_served_goes_on_for_fifteen_minutes_and_then_is_put_off(site):
    assert (await site.deliver("warm")).status_code == 202
    site.clock.now += FRESH_SECONDS - 1
    site.kms.always = "close"
    for _ in range(60):
        assert (await site.deliver("warm")).status_code == 202
        site.clock.now += 15
    site.clock.now += 10
    assert (await site.deliver("warm")).status_code == 503
    site.kms.always = None
    assert (await site.deliver("warm")).status_code == 202


async def test_another_account_is_put_off_within_three_seconds(site):
    assert (await site.deliver("warm")).status_code == 202
    site.kms.always = "hang"
    async with asyncio.timeout(10):  # it hangs for twenty seconds
        answer = await site.deliver("cold")
    assert PATIENCE_SECONDS < 3
    assert answer.status_code == 503
    assert 5 <= int(answer.headers["retry-after"]) <= 59  # Zendesk then delivers it again
    assert answer.json()["code"] == "keys_unavailable"
    assert (await site.deliver("warm")).status_code == 202


async def test_a_key_that_was_disabled_is_refused_within_the_time_that_a_secret_is_kept(site):
    assert (await site.deliver("warm")).status_code == 202
    site.kms.always = 400, "DisabledException"
    site.clock.now += FRESH_SECONDS
    answer = await site.deliver("warm")
    assert (answer.status_code, answer.json()["code"]) == (503, "key_refused")
    site.kms.always = "close"
    assert (await site.deliver("warm")).status_code == 503


async def test_a_secret_that_is_set_anew_is_the_one_that_counts_at_once(site):
    assert (await site.deliver("warm")).status_code == 202
    administration = site.host.administration(Actor("user", "olga"))
    await administration.set_credential("warm", WEBHOOK_SECRET, site.zendesk.token)
    assert (await site.deliver("warm")).status_code == 401
