"""The audit log by days: what is kept where, and that a purge drops whole days without a change of what it says."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

import raum_postgres
import raum_sqlite
from raum.api import EVERY_ACCOUNT, Account, OperatorError, Secret, SqlQueue
from raum.audit.actions import action_entry
from raum.audit.export import sealed_lines
from raum.audit.journal import Journal
from raum.model import Actor
from raum.retention.periods import LAW
from raum.retention.purge import Purger
from raum.retention.records import Hold, Kind
from raum.sealing.verify import verify
from raum.storage import partitions
from raum.storage.audit import SigningKey
from raum.testing.contracts.audit import SIGNER, sealed_all

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
TODAY = NOW.date()
FAR = NOW + 10_000 * DAY
LONG_AGO = 400
SAID = {"content": "redacted", "completion": "answer", "placeholders": ("[REDACTED_NAME]",), "ticket_id": 1}


def entry_of(days, account_id="acme", **fields):
    """An entry from so many days ago."""
    entry = action_entry("generate", account_id, Actor("system", "webhook"))
    return evolve(entry, time=NOW - days * DAY, **(SAID | fields))


@pytest.fixture
def url(postgres_server):
    return postgres_server.migrated_database()


@asynccontextmanager
async def opened(store):
    await store.migrate()
    async with store:
        for name in ("acme", "beta"):
            await store.add_account(Account(name, f"{name}-help", f"hook-{name}"), entry_of(LONG_AGO, name))
        await store.add_signing_key(SigningKey(SIGNER.kid, SIGNER.public_key, b"", NOW), entry_of(LONG_AGO, "_host"))
        for name in ("acme", "beta", "_host"):
            await sealed_all(store, name, FAR)
        yield store


@pytest.fixture
def part(url):
    (part,) = raum_postgres.raum_stores()
    return part.build(part.options(url=Secret(url)))


@pytest.fixture
async def store(part):
    """With partitions for the past as well, as a store has that is in use for long."""
    async with opened(part) as store:
        for days in range(110, 80, -1):
            assert await store.briefly(partitions.make, TODAY - days * DAY)
        yield store


@pytest.fixture
def purger(store):
    return purger_of(store)


def purger_of(store):
    queue = SqlQueue()
    queue.store = store  # where there are no jobs, any queue will do
    return Purger(store, queue, Journal(store), LAW)


async def days_of(store):
    """How many days ago the days are that there is a partition for."""
    async with store.reading(EVERY_ACCOUNT) as connection:
        found = await connection.run_sync(partitions.partitions)
    return sorted(((TODAY - since).days for since, _ in found.values() if since), reverse=True)


async def rows(store, query):
    async with store.reading(EVERY_ACCOUNT) as connection:
        return (await connection.exec_driver_sql(query)).mappings().all()


async def in_table(store, name):
    """How many entries are in a partition."""
    (row,) = await rows(store, f"SELECT count(*) AS number FROM entries WHERE tableoid = '{name}'::regclass")
    return row["number"]


async def say(store, days, account_id="acme", **fields):
    await store.append(entry_of(days, account_id, **fields))
    await sealed_all(store, account_id, FAR)


async def test_a_new_store_has_partitions_for_the_days_to_come(part):
    async with opened(part) as store:
        assert await days_of(store) == list(range(0, -15, -1))
        await store.append(entry_of(0))
        assert await in_table(store, partitions.day_name(TODAY)) == 1


async def test_an_entry_of_a_day_without_a_partition_is_kept_all_the_same(store):
    for days in (1000, -1000):
        await store.append(entry_of(days, id=f"far-{days}"))
    assert await in_table(store, partitions.DEFAULT) == 3 + 2
    assert {entry.id for entry in await store.entries("acme")} >= {"far-1000", "far--1000"}


async def test_room_is_made_for_days_without_a_partition_but_not_where_entries_are_already(store):
    await store.append(entry_of(-16))
    await store.make_room(NOW + 3 * DAY)
    assert await days_of(store) == [*range(110, 80, -1), *range(0, -16, -1), -17]
    await store.make_room(NOW + 3 * DAY)
    assert await in_table(store, partitions.DEFAULT) == 3 + 1


async def test_two_hosts_that_make_room_at_once_are_not_in_each_others_way(store, part):
    for days in (10, 20, 30):
        async with asyncio.TaskGroup() as hosts:
            for _ in range(6):
                hosts.create_task(store.make_room(NOW + days * DAY))
    assert await days_of(store) == [*range(110, 80, -1), *range(0, -45, -1)]


async def test_days_of_which_everything_has_expired_are_dropped(store, purger, monkeypatch):
    for account_id in ("acme", "beta"):
        for days in (100, 95, 91, 85):
            await say(store, days, account_id)
    by_rows = []
    purge = store.purge

    async def counted(expired, *, limit):
        by_rows.append(await purge(expired, limit=limit))
        return by_rows[-1]

    monkeypatch.setattr(store, "purge", counted)
    gone = await purger.purge(NOW)
    assert [(each.account_id, each.kind, each.number) for each in gone] == [
        ("acme", Kind.AUDIT, 4), ("beta", Kind.AUDIT, 4), ("_host", Kind.AUDIT, 1),
    ]  # fmt: skip
    assert sum(by_rows) == 3  # those for which there was no partition
    assert [days for days in await days_of(store) if days > 80] == list(range(90, 80, -1))
    left = [entry for entry in await store.entries("acme") if entry.operation == "generate"]
    assert [(NOW - entry.time).days for entry in left] == [85]


async def hold_one_back(store, what):
    match what:
        case "not sealed":
            await store.append(entry_of(100, "beta"))
        case "legal hold":
            await say(store, 100, "beta")
            await store.hold("beta", Hold(NOW), entry_of(0, "beta"))
        case "sealed behind what is younger":
            await say(store, 1, "beta")
            await say(store, 100, "beta")


@pytest.mark.parametrize("what", ["not sealed", "legal hold", "sealed behind what is younger"])
async def test_a_day_of_which_something_is_kept_stays_and_the_rest_goes_row_by_row(store, purger, what):
    await say(store, 100)
    await say(store, 95)
    await hold_one_back(store, what)
    await purger.purge(NOW)
    assert 100 in await days_of(store)
    assert 95 not in await days_of(store)
    for account_id, kept in (("acme", 0), ("beta", 1)):
        entries = await store.entries(account_id)
        assert sum((NOW - entry.time).days == 100 for entry in entries) == kept, account_id


async def test_a_hold_or_an_entry_that_comes_at_the_last_moment_is_not_missed(store):
    await say(store, 100)
    await say(store, 95)
    expired = [await store.expired("acme", Kind.AUDIT, NOW - 90 * DAY)]
    old, newer = (partitions.day_name((NOW - days * DAY).date()) for days in (100, 95))
    async with store.reading(EVERY_ACCOUNT) as connection:
        free = await connection.run_sync(partitions.may_go, expired, NOW - 90 * DAY, limit=99)
    assert {old, newer} <= set(free)
    await store.append(entry_of(100, "beta"))
    async with store.writing(EVERY_ACCOUNT) as connection:
        assert await connection.run_sync(partitions.drop, [old], expired) == 0
    await store.hold("acme", Hold(NOW), entry_of(0))
    async with store.writing(EVERY_ACCOUNT) as connection:
        assert await connection.run_sync(partitions.drop, [newer], expired) == 0
    assert {100, 95} <= set(await days_of(store))


async def test_while_somebody_reads_for_long_nothing_is_dropped_and_the_rows_go(store, purger, part, monkeypatch):
    monkeypatch.setattr("raum.storage.retention._PAUSE_SECONDS", 0.0)
    await say(store, 100)
    async with store.reading(EVERY_ACCOUNT) as reader:
        await reader.exec_driver_sql("SELECT count(*) FROM entries")
        await purger.purge(NOW)
    assert 100 in await days_of(store)
    assert [entry for entry in await store.entries("acme") if NOW - entry.time > DAY] == []
    await purger.purge(NOW)
    assert 100 not in await days_of(store)


async def test_what_a_sink_has_not_got_goes_with_the_day(store, purger):
    store.copy_to(["archive"])
    for _ in range(3):
        await say(store, 100)
    assert len(await store.undelivered("archive", FAR)) == 3
    await purger.purge(NOW)
    (row,) = await rows(store, "SELECT count(*) AS number FROM undelivered")
    left = [entry.operation for entry in await store.undelivered("archive", FAR)]
    assert (left, row["number"]) == (["purge"] * 3, 3)


async def test_a_store_that_is_not_the_roles_own_is_purged_row_by_row(store, purger, monkeypatch):
    await say(store, 100)

    async def refused(*_):
        raise OperatorError("the store failed: ProgrammingError (42501)")

    monkeypatch.setattr(store, "purge_together", refused)
    await purger.purge(NOW)
    assert [entry for entry in await store.entries("acme") if NOW - entry.time > DAY] == []


async def test_receipts_and_the_export_are_those_of_a_store_without_partitions(store, tmp_path):
    (part,) = raum_sqlite.raum_stores()
    async with opened(part.build(part.options(path=str(tmp_path / "raum.db")))) as plain:
        entries = [entry_of(days, name) for name in ("acme", "beta") for days in (100, 95, 91, 85)]
        for each in (store, plain):
            for entry in entries:
                await each.append(entry)
                await sealed_all(each, entry.account_id, FAR)
            await purger_of(each).purge(NOW)
            await sealed_all(each, "acme", FAR)
        told = [
            [
                (entry.operation, entry.outcome, entry.actor, entry.target, entry.changes, entry.erased)
                for entry in await each.entries("acme")
            ]
            for each in (store, plain)
        ]
        assert told[0] == told[1]
        for each in (store, plain):
            lines = [line.encode() async for line in sealed_lines(each, "acme")]
            verdict = verify(lines, {SIGNER.kid: SIGNER.public_key})
            assert (verdict.faults, verdict.purged, verdict.not_sealed) == ([], 4, 0)


async def test_no_partition_can_be_entered_but_through_the_table(store):
    query = (
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
        " WHERE inhparent = 'entries'::regclass AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    assert await rows(store, query) == []
