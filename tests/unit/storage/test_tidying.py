"""What ends of itself is not left in the database for ever."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from raum.identity.actors import Role
from raum.identity.users import Session, SessionKey, User
from raum.storage.identities import Slowing
from raum.storage.reach import EVERY_ACCOUNT
from raum.storage.store import SqlStore
from raum.storage.tables import metadata
from raum.testing.contracts.entries import ACME, NOON, make_entry
from raum_sqlite import sqlite_engine

HOUR = timedelta(hours=1)
ENDS = {"expires_at", "minute", "retires_at", "until"}
"""How columns are called that say when a row ends, or the moment that it is about."""
STAYS = {"tokens"}
"""A service token that has ended is shown as such until it is revoked."""

TABLES = sorted(table.name for table in metadata.tables.values() if ENDS & set(table.columns.keys()))


@pytest.fixture
async def store(tmp_path):
    """Something in each of the tables, which has ended an hour after noon."""
    async with SqlStore(lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True) as store:
        await store.add_account(ACME, make_entry())
        await store.count_request("acme", int(NOON.timestamp()) // 60, 9)
        await store.add_user(User("ada", Role.AGENT, "acme", NOON, "ada@example.com"), None, make_entry())
        await store.add_session(Session("S1", "ada", NOON, NOON + HOUR), make_entry())
        await store.add_session_key(SessionKey("K1", b"x", NOON), None, make_entry())
        await store.add_session_key(SessionKey("K2", b"y", NOON), NOON + HOUR, make_entry())
        await store.lock("lease", "killed", NOON, NOON + HOUR)
        await store.mark(b"\x01" * 32, NOON + HOUR, NOON)
        await store.attempt([Slowing(b"\x02" * 32, 9, 60.0)], NOON)
        yield store


async def rows(store, table):
    async with store.reading(EVERY_ACCOUNT) as connection:
        return (await connection.execute(select(func.count()).select_from(metadata.tables[table]))).scalar_one()


@pytest.mark.parametrize("table", sorted({*TABLES} - STAYS))
async def test_what_has_ended_goes_when_the_host_tidies_up(store, table):
    filled = await rows(store, table)
    assert filled
    await store.tidy(NOON + timedelta(days=2))
    assert await rows(store, table) == (1 if table == "session_keys" else 0)  # one signs now, and does not end
