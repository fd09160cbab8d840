"""The worker runs every accepted job to its end: to a reply, or to an entry that says why there is none."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import structlog
from attrs import define, evolve, field

from raum.administration import Administration
from raum.api import HelpdeskFailed, OperatorError, Ticket, TicketText
from raum.attachments import Attachments
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.credentials import HELPDESK_TOKEN, Credentials
from raum.errands import Errands
from raum.extraction.reader import Bounds, Reader
from raum.jobs import Worker
from raum.model import Actor, Delivery, EventKind, Job
from raum.pipeline import Pipeline
from raum.redaction.detection import Redactor
from raum.secret import Secret
from raum.testing import FakeDetector, FakeHelpdesk, FakeKeyManager, FakeProvider, FakeStore

LONG_AGO = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICKET = Ticket(7, (TicketText("subject", "Subject", "Where is my hat?"),))
AWAY = HelpdeskFailed("the helpdesk is away", code="helpdesk_unavailable", retryable=True)


class Unsteady(FakeHelpdesk):
    """A helpdesk that fails for a while."""

    failures = ()

    async def fetch(self, *request):
        if self.failures:
            failure, *self.failures = self.failures
            raise failure
        return await super().fetch(*request)


class UnsteadyStore(FakeStore):
    """A store that fails when it is asked for jobs."""

    failures = ()

    async def claim(self, now):
        if self.failures:
            failure, *self.failures = self.failures
            raise failure
        return await super().claim(now)


@define
class World:
    """A worker among fakes. `pauses` are the bounds, in seconds, between which the pauses were drawn."""

    store: UnsteadyStore
    helpdesk: Unsteady
    pipeline: Pipeline
    errands: Errands
    pauses: list = field(factory=list)

    @asynccontextmanager
    async def working(self, attempts=3):
        worker = Worker(self.store, self.pipeline, self.errands, attempts=attempts, at_once=2)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def accept(self, number=1, attempts=0):
        assert await self.store.accept(
            Job(f"job-{number}", "acme", f"event-{number}", 7, LONG_AGO, "192.0.2.7", "REQUEST", attempts)
        )

    async def ends(self, worker, state):
        """The entry, once a job is in this state."""
        async with asyncio.timeout(5):
            while not (await self.store.count_jobs("acme"))[state]:
                worker.wake()
                await asyncio.sleep(0.005)
        entry, *_ = await self.store.entries("acme")
        return entry


@pytest.fixture
async def world(monkeypatch):
    store, helpdesk = UnsteadyStore(), Unsteady(TICKET)
    credentials = Credentials(store, FakeKeyManager())
    admin = Administration(store, credentials, Journal(store), Actor("user", "tester"))
    await admin.create_account("acme", "acme-help", Delivery.PUBLIC)
    await admin.set_credential("acme", HELPDESK_TOKEN, Secret("token"))
    pipeline = Pipeline(
        helpdesk=helpdesk,
        attachments=Attachments(helpdesk, Reader([], Bounds()), 20, 1000),
        redactor=Redactor({"words": FakeDetector({}).find}, seconds=5, characters=1000),
        provider=FakeProvider(),
        provider_name="fake",
        provider_seconds=5,
        credentials=credentials,
        journal=Journal(store),
    )
    errands = Errands(store, helpdesk, credentials, Journal(store))
    world = World(store, helpdesk, pipeline, errands)

    def shortest(*bounds):
        world.pauses.append(bounds)
        return 0.0

    monkeypatch.setattr("random.uniform", shortest)
    return world


async def test_an_accepted_job_is_run(world):
    async with world.working() as worker:
        await world.accept()
        entry = await world.ends(worker, "done")
    assert (entry.outcome, entry.actor, entry.job_id, entry.ticket_id) == (
        "posted_public",
        "system:webhook",
        "job-1",
        7,
    )
    assert (entry.source_ip, entry.request_id) == ("192.0.2.7", "REQUEST")
    assert [marker for _, _, marker in world.helpdesk.replies] == ["job-1"]


async def test_a_job_that_a_killed_host_left_behind_is_run_once_it_is_put_back(world):
    await world.accept()
    await world.store.claim(LONG_AGO)
    await world.store.put_back_running()
    async with world.working() as worker:
        await world.ends(worker, "done")
    assert len(world.helpdesk.replies) == 1


async def test_a_failure_that_passes_is_tried_again_after_a_pause_that_grows(world):
    world.helpdesk.failures = [AWAY] * 3
    await world.accept()
    async with world.working(attempts=5) as worker:
        entry = await world.ends(worker, "done")
    assert entry.outcome == "posted_public"
    assert world.pauses == [(0, 2.0), (0, 4.0), (0, 8.0)]
    assert [entry.job_id for entry in await world.store.entries("acme")].count("job-1") == 1


async def test_the_pause_is_at_most_a_minute(world):
    world.helpdesk.failures = [AWAY]
    await world.accept(attempts=30)
    async with world.working(attempts=99) as worker:
        await world.ends(worker, "done")
    assert world.pauses == [(0, 60.0)]


async def test_a_job_without_attempts_left_ends_in_an_entry(world):
    world.helpdesk.failures = [AWAY] * 9
    await world.accept()
    async with world.working(attempts=3) as worker:
        entry = await world.ends(worker, "failed")
    assert (entry.outcome, entry.reason) == ("failed", "helpdesk_unavailable")
    assert len(world.helpdesk.failures) == 6
    assert [entry.job_id for entry in await world.store.entries("acme")].count("job-1") == 1


async def test_a_failure_that_stays_is_not_tried_again(world):
    world.helpdesk.failures = [HelpdeskFailed("the token is refused", code="helpdesk_unauthorized")] * 2
    await world.accept()
    async with world.working() as worker:
        entry = await world.ends(worker, "failed")
    assert entry.reason == "helpdesk_unauthorized"
    assert (world.pauses, len(world.helpdesk.failures)) == ([], 1)


async def test_the_worker_outlives_a_store_that_fails_and_a_bug(world):
    world.store.failures = [OperatorError("the store failed: OperationalError"), KeyError("Ada Quill")] * 2
    await world.accept()
    with structlog.testing.capture_logs() as events:
        async with world.working() as worker:
            await world.ends(worker, "done")
    assert {
        "event": "the store does not answer",
        "problem": "the store failed: OperationalError",
        "log_level": "error",
    } in events
    (bug, *_) = [event for event in events if event["event"] == "bug in the worker"]
    assert bug["error"] == "KeyError"
    assert "Ada Quill" not in repr(events)


async def test_a_job_whose_entry_could_not_be_written_is_not_over_and_not_posted_twice(world):
    await world.accept()
    world.store.fails = OperatorError("the store failed: OperationalError (SQLITE_FULL)")
    async with world.working() as worker:
        entry = await world.ends(worker, "done")
    assert entry.outcome == "posted_before"
    assert world.pauses == [(0, 2.0)]
    assert len(world.helpdesk.replies) == 1


async def test_jobs_run_beside_each_other(world):
    both, waiting = asyncio.Event(), []

    class Meeting(FakeHelpdesk):
        async def fetch(self, *request):
            waiting.append(request)
            if len(waiting) == 2:
                both.set()
            await both.wait()
            return await super().fetch(*request)

    object.__setattr__(world.pipeline, "helpdesk", Meeting(TICKET))
    await world.accept(1)
    await world.accept(2)
    async with world.working() as worker:
        await world.ends(worker, "done")
    assert len(waiting) == 2


async def test_a_job_about_something_gone_erases_it_and_asks_no_ai(world):
    job = Job("job-1", "acme", "event-1", 7, LONG_AGO, kind=EventKind.TICKET_DELETED)
    await world.store.append(
        evolve(action_entry("generate", "acme", Actor("system", "x")), ticket_id=7, content="said")
    )
    await world.store.accept(job)
    async with world.working() as worker:
        entry = await world.ends(worker, "done")
    assert (entry.operation, entry.outcome, entry.ticket_id) == ("ticket_erase", "done", 7)
    assert [each.content for each in await world.store.entries("acme")] == [None] * 4
    assert world.pipeline.provider.prompts == []
