"""While the store cannot keep a job, deliveries are put off; what was accepted before is not lost."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing

import httpx2
import pytest
from e2e.fleet import Fleet
from e2e.rig import served
from servers import postgres
from sqlalchemy import event

from raum.app import create_app
from raum.assembly import assemble
from raum.model import Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum_zendesk.standin import ZendeskStandIn

CONFIG = """\
plugins = ["zendesk", "patterns", "offline", "sqlite", "localkeys"]
[pipeline]
helpdesk = "zendesk"
detectors = ["email"]
providers = ["offline"]
store = "sqlite"
keys = "localkeys"
[sqlite]
path = "{folder}/raum.db"
[localkeys]
path = "{folder}/raum.keys"
"""


def put_off(response):
    """Whether Zendesk is going to deliver it again: https://developer.zendesk.com/documentation/webhooks/."""
    return response.status_code == 503 and 5 <= int(response.headers["retry-after"]) <= 59


class Site:
    """A host in this process, whose database can be told to fail."""

    def __init__(self, host, client, path, database):
        self.host, self._client, self._path, self.database = host, client, path, database
        self.pragma = ""
        self.zendesk = ZendeskStandIn()
        self._customer = self.zendesk.add_user("Ada Quill", "ada@example.com")
        event.listen(host.store._engine.sync_engine, "begin", self._begun)

    def _begun(self, connection):
        if self.pragma:
            connection.exec_driver_sql(f"PRAGMA {self.pragma}")

    def new_delivery(self):
        ticket = self.zendesk.add_ticket("Late hat", self._customer, "Where is my hat?")
        return self.zendesk.delivery_for_ticket_created(ticket)

    async def deliver(self, delivery):
        return await self._client.post(self._path, content=delivery.body, headers=dict(delivery.headers))


@pytest.fixture
async def site(tmp_path):
    (tmp_path / "raum.toml").write_text(CONFIG.format(folder=tmp_path))
    app = create_app(assemble(tmp_path / "raum.toml"), with_worker=False)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope, receive, send):
            scope["state"] = dict(state)
            await app(scope, receive, send)

        host = state["host"]
        admin = host.administration(Actor("user", "tester"))
        account = await admin.create_account("acme", "acme-help")
        transport = httpx2.ASGITransport(with_state)
        async with httpx2.AsyncClient(transport=transport, base_url="http://host") as client:
            path = f"/webhooks/zendesk/{account.webhook_key}"
            site = Site(host, client, path, tmp_path / "raum.db")
            await admin.set_credential("acme", WEBHOOK_SECRET, site.zendesk.signing_secret)
            await admin.set_credential("acme", HELPDESK_TOKEN, site.zendesk.token)
            yield site


@asynccontextmanager
async def failing(site, fault):
    """The database has this fault."""
    site.pragma = {"read-only": "query_only = ON", "full": "max_page_count = 1"}[fault]
    yield
    site.pragma = {"read-only": "query_only = OFF", "full": "max_page_count = 1000000"}[fault]


@pytest.mark.parametrize("fault", ["full", "read-only"])
async def test_deliveries_are_put_off_until_the_database_can_be_written_again(site, fault):
    before = site.new_delivery()
    assert (await site.deliver(before)).status_code == 202
    accepted = 1
    async with failing(site, fault):
        refused = site.new_delivery()
        while (response := await site.deliver(refused)).status_code == 202:  # there was room left in a page
            accepted += 1
            refused = site.new_delivery()
        assert put_off(response)
        assert (await site.host.queue.count())["waiting"] == accepted
    assert (await site.deliver(refused)).status_code == 202
    assert (await site.deliver(before)).status_code == 200
    assert (await site.host.queue.count())["waiting"] == accepted + 1


async def test_however_many_come_while_the_database_is_busy_for_ten_seconds_each_is_put_off_in_time(site):
    """More than the store has connections: some wait for the lock, others for a connection."""
    deliveries = [site.new_delivery() for _ in range(8)]
    with closing(sqlite3.connect(site.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked_at = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < locked_at + 10:
            async with asyncio.timeout(10):  # as long as Zendesk waits at least
                responses = await asyncio.gather(*map(site.deliver, deliveries))
            assert all(map(put_off, responses))
        other.execute("ROLLBACK")
    # A delivery that was put off while it waited for a connection may have been kept in the meantime.
    assert {(await site.deliver(delivery)).status_code for delivery in deliveries} <= {200, 202}
    assert (await site.host.queue.count())["waiting"] == 8


async def test_a_bug_in_the_way_of_a_delivery_puts_it_off_as_well(site, monkeypatch):
    async def buggy(job):
        raise KeyError("Ada Quill")

    delivery = site.new_delivery()
    with monkeypatch.context() as patch:
        patch.setattr(site.host.queue, "accept", buggy)
        response = await site.deliver(delivery)
    assert put_off(response)
    assert "Ada" not in response.text
    assert (await site.deliver(delivery)).status_code == 202


def test_deliveries_are_put_off_while_postgresql_is_away_and_no_job_is_lost(tmp_path):
    zendesk = ZendeskStandIn()
    with postgres() as server, served(zendesk.app) as zendesk_url:
        fleet = Fleet(tmp_path, zendesk, zendesk_url, postgres_url=server.new_database())
        try:
            fleet.serve()
            worker = fleet.worker()
            worker.wait_until_ready()
            tickets = [fleet.new_ticket() for _ in range(5)]
            assert [fleet.deliver(ticket).status_code for ticket in tickets[:4]] == [202] * 4
            server.stop()
            assert put_off(fleet.deliver(tickets[4]))
            assert put_off(fleet.deliver(tickets[0]))
            server.start()
            assert [fleet.deliver(ticket).status_code for ticket in tickets] == [200] * 4 + [202]
            assert fleet.ended()["done"] == 5
            assert [len(fleet.replies(ticket)) for ticket in tickets] == [1] * 5
            assert worker.is_alive
        finally:
            fleet.stop()
