"""An erasure and an entry of the same ticket that meet in the middle of their transactions: nothing said is left."""

import asyncio

import pytest

import raum_pgqueuer
import raum_postgres
from raum.api import Account, Secret, only
from raum.testing.contracts.entries import make_entry


@pytest.fixture
def url(postgres_server):
    return postgres_server.migrated_database()


@pytest.fixture
async def shared(url):
    """A store in a database that has several writers at a time."""
    (part,) = raum_postgres.raum_stores()
    store = part.build(part.options(url=Secret(url)))
    await store.migrate()
    async with store:
        await store.add_account(Account("acme", "acme-help", "hook"), make_entry())
        yield store


async def waits(task):
    """Whether the task is still at it after it had time to be done."""
    done, _ = await asyncio.wait({task}, timeout=0.3)
    return not done


async def content_of(store, entry_id):
    return next(entry.content for entry in await store.entries("acme") if entry.id == entry_id)


async def test_an_erasure_waits_for_an_entry_that_is_being_written(shared):
    async with shared.writing(only("acme")) as connection:
        await shared.add_entry(connection, make_entry(id="late", ticket_id=7, content="said"))
        erasing = asyncio.create_task(shared.erase_tickets("acme", [7], make_entry(id="erasure")))
        assert await waits(erasing)
    assert (await erasing).erased == ("late",)
    assert await content_of(shared, "late") is None


async def test_an_entry_waits_for_an_erasure_that_is_under_way(shared):
    async with shared.writing(only("acme")) as connection:
        await shared.erase(connection, "acme", [7], make_entry())
        writing = asyncio.create_task(shared.append(make_entry(id="late", ticket_id=7, content="said")))
        assert await waits(writing)
    assert (await writing).content is None
    assert await content_of(shared, "late") is None


async def test_entries_of_one_account_do_not_wait_for_each_other(shared):
    async with shared.writing(only("acme")) as connection:
        await shared.add_entry(connection, make_entry(id="one", ticket_id=7, content="said"))
        await shared.append(make_entry(id="two", ticket_id=7, content="said"))


async def test_a_job_can_be_accepted_while_its_account_has_an_erasure_under_way(shared, make_job):
    (part,) = raum_pgqueuer.raum_queues()
    queue = part.build(part.options())
    queue.use(shared)
    await queue.migrate()
    async with shared.writing(only("acme")) as connection:
        await shared.erase(connection, "acme", [7], make_entry())
        assert await queue.accept(make_job()) is True
