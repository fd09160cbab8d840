"""`raum migrate` beside hosts of the version before, which go on as if nothing had happened."""

import asyncio
import contextlib

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from plugins.postgres.shapes import demands, shape
from sqlalchemy import text

import raum_postgres
from raum.api import EVERY_ACCOUNT, OperatorError, Secret
from raum.ids import new_id
from raum.storage import schema, upgrading
from raum.storage.schema import upgrade
from raum.testing.contracts.audit import LATER, sealed_all

INSERT = (
    "INSERT INTO entries (id, time, account_id, operation, actor, outcome, client_ip, request_id, input_tokens,"
    " output_tokens, duration_ms, placeholders, unresolved, content, salt, said_hash, body_hash) VALUES"
    " ($1, now(), 'acme', 'generate', 'system:webhook', 'posted_note', '', '', 1, 1, 1, '[]', '[]', 'x', 'a', 'b', 'c')"
    " RETURNING seq"
)
OLD = (
    "INSERT INTO entries (id, time, account_id, operation, actor, outcome, client_ip, request_id, input_tokens,"
    " output_tokens, duration_ms, placeholders, unresolved)"
    " SELECT 'old-' || n, now() - n * interval '1 minute', 'acme', 'generate', 'system:webhook', 'posted_note', '', '',"
    " 1, 1, 1, '[]', '[]' FROM generate_series(1, $1::int) n"
)
MANY = 20_000


@pytest.fixture
def url(postgres_server):
    return postgres_server.new_database()


@pytest.fixture
def new_store(url):
    def new():
        (part,) = raum_postgres.raum_stores()
        return part.build(part.options(url=Secret(url)))

    return new


@pytest.fixture
async def empty(new_store):
    """The store as the version before left it, without anything in it."""
    async with new_store().migrating() as engine, engine.begin() as connection:
        await connection.run_sync(upgrade, "0010")


@pytest.fixture
async def before(empty, new_store, url):
    """The same with many entries; connections as its hosts had them."""
    async with new_store().writing(EVERY_ACCOUNT) as connection:
        await connection.execute(text("INSERT INTO accounts VALUES ('acme', 'acme-help', 'hook', 'active')"))
    connections = [await connected(url) for _ in range(3)]
    await connections[0].execute(OLD, MANY)
    yield connections
    for connection in connections:
        await connection.close()


async def connected(url):
    return await asyncpg.connect(url, server_settings={"application_name": "raum"})


class OldHost:
    """What a host of the version before does all the time: write, read, change; and what it wrote."""

    def __init__(self):
        self.written = []
        self.goes_on = True
        self.told = (0, asyncio.Event())

    async def write(self, connection):
        insert = await connection.prepare(INSERT)  # its statements are prepared long before
        while self.goes_on:
            name = new_id()
            await insert.fetch(name)
            self.written.append(name)
            number, event = self.told
            if len(self.written) >= number:
                event.set()

    async def read(self, connection):
        query = "SELECT id, content FROM entries WHERE account_id = 'acme' ORDER BY time DESC, seq DESC LIMIT 9"
        select = await connection.prepare(query)
        while self.goes_on:
            assert len(await select.fetch()) == 9
            await asyncio.sleep(0)

    async def erase(self, connection):
        change = "UPDATE entries SET content = NULL WHERE account_id = 'acme' AND id = $1 RETURNING id"
        update = await connection.prepare(change)
        while self.goes_on:
            if self.written:
                assert await update.fetch(self.written[-1])
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def working(connections):
    """An old host that works, and must not fail."""
    host = OldHost()
    works = zip((host.write, host.read, host.erase), connections, strict=True)
    tasks = [asyncio.ensure_future(work(connection)) for work, connection in works]
    try:
        await written(host, 20)
        yield host
        await written(host, 20)
    finally:
        host.goes_on = False
        await asyncio.gather(*tasks)


async def written(host, more):
    """Until so many more entries are written."""
    enough = asyncio.Event()
    host.told = (len(host.written) + more, enough)
    async with asyncio.timeout(20):
        await enough.wait()


async def entries_of(url):
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT set_config('raum.every_account', 'on', false)")
        return [row["id"] for row in await connection.fetch("SELECT id FROM entries")]
    finally:
        await connection.close()


async def test_old_hosts_go_on_while_a_full_log_is_put_into_partitions(before, new_store, url):
    async with working(before) as host:
        await new_store().migrate()
    found = await entries_of(url)
    assert len(found) == len(set(found)) == MANY + len(host.written)
    assert set(host.written) <= set(found)


async def test_the_new_version_goes_on_where_the_old_one_was(before, new_store):
    await new_store().migrate()
    async with new_store() as store:
        checkpoint = (await sealed_all(store, until=LATER))[0]
        assert checkpoint.first == 1
        assert sum(1 for _ in await store.sealed("acme", 1, checkpoint.last)) == checkpoint.count


async def test_of_two_that_migrate_at_once_one_does_it_and_the_other_ends_well(before, new_store, url, monkeypatch):
    monkeypatch.setattr(upgrading, "_LOOK_SECONDS", 0.01)
    done = []

    async def counted(engine, upgrade):
        done.append(1)
        await upgrading.upgrade_beside_hosts(engine, upgrade)

    monkeypatch.setattr("raum.storage.store.upgrade_beside_hosts", counted)
    await asyncio.gather(*(new_store().migrate() for _ in range(3)))
    assert done == [1]
    assert len(await entries_of(url)) == MANY


async def test_who_waits_for_another_in_vain_is_told(new_store, monkeypatch):
    store = new_store()
    async with store.migrating() as engine:
        with pytest.raises(OperatorError, match="another `raum migrate` is at work on this store"):
            async with upgrading.alone(engine, 0):
                pass


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(upgrading, "TRIES", 3)
    monkeypatch.setattr(upgrading, "_PAUSE_SECONDS", 0.0)


async def test_a_table_that_is_never_free_stops_the_migration_and_a_later_one_goes_on(
    before, new_store, url, impatient
):
    reader, *_ = before
    async with reader.transaction():
        await reader.execute("LOCK TABLE entries IN ROW SHARE MODE")
        with pytest.raises(OperatorError) as refusal:
            await new_store().migrate()
    assert "the store's tables are in use without a pause" in str(refusal.value)
    assert "run `raum migrate` again" in str(refusal.value)
    bounds = await constraints(url)
    assert not [name for name in bounds if name.startswith("entries_end")], "it would refuse entries some day"
    await new_store().migrate()
    assert len(await entries_of(url)) == MANY


async def constraints(url):
    connection = await asyncpg.connect(url)
    try:
        return [row["conname"] for row in await connection.fetch("SELECT conname FROM pg_constraint")]
    finally:
        await connection.close()


@pytest.mark.parametrize("step", [1, 2])
async def test_a_migration_that_was_killed_half_way_is_done_by_the_next(before, new_store, url, monkeypatch, step):
    """Killed when the indexes are made and the bound is not, and when the exchange is all that is left."""
    steps = []

    def killed(connection, work):
        steps.append(1)
        if len(steps) == step:
            raise KeyboardInterrupt
        upgrading_patiently(connection, work)

    upgrading_patiently = upgrading.patiently
    with monkeypatch.context() as patch:
        patch.setattr(upgrading, "patiently", killed)
        with pytest.raises(KeyboardInterrupt):
            await new_store().migrate()
    names = await constraints(url)
    assert any(name.startswith("entries_end") for name in names) is (step == 2)
    await new_store().migrate()
    assert len(await entries_of(url)) == MANY
    assert not [name for name in await constraints(url) if name.startswith("entries_end")]


def revisions():
    """The migrations since the rule is one, in their order; the one before them first."""
    scripts = ScriptDirectory.from_config(schema._config())
    found = list(scripts.walk_revisions())[::-1]
    return found[[script.revision for script in found].index("0010") :]


async def test_no_migration_asks_anything_of_hosts_of_the_version_before(new_store):
    first, *others = revisions()
    async with new_store().migrating() as engine:
        await upgrading.upgrade_beside_hosts(engine, lambda sync: upgrade(sync, first.revision))
        for script in others:
            async with engine.connect() as connection:
                before = await connection.run_sync(shape)
            await upgrading.upgrade_beside_hosts(engine, lambda sync, to=script.revision: upgrade(sync, to))
            async with engine.connect() as connection:
                after = await connection.run_sync(shape)
            contracts = getattr(script.module, "CONTRACTS", set())
            assert list(demands(before, after, contracts)) == [], script.revision


@pytest.mark.parametrize(
    ("statement", "demand"),
    [
        ("DROP TABLE undelivered", "undelivered is gone"),
        ("ALTER TABLE accounts DROP COLUMN app", "accounts.app is gone"),
        ("ALTER TABLE accounts RENAME COLUMN app TO program", "accounts.app is gone"),
        ("ALTER TABLE accounts ALTER app TYPE text", "accounts.app has another type"),
        ("ALTER TABLE accounts ALTER app SET NOT NULL", "accounts.app must not be null any more"),
        ("ALTER TABLE accounts ALTER state DROP DEFAULT", "accounts.state has lost its default"),
        ("ALTER TABLE accounts ADD tier text NOT NULL", "accounts.tier is new and must be given"),
        ("CREATE UNIQUE INDEX one ON accounts (subdomain)", "accounts: ['subdomain'] must be unique"),
        (
            "ALTER TABLE segments ADD FOREIGN KEY (account_id) REFERENCES accounts",
            "segments: ('account_id',) must refer to something",
        ),
    ],
)
async def test_what_a_migration_must_not_ask_is_found(empty, new_store, statement, demand):
    async with new_store().migrating() as engine, engine.begin() as connection:
        was = await connection.run_sync(shape)
        await connection.exec_driver_sql(statement)
        now = await connection.run_sync(shape)
    assert list(demands(was, now, set())) == [demand]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE accounts ADD tier text",
        "ALTER TABLE accounts ADD tier text NOT NULL DEFAULT ''",
        "CREATE TABLE t (n int)",
    ],
)
async def test_what_a_migration_may_add_is_let_through(empty, new_store, statement):
    async with new_store().migrating() as engine, engine.begin() as connection:
        was = await connection.run_sync(shape)
        await connection.exec_driver_sql(statement)
        now = await connection.run_sync(shape)
    assert list(demands(was, now, set())) == []
