"""Row-level security: what a statement without any condition reaches, as the ordinary role that owns the tables."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from attrs import evolve
from plugins.postgres.ways_in import connected, reaching, store_at
from servers import as_superuser

import raum_pgqueuer
from raum.api import EVERY_ACCOUNT, NO_ACCOUNT, Account, OperatorError, Role, Scope, only
from raum.audit.actions import HOST, action_entry
from raum.identity.actors import Actor
from raum.identity.users import ServiceToken, Session, User
from raum.ids import utc_now
from raum.model import Job
from raum.retention.records import Deletion, Hold, Subject
from raum.storage.tables import metadata
from raum.storage.wall import POLICY, guarded
from raum.testing.contracts.audit import sealed_all

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TESTER = Actor("user", "tester")
OF_THE_HOST = {"attempts", "locks", "marks", "session_keys", "signing_keys", "undelivered"}
"""Tables without rows of accounts: see `tests/unit/test_isolation.py`."""
OF_OTHERS = {"alembic_version", "pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}
"""Tables of the tools. PgQueuer's hold ids of jobs and accounts, and no request leads to them."""


def entry(name, **fields):
    return evolve(action_entry("generate", name, TESTER), time=NOON, **fields)


async def fill(store, queue, name):
    """Give an account, which is new, something in every table."""
    await store.add_account(Account(name, f"{name}-help", f"hook-{name}"), entry(name))
    await store.put_credential(name, "openai", b"x", entry(name))
    await store.change_settings(name, 0, {"tone": "warm"}, entry(name))
    token = ServiceToken(f"t-{name}", name, "reports", frozenset(Scope), NOON, NOON + DAY)
    await store.add_token(token, name.encode(), entry(name))
    await store.add_user(User(f"u-{name}", Role.AGENT, name, NOON, f"{name}@example.com", 7), None, entry(name))
    await store.add_session(Session(f"s-{name}", f"u-{name}", NOON, utc_now() + DAY), entry(name))
    await store.append(entry(name, ticket_id=7, content="[REDACTED_NAME]"))
    await store.hold(name, Hold(NOON, "CASE-17"), entry(name))
    await store.add_deletion(Deletion(f"d-{name}", name, Subject.TICKET, NOON, NOON + DAY, (7,), 1), entry(name))
    await store.erase_tickets(name, [8], entry(name))
    await store.count_request(name, 1, 9)
    await sealed_all(store, name)
    await queue.accept(Job(f"j-{name}", name, "event", 7, NOON))


@pytest.fixture(scope="module")
def owner_url(postgres_server):
    """A database in which acme, beta and the host have something in every table."""
    url = postgres_server.new_database()
    asyncio.run(prepare(url))
    return url


async def prepare(url):
    """Fill the tables, and let no row keep another from being removed."""
    store = store_at(url)
    await store.migrate()
    (part,) = raum_pgqueuer.raum_queues()
    queue = part.build(part.options())
    queue.use(store)
    await queue.migrate()
    async with store:
        for name in ("acme", "beta"):
            await fill(store, queue, name)
        await store.add_user(User("u-opal", Role.OPERATOR, None, NOON, "opal@example.org"), None, entry(HOST))
        await store.add_session(Session("s-opal", "u-opal", NOON, utc_now() + DAY), entry(HOST))
    references = "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
    async with connected(as_superuser(url)) as connection:
        for table, name in await connection.fetch(references):
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


async def rows_of(url, table, reach):
    async with reaching(url, reach) as connection:
        return {row["row"] for row in await connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} t")}


async def all_rows(url, table):
    return await rows_of(as_superuser(url), table, NO_ACCOUNT)


def is_of(name, row):
    """Whether the row is this account's: by its account, or by the user of a session."""
    row = json.loads(row)
    owner = next(row[column] for column in ("account_id", "user_id", "id") if column in row)
    return owner in (name, f"u-{name}")


def number(status):
    """How many rows a statement says that it changed."""
    return int(status.rpartition(" ")[2])


def test_the_tables_are_those_that_say_or_lead_to_whose_their_rows_are():
    assert {*guarded(), *OF_THE_HOST} == set(metadata.tables)


async def test_every_table_and_part_of_one_is_behind_the_wall_or_of_the_host(owner_url):
    query = (
        "SELECT relname, relispartition, relrowsecurity AND relforcerowsecurity AS is_held FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    async with connected(owner_url) as connection:
        tables = {row["relname"]: row for row in await connection.fetch(query)}
        policies = await connection.fetch("SELECT * FROM pg_policies")
    assert {name for name, row in tables.items() if not row["is_held"]} - OF_OTHERS == OF_THE_HOST
    whole = {name for name, row in tables.items() if row["is_held"] and not row["relispartition"]}
    assert sorted(policy["tablename"] for policy in policies) == guarded() == sorted(whole)
    for policy in policies:  # for every role and command; what may be written is what may be read
        told = (policy["policyname"], policy["permissive"], policy["roles"], policy["cmd"])
        assert told == (POLICY, "PERMISSIVE", ["public"], "ALL")
        assert policy["qual"] == policy["with_check"]


@pytest.mark.parametrize("table", guarded())
async def test_without_a_reach_no_row_is_read_or_changed(owner_url, table):
    assert await all_rows(owner_url, table)
    assert await rows_of(owner_url, table, NO_ACCOUNT) == set()
    async with reaching(owner_url, NO_ACCOUNT) as connection:
        column = next(iter(metadata.tables[table].columns)).name
        assert number(await connection.execute(f"UPDATE {table} SET {column} = {column}")) == 0
        assert number(await connection.execute(f"DELETE FROM {table}")) == 0


@pytest.mark.parametrize("table", guarded())
@pytest.mark.parametrize("name", ["acme", "beta"])
async def test_an_account_reaches_its_own_rows_and_no_others(owner_url, table, name):
    own = {row for row in await all_rows(owner_url, table) if is_of(name, row)}
    assert own
    assert await rows_of(owner_url, table, only(name)) == own
    column = next(iter(metadata.tables[table].columns)).name
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        async with reaching(owner_url, only(name)) as connection:
            assert number(await connection.execute(statement)) == len(own)


@pytest.mark.parametrize("table", guarded())
@pytest.mark.parametrize("reach", [NO_ACCOUNT, only("acme"), only("*")])
async def test_no_row_is_written_for_another_account(owner_url, table, reach):
    foreign = json.loads(next(row for row in await all_rows(owner_url, table) if is_of("beta", row)))
    if table != "accounts" and "id" in foreign:
        foreign["id"] = "another"
    copy = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::jsonb)"
    async with reaching(owner_url, reach) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(copy, json.dumps(foreign))


@pytest.mark.parametrize("table", guarded())
async def test_no_row_is_handed_over_to_another_account(owner_url, table):
    owners = {"account_id": "beta", "user_id": "u-beta", "id": "x"}
    column, value = next((c, v) for c, v in owners.items() if c in metadata.tables[table].columns)
    async with reaching(owner_url, only("acme")) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(f"UPDATE {table} SET {column} = $1", value)


@pytest.mark.parametrize("table", guarded())
async def test_the_host_as_a_whole_reaches_every_row_and_what_an_account_is_called_never_is_that(owner_url, table):
    everything = await all_rows(owner_url, table)
    assert await rows_of(owner_url, table, EVERY_ACCOUNT) == everything
    for name in ("*", "on", "%", "", "acme' OR 'on'='on"):
        assert await rows_of(owner_url, table, only(name)) == set()


@pytest.mark.parametrize(("table", "found"), [("users", {"u-opal"}), ("sessions", {"s-opal"}), ("accounts", set())])
async def test_what_is_the_hosts_own_is_reached_under_its_name(owner_url, table, found):
    assert {json.loads(row)["id"] for row in await rows_of(owner_url, table, only(HOST))} == found


async def test_a_reach_ends_with_its_transaction(owner_url):
    """On one connection, as the next user of a pool gets it."""
    store = store_at(owner_url, connections=1)
    query = "SELECT count(*) FROM entries"
    async with store:
        for reach in (only("acme"), EVERY_ACCOUNT):
            async with store.writing(reach) as connection:
                assert (await connection.exec_driver_sql(query)).scalar_one() > 0
            async with store.reading(NO_ACCOUNT) as connection:
                assert (await connection.exec_driver_sql(query)).scalar_one() == 0
            with pytest.raises(ZeroDivisionError):
                async with store.writing(reach):
                    raise ZeroDivisionError
            async with store.writing(NO_ACCOUNT) as connection:
                assert (await connection.exec_driver_sql(query)).scalar_one() == 0


async def test_a_change_of_one_account_with_the_entry_of_another_is_refused(owner_url):
    async with store_at(owner_url) as store:
        with pytest.raises(OperatorError) as refusal:
            await store.put_credential("acme", "gemini", b"x", entry("beta"))
        assert str(refusal.value) == "the store failed: ProgrammingError (42501)"
        assert await store.credential("acme", "gemini") is None
