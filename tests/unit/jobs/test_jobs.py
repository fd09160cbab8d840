"""The worker runs every accepted job to its end: to a reply, or to an entry that says why there is none."""

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from attrs import define, evolve, field

from raum.administration import Administration
from raum.api import HelpdeskFailed, OperatorError, Reply, Ticket, TicketText
from raum.asking.asker import Asker, Policy
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.config import Jobs
from raum.extraction.attachments import Attachments
from raum.extraction.reader import Bounds, Reader
from raum.jobs.errands import Errands
from raum.jobs.worker import Worker
from raum.model import AccountState, Actor, Delivery, EventKind, Job
from raum.pipeline import Pipeline
from raum.redaction.detection import Redactor
from raum.secrets.credentials import HELPDESK_TOKEN, Credentials
from raum.secrets.secret import Secret
from raum.testing import FakeDetector, FakeHelpdesk, FakeKeyManager, FakeProvider, FakeQueue, FakeStore

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


class UnsteadyQueue(FakeQueue):
    """A queue that fails when it is asked for jobs."""

    failures = ()

    async def claim(self, *how):
        if self.failures:
            failure, *self.failures = self.failures
            raise failure
        return await super().claim(*how)


@define
class World:
    """A worker among fakes. `pauses` are the bounds, in seconds, between which the pauses were drawn."""

    store: FakeStore
    queue: UnsteadyQueue
    helpdesk: Unsteady
    pipeline: Pipeline
    errands: Errands
    pauses: list = field(factory=list)

    @asynccontextmanager
    async def working(self, attempts=3, chores=None, **options):
        jobs = Jobs(**{"at_once": 2} | options)
        worker = Worker(self.store, self.queue, self.pipeline, self.errands, jobs, attempts=attempts, chores=chores)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            await task

    async def accept(self, number=1, attempts=0):
        assert await self.queue.accept(
            Job(f"job-{number}", "acme", f"event-{number}", 7, LONG_AGO, "192.0.2.7", "REQUEST", attempts)
        )

    async def ends(self, worker, state):
        """The entry, once a job is in this state."""
        async with asyncio.timeout(5):
            while not (await self.queue.count())[state]:
                worker.wake()
                await asyncio.sleep(0.005)
        entry, *_ = await self.store.entries("acme")
        return entry


async def until(condition):
    """Returns when the condition holds."""
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)


@pytest.fixture
async def world(monkeypatch):
    store, queue, helpdesk = FakeStore(), UnsteadyQueue(), Unsteady(TICKET)
    queue.use(store)
    credentials = Credentials(store, FakeKeyManager())
    admin = Administration(store, credentials, Journal(store), Actor("user", "tester"))
    await admin.create_account("acme", "acme-help", Delivery.PUBLIC)
    await admin.set_credential("acme", HELPDESK_TOKEN, Secret("token"))
    pipeline = Pipeline(
        helpdesk=helpdesk,
        attachments=Attachments(helpdesk, Reader([], Bounds()), 20, 1000),
        redactor=Redactor({"words": FakeDetector({}).find}, seconds=5, characters=1000),
        asker=Asker({"fake": FakeProvider()}, store, credentials, Policy(seconds=5, attempts=1)),
        credentials=credentials,
        queue=queue,
        journal=Journal(store),
    )
    errands = Errands(helpdesk, credentials, queue, Journal(store))
    world = World(store, queue, helpdesk, pipeline, errands)

    def shortest(*bounds):
        world.pauses.append(bounds)
        return 0.0

    monkeypatch.setattr("random.uniform", shortest)
    return world


@pytest.mark.parametrize("change", [{"state": AccountState.SUSPENDED}, {"ends_at": datetime(2026, 3, 1, tzinfo=UTC)}])
async def test_a_job_of_an_account_that_is_shut_is_not_run_and_says_why(world, change):
    await world.accept()
    await world.store.change_account("acme", change, action_entry("x", "acme", Actor("operator", "tester")))
    async with world.working() as worker:
        entry = await world.ends(worker, "dead")
    assert (entry.outcome, entry.reason) == ("failed", "account_not_active")
    assert world.helpdesk.replies == []


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
    assert (entry.client_ip, entry.request_id) == ("192.0.2.7", "REQUEST")
    assert [marker for _, _, marker in world.helpdesk.replies] == ["job-1"]


async def test_a_job_that_a_killed_host_left_behind_is_run_once_its_claim_has_lapsed(world):
    await world.accept()
    await world.queue.claim(30, 2)
    world.queue.passed += timedelta(seconds=31)
    async with world.working() as worker:
        await world.ends(worker, "done")
    assert len(world.helpdesk.replies) == 1


async def test_the_chores_of_the_host_are_done_beside_the_jobs(world):
    done = asyncio.Event()

    async def chores():
        done.set()

    async with world.working(chores=chores), asyncio.timeout(5):
        await done.wait()


async def test_chores_that_fail_do_not_stop_the_worker(world):
    async def chores():
        raise OperatorError("the store failed")

    async with world.working(chores=chores) as worker:
        await world.accept()
        assert (await world.ends(worker, "done")).outcome == "posted_public"


async def test_a_failure_that_passes_is_tried_again_after_a_pause_that_grows(world):
    world.helpdesk.failures = [AWAY] * 3
    await world.accept()
    async with world.working(attempts=5) as worker:
        entry = await world.ends(worker, "done")
    assert entry.outcome == "posted_public"
    assert world.pauses == [(0, 2.0), (0, 4.0), (0, 8.0)]
    assert [entry.job_id for entry in await world.store.entries("acme")].count("job-1") == 1


async def test_the_pause_is_at_most_five_minutes(world):
    world.helpdesk.failures = [AWAY]
    await world.accept(attempts=30)
    async with world.working(attempts=99) as worker:
        await world.ends(worker, "done")
    assert world.pauses == [(0, 300.0)]


async def test_a_job_without_attempts_left_ends_in_an_entry(world):
    world.helpdesk.failures = [AWAY] * 9
    await world.accept()
    async with world.working(attempts=3) as worker:
        entry = await world.ends(worker, "dead")
    assert (entry.outcome, entry.reason) == ("failed", "helpdesk_unavailable")
    assert len(world.helpdesk.failures) == 6
    assert [entry.job_id for entry in await world.store.entries("acme")].count("job-1") == 1


async def test_a_failure_that_stays_is_not_tried_again(world):
    world.helpdesk.failures = [HelpdeskFailed("the token is refused", code="helpdesk_unauthorized")] * 2
    await world.accept()
    async with world.working() as worker:
        entry = await world.ends(worker, "dead")
    assert entry.reason == "helpdesk_unauthorized"
    assert (world.pauses, len(world.helpdesk.failures)) == ([], 1)


async def test_the_pause_is_as_long_as_the_other_side_asks_for(world, monkeypatch):
    pauses = []
    put_back = world.queue.put_back
    monkeypatch.setattr(world.queue, "put_back", lambda job, seconds: pauses.append(seconds) or put_back(job, 0))
    world.helpdesk.failures = [HelpdeskFailed("too many calls", retryable=True, retry_after_seconds=17.0)]
    await world.accept()
    async with world.working() as worker:
        await world.ends(worker, "done")
    assert pauses == [17.0]


async def test_a_job_that_kills_whoever_runs_it_is_dead_after_its_attempts(world):
    await world.accept(attempts=3)
    async with world.working(attempts=3) as worker:
        entry = await world.ends(worker, "dead")
    assert (entry.outcome, entry.reason, entry.job_id) == ("failed", "attempts_exhausted", "job-1")
    assert world.helpdesk.replies == []


async def test_the_worker_outlives_a_store_that_fails_and_a_bug(world):
    world.queue.failures = [OperatorError("the store failed: OperationalError"), KeyError("Ada Quill")] * 2
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


class Gate(FakeHelpdesk):
    """A helpdesk that answers once it is opened."""

    def __init__(self, *tickets):
        super().__init__(*tickets)
        self.asked, self.opened = asyncio.Semaphore(0), asyncio.Event()

    async def fetch(self, *request):
        self.asked.release()
        await self.opened.wait()
        return await super().fetch(*request)


@pytest.fixture
def gate(world):
    gate = Gate(TICKET)
    object.__setattr__(world.pipeline, "helpdesk", gate)
    return gate


async def test_jobs_run_beside_each_other(world, gate):
    await world.accept(1)
    await world.accept(2)
    async with world.working() as worker:
        for _ in range(2):
            await gate.asked.acquire()
        gate.opened.set()
        await world.ends(worker, "done")


async def test_of_one_account_no_more_jobs_run_than_its_share(world, gate):
    for number in (1, 2, 3):
        await world.accept(number)
    async with world.working(at_once=3, per_account=1) as worker:
        await gate.asked.acquire()
        assert (await world.queue.count())["running"] == 1
        gate.opened.set()
        await world.ends(worker, "done")


async def test_a_worker_that_is_stopped_lets_its_job_finish_and_claims_no_other(world, gate):
    await world.accept(1)
    async with world.working(at_once=1) as worker:
        await gate.asked.acquire()
        await world.accept(2)
        worker.stop()
        gate.opened.set()
    assert await world.queue.count("acme") == {"waiting": 1, "running": 0, "done": 1, "dead": 0, "dropped": 0}


async def test_a_job_that_does_not_finish_in_the_grace_time_goes_back_untouched(world, gate):
    await world.accept()
    async with world.working(grace_seconds=0.0):
        await gate.asked.acquire()
    (status,) = await world.queue.jobs()
    assert (status.state, status.job.attempts, status.job.token) == ("waiting", 0, 1)
    assert [entry.job_id for entry in await world.store.entries("acme") if entry.job_id] == []


async def test_a_job_that_went_back_untouched_is_looked_for_before_it_is_posted(world):
    """It may have been posted in the moment in which it was given back."""
    await world.accept()
    await world.queue.release(await world.queue.claim(30, 2))
    account = await world.store.account("acme")
    await world.helpdesk.post(account, Secret("token"), TICKET, Reply("first", public=True), "job-1")
    async with world.working() as worker:
        await world.ends(worker, "done")
    assert len(world.helpdesk.replies) == 1


async def test_claims_are_renewed_though_the_event_loop_is_blocked(world, gate):
    await world.accept()
    renewed = threading.Event()
    renew = world.queue.renew

    async def renew_and_tell(jobs):
        kept = await renew(jobs)
        renewed.set()
        return kept

    world.queue.renew = renew_and_tell
    async with world.working(lease_seconds=1.0) as worker:
        await gate.asked.acquire()
        assert renewed.wait(5)  # blocks the event loop
        gate.opened.set()
        await world.ends(worker, "done")


async def test_a_run_whose_claim_was_lost_is_stopped_and_does_nothing_visible(world, gate):
    await world.accept()
    with structlog.testing.capture_logs() as events:
        async with world.working(lease_seconds=1.0):
            await gate.asked.acquire()
            world.queue.passed += timedelta(seconds=2)
            another = await world.queue.claim(1.0, 2)
            await until(lambda: [event for event in events if event["event"] == "claim lost"])
            gate.opened.set()
    assert world.helpdesk.replies + gate.replies == []
    assert (another.attempts, (await world.queue.count())["running"]) == (2, 1)


async def test_a_run_that_ends_after_its_claim_was_lost_writes_no_entry(world, gate):
    await world.accept()
    async with world.working():
        await gate.asked.acquire()
        world.queue.passed += timedelta(seconds=31)
        assert await world.queue.claim(30.0, 2)
        gate.opened.set()
        await until(lambda: gate.replies)
    assert [entry.job_id for entry in await world.store.entries("acme") if entry.job_id] == []
    assert (await world.queue.count())["running"] == 1


@pytest.mark.parametrize("kind", [EventKind.SOLVED, EventKind.PERSON_DELETED])
async def test_an_errand_waits_as_long_as_the_other_side_asks_for(world, monkeypatch, kind):
    pauses, failures = [], [HelpdeskFailed("too many calls", retryable=True, retry_after_seconds=17.0)]
    put_back = world.queue.put_back
    monkeypatch.setattr(world.queue, "put_back", lambda job, seconds: pauses.append(seconds) or put_back(job, 0))

    async def refuse_once(*_):
        if failures:
            raise failures.pop()
        return ()

    world.helpdesk.measures = world.helpdesk.tickets_of = refuse_once
    await world.queue.accept(Job("job-1", "acme", "event-1", 7, LONG_AGO, kind=kind))
    async with world.working() as worker:
        await world.ends(worker, "done")
    assert pauses == [17.0]


async def test_an_errand_that_is_given_up_says_what_it_was(world):
    job = Job("job-1", "acme", "event-1", 0, LONG_AGO, attempts=3, kind=EventKind.PERSON_DELETED, person_id=4711)
    await world.queue.accept(job)
    async with world.working(attempts=3) as worker:
        entry = await world.ends(worker, "dead")
    assert (entry.operation, entry.outcome, entry.reason) == ("person_erase", "failed", "attempts_exhausted")
    assert (entry.ticket_id, "4711" in repr(entry)) == (None, False)


async def test_a_job_about_something_gone_erases_it_and_asks_no_ai(world):
    job = Job("job-1", "acme", "event-1", 7, LONG_AGO, kind=EventKind.TICKET_DELETED)
    await world.store.append(
        evolve(action_entry("generate", "acme", Actor("system", "x")), ticket_id=7, content="said")
    )
    await world.queue.accept(job)
    async with world.working() as worker:
        entry = await world.ends(worker, "done")
    assert (entry.operation, entry.outcome, entry.ticket_id) == ("ticket_erase", "done", 7)
    assert {each.content for each in await world.store.entries("acme")} == {None}
    assert world.pipeline.asker.providers["fake"].prompts == []
