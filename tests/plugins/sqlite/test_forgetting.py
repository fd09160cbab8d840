"""Erased bytes are gone from SQLite's files. Control runs show that the search finds them where they are not erased."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from raum.api import EVERY_ACCOUNT, Account, Entry, SqlQueue, SqlStore
from raum.audit.journal import Journal
from raum.ids import new_id
from raum.retention.periods import LAW
from raum.retention.purge import Purger
from raum.retention.records import Kind
from raum.testing.contracts.audit import sealed_all
from raum_sqlite import scrub, sqlite_engine

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ERASED, COMPLETION, KEPT = "SEVENTEEN-YELLOW-LEMONS", "ELEVEN-GREEN-FIGS", "NINE-BLUE-PLUMS"
PLANTED = 60
ACME = Account("acme", "acme-help", "hook-acme")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "raum.db"


def found(path):
    """How often each of the words is in the database's files: the file itself, the log, the index of the log."""
    data = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    return tuple(data.count(word.encode()) for word in (ERASED, COMPLETION, KEPT))


def an_entry(days, **fields):
    entry = Entry(new_id(), NOW - days * DAY, "acme", "generate", "system:webhook", "posted_note")
    return evolve(entry, **({"ticket_id": 1} | fields))


async def filled(store):
    """Old entries and new ones, in some pages each."""
    await store.add_account(ACME, an_entry(100))
    for _ in range(PLANTED):
        await store.append(an_entry(100, content=f"{ERASED} " * 40, completion=COMPLETION))
    for _ in range(PLANTED):
        await store.append(an_entry(1, content=KEPT, ticket_id=2))
    await sealed_all(store)


def purger_of(store):
    queue = SqlQueue()
    queue.use(store)
    return Purger(store, queue, Journal(store), LAW)


async def purged(store):
    await purger_of(store).purge(NOW)


async def erased(store):
    await store.erase_tickets("acme", [1], an_entry(0))
    await purger_of(store).scrub()


async def said_nothing_more(store):
    expired = await store.expired("acme", Kind.TICKETS, NOW - 90 * DAY)
    while await store.purge(expired, limit=20):
        pass
    await purger_of(store).scrub()


@pytest.mark.parametrize("end", [purged, erased, said_nothing_more])
async def test_nothing_of_what_has_gone_is_left_in_the_files_while_the_host_runs(path, end):
    async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True, scrub=scrub) as store:
        await filled(store)
        assert min(found(path)) >= PLANTED
        await end(store)
        assert found(path)[:2] == (0, 0)
        assert found(path)[2] >= PLANTED
        assert path.with_name(f"{path.name}-wal").stat().st_size == 0
        assert (await store.entries("acme"))[0].content in (KEPT, None)


async def test_control_without_emptying_the_write_ahead_log_it_is_still_there(path):
    async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True) as store:
        await filled(store)
        await purged(store)
        assert (await store.expired("acme", Kind.AUDIT, NOW - 90 * DAY)).number == 0
        assert min(found(path)[:2]) > 0


async def test_control_without_secure_delete_it_is_still_there(path):
    async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True, scrub=scrub) as store:
        await filled(store)
        await store.scrub()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("DELETE FROM entries WHERE time < '2026-04-01'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert min(found(path)[:2]) > 0


async def test_a_reader_holds_it_up_and_nobody_waits(path):
    store = SqlStore(lambda: sqlite_engine(path), upgrades_itself=True, scrub=scrub)
    async with store:
        await filled(store)
        async with store.reading(EVERY_ACCOUNT) as connection:
            await connection.exec_driver_sql("SELECT count(*) FROM entries")
            expired = await store.expired("acme", Kind.AUDIT, NOW - 90 * DAY)
            while await store.purge(expired, limit=100):
                pass
            async with asyncio.timeout(3):
                assert await store.scrub() is False
                await store.append(an_entry(0))
        assert await store.scrub() is True
        assert found(path)[:2] == (0, 0)
