"""`raum migrate` while hosts run: no request fails, no job is lost, no entry is lost or doubled."""

import asyncio
import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from e2e.fleet import Fleet, Process
from e2e.rig import PATIENCE_SECONDS, eventually, served

import raum.storage.migrations
import raum_postgres
from raum.api import Secret
from raum.assembly import assemble
from raum.storage import schema
from raum.storage.store import SqlStore
from raum_zendesk.standin import ZendeskStandIn

PASSWORD = "correct horse battery"
LATER = '''\
"""What a later version adds."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    """A column, a table and an index."""
    op.add_column("entries", sa.Column("mood", sa.String(16)))
    op.add_column("jobs", sa.Column("mood", sa.String(16), nullable=False, server_default="fine"))
    op.create_table("moods", sa.Column("name", sa.String(16), primary_key=True))
    op.create_index("ix_jobs_mood", "jobs", ["mood"])
'''
OLD_ENTRIES = (
    "INSERT INTO entries (id, time, account_id, operation, actor, outcome, client_ip, request_id, input_tokens,"
    " output_tokens, duration_ms, placeholders, unresolved)"
    " SELECT 'old-' || n, now() - n * interval '1 minute', 'acme', 'test', 'system:webhook', 'posted_note', '', '',"
    " 1, 1, 1, '[]', '[]' FROM generate_series(1, 20000) n"
)


@pytest.fixture
def zendesk():
    stand_in = ZendeskStandIn(calls_per_minute=100_000)
    with served(stand_in.app) as url:
        yield stand_in, url


@pytest.fixture
def make_fleet(zendesk, tmp_path, postgres_server):
    fleets = []

    def make(url):
        fleets.append(Fleet(tmp_path, *zendesk, postgres_url=url))
        return fleets[-1]

    yield make
    for fleet in fleets:
        fleet.stop()


class Load:
    """Deliveries and requests that go on until they are told to stop, and the answers."""

    def __init__(self, fleet, paths=("/v1/settings", "/v1/audit")):
        self.fleet = fleet
        self._paths = paths
        signed_in = fleet.ask("POST", "/v1/sessions", json={"email": "ada@example.com", "password": PASSWORD})
        self._token = signed_in.json()["access_token"]
        self._stopping = threading.Event()
        self.tickets = []
        self.tones = []
        self.statuses = Counter()

    def __enter__(self):
        self._pool = ThreadPoolExecutor(3)
        self._works = [self._pool.submit(self._again, work) for work in (self._deliver, self._read, self._change)]
        self.wait_for(3)
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.wait_for(3)
        self._stopping.set()
        self._pool.shutdown()
        for work in self._works:
            work.result()

    def wait_for(self, more):
        """Until so many more of each are done."""
        enough = [len(self.tickets) + more, len(self.tones) + more]
        eventually(lambda: (len(self.tickets) >= enough[0] and len(self.tones) >= enough[1]) or None)

    def _again(self, work):
        while not self._stopping.is_set():
            work()

    def _deliver(self):
        ticket = self.fleet.new_ticket()
        self.statuses["delivered", self.fleet.deliver(ticket).status_code] += 1
        self.tickets.append(ticket)

    def _read(self):
        for path in self._paths:
            self.statuses[path, self.fleet.ask("GET", path, self._token).status_code] += 1

    def _change(self):
        tone = f"tone {len(self.tones)}"
        seen = self.fleet.ask("GET", "/v1/settings", self._token)
        headers = {"authorization": f"Bearer {self._token}", "if-match": seen.headers["etag"]}
        answer = httpx2.patch(
            f"{self.fleet.url}/v1/settings",
            json={"tone": tone},
            headers=headers | {"content-type": "application/merge-patch+json"},
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )
        self.statuses["changed", answer.status_code] += 1
        self.tones.append(tone)


def nothing_is_lost(fleet, load):
    """Each request was answered well; each job is done and has one reply and one entry; each change has one entry."""
    assert {status for _, status in load.statuses} == {200, 202}, load.statuses
    assert fleet.ended() == {"waiting": 0, "running": 0, "done": len(load.tickets), "dead": 0, "dropped": 0}
    assert [len(fleet.replies(ticket)) for ticket in load.tickets] == [1] * len(load.tickets)
    entries = fleet.entries()
    assert Counter(entry.ticket_id for entry in entries if entry.operation == "generate") == Counter(load.tickets)
    told = [change.after for entry in entries for change in entry.changes if change.name == "tone"]
    assert sorted(told) == sorted(load.tones)


def migrated(fleet):
    """`raum migrate`: its exit status and what it said."""
    command = [sys.executable, "-c", "from raum.cli import main; main()", "migrate", "--config", str(fleet.config)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, done.stdout


def revision(server, url):
    (row,) = server.run("SELECT version_num FROM alembic_version", url)
    return row["version_num"]


def test_hosts_go_on_while_the_log_is_put_into_partitions(make_fleet, postgres_server, monkeypatch):
    """The store is of before there were partitions; that it says otherwise lets the host of today work on it."""
    url = postgres_server.new_database()
    head = as_of_before(url)
    with monkeypatch.context() as patch:
        patch.setattr(SqlStore, "make_room", no_room)
        fleet = make_fleet(url)
        fleet.create_owner("ada@example.com", PASSWORD)
    postgres_server.run(OLD_ENTRIES, url)
    fleet.serve(works=True)
    with Load(fleet) as load:
        postgres_server.run("UPDATE alembic_version SET version_num = '0011'", url)
        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(migrated, [fleet, fleet]))
        load.wait_for(5)
    # One of them may begin when the other has ended.
    assert (0, "The store is up to date now.\n") in ends
    assert {*ends} <= {(0, "The store is up to date now.\n"), (0, "The store was up to date.\n")}
    assert revision(postgres_server, url) == head
    nothing_is_lost(fleet, load)
    # Beside so much else there may have been no moment for the partition of the first day behind the old entries.
    assert migrated(fleet) == (0, "The store was up to date.\n")
    (old,) = postgres_server.run("SELECT count(*) AS number FROM entries WHERE operation = 'test'", url)
    (parts,) = postgres_server.run(
        "SELECT count(*) AS number FROM pg_inherits WHERE inhparent = 'entries'::regclass", url
    )
    assert (old["number"], parts["number"]) == (20_000, 3)


async def no_room(*_):
    """There are no partitions yet."""


def as_of_before(url):
    """A store as it was before there were partitions, which says that it is of today; what it says."""
    (part,) = raum_postgres.raum_stores()
    store = part.build(part.options(url=Secret(url)))

    async def create():
        async with store.migrating() as engine, engine.begin() as connection:
            await connection.run_sync(schema.upgrade, "0011")
            head = await connection.run_sync(lambda _: schema.ScriptDirectory.from_config(schema._config()).get_heads())
            await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{head[0]}'")
            return head[0]

    return asyncio.run(create())


def test_hosts_go_on_when_a_later_version_has_migrated_the_store_and_none_of_before_starts(
    make_fleet, postgres_server, monkeypatch, tmp_path
):
    url = postgres_server.new_database()
    fleet = make_fleet(url)
    fleet.create_owner("ada@example.com", PASSWORD)
    fleet.serve(works=True)
    with Load(fleet, ("/v1/settings", "/v1/audit", "/health/ready")) as load:
        later_version(monkeypatch, tmp_path, revision(postgres_server, url))
        asyncio.run(assemble(fleet.config).store.part.migrate())
        load.wait_for(5)
    assert revision(postgres_server, url) == "9999"
    nothing_is_lost(fleet, load)
    monkeypatch.undo()

    another = Process("serve", "--port", "0", "--config", str(fleet.config), ready="Uvicorn running")
    assert another.wait() == 2
    assert "the store's schema is newer than this raum; install the version that upgraded it" in "".join(another.output)
    status, said = migrated(fleet)
    assert (status, "the store's schema is newer than this raum" in said) == (2, True)


def later_version(monkeypatch, folder, head):
    """Let this process have the migrations of a later version."""
    migrations = folder / "migrations"
    shutil.copytree(Path(raum.storage.migrations.__path__[0]), migrations)
    (migrations / "versions" / "r9999_moods.py").write_text(LATER.format(head=head))
    config_of = schema._config

    def config():
        config = config_of()
        config.set_main_option("script_location", str(migrations))
        return config

    monkeypatch.setattr(schema, "_config", config)
    monkeypatch.setattr(schema, "_revisions", schema._revisions.__wrapped__)
