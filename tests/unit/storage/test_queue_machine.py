"""Whatever is done to it in whatever order, the embedded queue does what the one in memory does."""

import asyncio
from datetime import timedelta

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from raum.api import ClaimLost, OperatorError
from raum.storage.queue import SqlQueue
from raum.storage.store import SqlStore
from raum.testing import FakeQueue, FakeStore
from raum.testing.contracts.entries import ACME, BETA, make_entry
from raum.testing.contracts.queue import make_job


def engine():
    return create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)


class Queues(RuleBasedStateMachine):
    """Two queues that are told the same. Seconds are such that no sum of them is a lease or a pause."""

    claims = Bundle("claims")
    jobs = Bundle("jobs")

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.model, self.queue = FakeQueue(), SqlQueue(lambda: self.model._now)
        self.store = SqlStore(engine, upgrades_itself=True)
        self.runner.run(self.store.__aenter__())
        for account in (ACME, BETA):
            self.runner.run(self.store.add_account(account, make_entry(account_id=account.id)))
        self.model.use(FakeStore(ACME, BETA))
        self.queue.use(self.store)

    def teardown(self):
        self.runner.run(self.store.__aexit__())
        self.runner.close()

    def both(self, verb, *arguments, **named):
        """What both answer, which must be the same."""
        answers = [self.runner.run(self._told(queue, verb, arguments, named)) for queue in (self.model, self.queue)]
        assert answers[0] == answers[1]
        return answers[0]

    @staticmethod
    async def _told(queue, verb, arguments, named):
        try:
            return await getattr(queue, verb)(*arguments, **named)
        except (ClaimLost, OperatorError) as error:
            return type(error).__name__

    @rule(target=jobs, account=st.sampled_from(["acme", "beta"]), event=st.integers(1, 6))
    def accept(self, account, event):
        job = make_job(account_id=account, event_id=f"event-{event}", created_at=self.model._now)
        return job.id if self.both("accept", job) is True else multiple()

    @rule(target=claims)
    def claim(self):
        job = self.both("claim", 60.0, 2)
        return multiple() if job is None else job

    @rule(seconds=st.sampled_from([7.3, 25.9, 61.0]))
    def wait(self, seconds):
        self.model.passed += timedelta(seconds=seconds)

    @rule(claim=claims)
    def renew(self, claim):
        self.both("renew", [claim])

    @rule(claim=consumes(claims), dead=st.booleans())
    def finish(self, claim, dead):
        self.both("finish", claim, make_entry(reason="reason" if dead else None), dead=dead)

    @rule(claim=claims)
    def put_back(self, claim):
        self.both("put_back", claim, 30.0)

    @rule(claim=claims)
    def release(self, claim):
        self.both("release", claim)

    @rule(job_id=jobs)
    def retry(self, job_id):
        self.both("retry", job_id, make_entry())

    @rule(job_id=jobs)
    def drop(self, job_id):
        self.both("drop", job_id, make_entry())

    @invariant()
    def all_jobs_are_in_the_same_state(self):
        self.both("count")
        model, queue = (self.runner.run(each.jobs()) for each in (self.model, self.queue))
        assert [evolve(each, due_at=None) for each in model] == [evolve(each, due_at=None) for each in queue]


TestQueues = Queues.TestCase
TestQueues.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
