"""What ended long ago is forgotten, by one host, once an hour."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from raum.audit.actions import action_entry
from raum.job_purge import JobPurge
from raum.model import Account, Actor, Job
from raum.testing import FakeQueue, FakeStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def queue(store):
    queue = FakeQueue()
    queue.use(store)
    for number in (1, 2):
        job = Job(f"job-{number}", "acme", f"event-{number}", 7, NOON - number * DAY)
        await queue.accept(job)
        await queue.drop(job.id, action_entry("job_drop", "acme", Actor("user", "tester")))
    return queue


@pytest.fixture
def store():
    return FakeStore(Account("acme", "acme-help", "hook"))


async def left(queue):
    return [status.job.id for status in await queue.jobs()]


async def test_jobs_are_forgotten_after_so_many_days(store, queue, clock):
    purge = JobPurge(store, queue, 90 * DAY, clock)
    clock.now = NOON + 87 * DAY
    await purge.run_if_due()
    assert await left(queue) == ["job-1", "job-2"]
    clock.now = NOON + 88 * DAY + HOUR
    await purge.run_if_due()
    assert await left(queue) == ["job-1"]


async def test_of_many_hosts_one_does_it_once_an_hour(store, queue, clock):
    purges = [JobPurge(store, queue, DAY + HOUR / 2, clock) for _ in range(3)]
    clock.now = NOON + HOUR / 4
    await purges[0].run_if_due()
    assert await left(queue) == ["job-1"]
    clock.now = NOON + HOUR
    for purge in purges:
        await purge.run_if_due()
    assert await left(queue) == ["job-1"]
    clock.now = NOON + 1.5 * HOUR
    await purges[2].run_if_due()
    assert await left(queue) == []


async def test_erasures_are_forgotten_with_the_jobs(store, queue, clock):
    await store.erase_tickets("acme", [7])
    said = evolve(action_entry("generate", "acme", Actor("system", "x")), ticket_id=7, content="said")
    clock.now = datetime.now(UTC) + 89 * DAY
    await JobPurge(store, queue, 90 * DAY, clock).run_if_due()
    assert (await store.append(said)).content is None
    clock.now += 2 * DAY
    await JobPurge(store, queue, 90 * DAY, clock).run_if_due()
    assert (await store.append(evolve(said, id="another"))).content == "said"
