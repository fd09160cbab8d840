import asyncio
import logging
import stat
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

import raum_sqlite
from raum.api import Account, Entry, Job, OperatorError, SqlQueue, SqlStore
from raum_sqlite import SqliteOptions, sqlite_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "raum.db"


@pytest.fixture
async def engine(path):
    engine = sqlite_engine(path)
    yield engine
    await engine.dispose()


@pytest.fixture
async def stores(path):
    async with (
        SqlStore(lambda: sqlite_engine(path), upgrades_itself=True) as one,
        SqlStore(lambda: sqlite_engine(path), upgrades_itself=True) as other,
    ):
        entry = Entry("added", NOON, "acme", "account_create", "system:cli", "returned")
        await one.add_account(Account("acme", "acme-help", "hook-acme"), entry)
        yield one, other


@pytest.fixture
def queues(stores):
    queues = SqlQueue(), SqlQueue()
    for queue, store in zip(queues, stores, strict=True):
        queue.use(store)
    return queues


def job(number, event="event"):
    return Job(f"job-{number}", "acme", event, number, NOON)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_part_is_a_store_that_upgrades_itself_and_keeps_data_on_the_host():
    (part,) = raum_sqlite.raum_stores()
    assert (part.name, part.options) == ("sqlite", SqliteOptions)
    assert part.data_use.regions == ()
    assert part.build(SqliteOptions()).upgrades_itself is True


def test_building_the_part_touches_no_file(path):
    (part,) = raum_sqlite.raum_stores()
    part.build(SqliteOptions(path=str(path)))
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("temp_store", 2),
        ("busy_timeout", 5000),
    ],
)
async def test_the_pragma_is_in_force_on_every_connection(engine, pragma, value):
    reader = engine.execution_options(raum_reads_only=True)
    async with reader.connect() as one, reader.connect() as other:
        for connection in (one, other):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


async def test_the_files_are_their_owners_alone(path, stores):
    assert mode(path.parent) == 0o700
    assert {file.name: oct(mode(file)) for file in path.parent.iterdir()} == {
        "raum.db": "0o600",
        "raum.db-wal": "0o600",
        "raum.db-shm": "0o600",
    }


async def test_what_was_stored_is_there_after_a_restart(path):
    async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True) as store:
        await store.append(Entry("kept", NOON, "acme", "generate", "system:worker", "returned"))
    async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True) as store:
        assert [entry.id for entry in await store.entries("acme")] == ["kept"]


async def test_a_database_in_a_folder_that_cannot_be_made_is_an_operators_error(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "data" / "raum.db"
    with pytest.raises(OperatorError) as failure:
        async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True):
            pass
    assert str(failure.value) == f"{path}: cannot open the database: Not a directory"


async def test_a_file_that_is_no_database_is_an_operators_error(tmp_path):
    path = tmp_path / "raum.db"
    path.write_text("SEVEN-LEMONS " * 100)
    with pytest.raises(OperatorError) as failure:
        async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True):
            pass
    assert str(failure.value) == "the store failed: DatabaseError (SQLITE_NOTADB)"


async def test_errors_of_the_engine_hide_the_parameters(engine):
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE fruit (name TEXT PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO fruit VALUES (:name)"), {"name": "SEVEN-LEMONS"})
    with pytest.raises(IntegrityError) as failure:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO fruit VALUES (:name)"), {"name": "SEVEN-LEMONS"})
    assert str(failure.value) == (
        "(sqlite3.IntegrityError) UNIQUE constraint failed: fruit.name\n"
        "[SQL: INSERT INTO fruit VALUES (?)]\n"
        "[SQL parameters hidden due to hide_parameters=True]\n"
        "(Background on this error at: https://sqlalche.me/e/21/gkpj)"
    )


async def test_the_driver_logs_no_parameters_even_if_everything_else_is_logged(path, caplog):
    caplog.set_level(logging.DEBUG)
    async with SqlStore(lambda: sqlite_engine(path), upgrades_itself=True) as store:
        await store.append(Entry("SEVEN-LEMONS", NOON, "acme", "generate", "system:worker", "returned"))
    assert "SEVEN-LEMONS" not in caplog.text


async def test_a_reader_does_not_wait_for_a_writer(engine):
    reader = engine.execution_options(raum_reads_only=True)
    async with engine.begin() as writing, reader.connect() as reading:
        await writing.execute(text("CREATE TABLE fruit (name TEXT)"))
        assert (await reading.execute(text("SELECT count(*) FROM sqlite_master"))).scalar() == 0


async def test_two_processes_on_one_file_accept_an_event_once(queues):
    accepted = await asyncio.gather(*(queues[number % 2].accept(job(number)) for number in range(50)))
    assert accepted.count(True) == 1


async def test_two_processes_on_one_file_never_claim_a_job_twice(queues):
    await asyncio.gather(*(queues[number % 2].accept(job(number, f"event-{number}")) for number in range(20)))
    claimed = await asyncio.gather(*(queues[number % 2].claim(60, 100) for number in range(30)))
    ids = [job.id for job in claimed if job is not None]
    assert len(ids) == len(set(ids)) == 20


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
async def test_a_step_of_the_wall_clock_delays_no_job(stores, step):
    """A claim may lapse too early, which its token makes harmless; it must not last an hour too long."""
    now = NOON
    queue = SqlQueue(lambda: now)
    queue.use(stores[0])
    for number in (1, 2):
        await queue.accept(job(number, f"event-{number}"))
    held = await queue.claim(60, 2)
    await queue.put_back(await queue.claim(60, 2), 30)
    now += step
    again = [await queue.claim(60, 2) for _ in range(2)]
    assert [(job.id, job.attempts) for job in again] == [("job-1", 2), ("job-2", 2)]
    assert list(await queue.renew([held, *again])) == ["job-1", "job-2"]
    assert await queue.claim(60, 2) is None


async def test_the_queue_refuses_a_store_in_another_database():
    with pytest.raises(OperatorError) as refusal:
        SqlQueue().use(SqlStore(lambda: create_async_engine("postgresql+asyncpg://"), upgrades_itself=False))
    assert str(refusal.value) == "it works in a store of the database sqlite; choose another store or queue"
