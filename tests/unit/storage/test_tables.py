from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import create_async_engine

from raum.model import Account, Entry, Job
from raum.storage.store import SqlStore
from raum.storage.tables import UtcTime, accounts, entries, jobs

DIALECTS = [sqlite.dialect(), postgresql.dialect()]


@pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
def test_a_time_without_a_zone_is_refused(dialect):
    with pytest.raises(ValueError) as refusal:
        UtcTime().process_bind_param(datetime(2026, 3, 1), dialect)
    assert str(refusal.value) == "a time without a time zone cannot be stored"


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_time_keeps_its_moment_and_comes_back_in_utc(naive, minutes):
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    for dialect in DIALECTS:
        stored = UtcTime().process_bind_param(time, dialect)
        for read in (stored, stored.replace(tzinfo=None)):
            back = UtcTime().process_result_value(read, dialect)
            assert back == time
            assert back.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "table", "extra"),
    [
        (Account, accounts, set()),
        (Job, jobs, {"state", "due_at", "heartbeat_at", "reason", "engine_id"}),
        (Entry, entries, {"seq", "said_hash", "body_hash", "position"}),
    ],
)
def test_a_table_has_a_column_for_each_field_of_its_value_type(kind, table, extra):
    assert set(table.columns.keys()) == {field.name for field in attrs.fields(kind)} | extra


def test_a_database_that_the_queries_were_not_written_for_is_refused():
    class Foreign:
        dialect = type("Dialect", (), {"name": "mysql"})

    with pytest.raises(ValueError) as refusal:
        SqlStore(lambda: Foreign(), upgrades_itself=False)
    assert str(refusal.value) == "the database must be one of sqlite, postgresql, not mysql"


async def test_a_store_in_memory_works_for_one_task_at_a_time(make_entry):
    async with SqlStore(lambda: create_async_engine("sqlite+aiosqlite://"), upgrades_itself=True) as store:
        await store.append(make_entry())
        assert len(await store.entries("acme")) == 1
