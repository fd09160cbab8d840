"""What the engine keeps of a job: its id."""

from datetime import timedelta

import pytest

import raum_pgqueuer
import raum_postgres
from raum.api import NO_ACCOUNT, Account, JobState, OperatorError, Secret
from raum.ids import utc_now
from raum.testing.contracts.entries import make_entry
from raum.testing.contracts.queue import claimed, make_job


@pytest.fixture
def url(postgres_server):
    return postgres_server.new_database()


@pytest.fixture
async def store(url):
    (part,) = raum_postgres.raum_stores()
    store = part.build(part.options(url=Secret(url)))
    await store.migrate()
    async with store:
        await store.add_account(Account("acme", "acme-help", "hook"), make_entry())
        yield store


@pytest.fixture
def new_queue(store):
    def new():
        (part,) = raum_pgqueuer.raum_queues()
        queue = part.build(part.options())
        queue.use(store)
        return queue

    return new


@pytest.fixture
async def queue(new_queue):
    queue = new_queue()
    await queue.migrate()
    async with queue:
        yield queue


async def rows(store, table):
    async with store.reading(NO_ACCOUNT) as connection:
        return (await connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY id")).mappings().all()


async def test_a_queue_whose_tables_are_missing_is_refused(new_queue):
    with pytest.raises(OperatorError) as refusal:
        async with new_queue():
            pass
    assert str(refusal.value) == "the queue's tables are older than this raum; run `raum migrate`"


async def test_the_engine_is_given_the_id_of_a_job_and_its_account(queue, store):
    job = make_job()
    await queue.accept(job)
    (row,) = await rows(store, "pgqueuer")
    assert (bytes(row["payload"]), row["entrypoint"], row["headers"]) == (job.id.encode(), "acme", None)


async def test_a_job_that_is_refused_is_not_given_to_the_engine(queue, store):
    await queue.accept(make_job(event_id="event"))
    await queue.accept(make_job(event_id="event"))
    with pytest.raises(OperatorError):
        await queue.accept(make_job(account_id="nobody"))
    assert len(await rows(store, "pgqueuer")) == 1


async def test_the_log_of_the_engine_has_states_and_no_traceback(queue, store):
    for end in ("put back", "dead", "dropped"):
        await queue.accept(make_job(id=end.replace(" ", "-")))
        job = await claimed(queue)
        if end == "put back":
            await queue.put_back(job, 0)
            await queue.finish(await claimed(queue), make_entry(), dead=False)
            continue
        await queue.finish(job, make_entry(reason="timeout"), dead=True)
        if end == "dropped":
            await queue.drop(job.id, make_entry())
    logged = await rows(store, "pgqueuer_log")
    assert {row["status"] for row in logged} == {"queued", "picked", "successful", "failed", "deleted"}
    assert {row["traceback"] for row in logged} == {None}
    (held,) = await rows(store, "pgqueuer")
    assert (bytes(held["payload"]), held["status"]) == (b"dead", "failed")


async def test_what_the_engine_holds_and_has_logged_of_old_jobs_is_forgotten(queue, store):
    for job_id in ("dead", "done", "waiting"):
        await queue.accept(make_job(id=job_id))
    for dead in (True, False):
        await queue.finish(await claimed(queue), make_entry(), dead=dead)
    assert await queue.purge("acme", utc_now() + timedelta(seconds=1), limit=9) == 2
    (held,) = await rows(store, "pgqueuer")
    assert bytes(held["payload"]) == b"waiting"
    assert await rows(store, "pgqueuer_log") == []
    assert await rows(store, "pgqueuer_statistics") == []


async def test_a_log_of_the_engine_that_is_not_old_stays(queue, store):
    await queue.accept(make_job(id="done"))
    await queue.finish(await claimed(queue), make_entry(), dead=False)
    assert await queue.purge("acme", utc_now() - timedelta(minutes=5), limit=9) == 0
    assert len(await rows(store, "pgqueuer_log")) == 3


async def test_two_processes_never_claim_a_job_twice(new_queue, queue):
    other = new_queue()
    for _ in range(10):
        await queue.accept(make_job())
    jobs = [await claimed(each) for _ in range(5) for each in (queue, other)]
    assert len({job.id for job in jobs}) == 10
    assert len(await queue.jobs(state=JobState.RUNNING)) == 10
