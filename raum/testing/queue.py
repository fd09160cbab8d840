"""A queue in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self

from attrs import define, evolve

from raum.api import ClaimLost, Entry, Job, JobState, JobStatus, OperatorError, Store
from raum.ids import utc_now
from raum.testing.store import FakeStore


@define
class _Kept:
    job: Job
    state: JobState
    due_at: datetime
    heartbeat_at: datetime | None = None
    reason: str | None = None

    @property
    def status(self) -> JobStatus:
        return JobStatus(self.job, self.state, self.due_at, self.reason)


class FakeQueue:
    """Keeps jobs in a dictionary, beside a FakeStore. `passed` is how far its clock is ahead."""

    def __init__(self) -> None:
        self.passed = timedelta()
        self._kept: dict[str, _Kept] = {}

    @property
    def _now(self) -> datetime:
        return utc_now() + self.passed

    def use(self, store: Store) -> None:
        """Write entries to this FakeStore."""
        if not isinstance(store, FakeStore):
            raise OperatorError("it works beside a FakeStore")
        self._store = store

    def another(self) -> Self:
        """It belongs to no event loop."""
        return self

    async def migrate(self) -> None:
        """There is no schema."""

    async def is_current(self) -> bool:
        """There is no schema."""
        return True

    async def accept(self, job: Job) -> bool:
        """Keep a job, once for each event of an account."""
        events = {(kept.job.account_id, kept.job.event_id) for kept in self._kept.values()}
        if (job.account_id, job.event_id) in events:
            return False
        if await self._store.account(job.account_id) is None or job.id in self._kept:
            raise OperatorError("a job with this id exists already, or there is no such account")
        self._store.fail_if_told()
        self._kept[job.id] = _Kept(job, JobState.WAITING, job.created_at)
        return True

    async def claim(self, lease_seconds: float, per_account: int) -> Job | None:
        """A job whose claim has lapsed, or else the oldest one of the account with the fewest running ones."""
        lapsed = self._now - timedelta(seconds=lease_seconds)
        running = Counter(kept.job.account_id for kept in self._kept.values() if kept.state is JobState.RUNNING)
        left = [kept for kept in self._kept.values() if kept.heartbeat_at is not None and kept.heartbeat_at < lapsed]
        due = [
            kept
            for kept in self._kept.values()
            if kept.state is JobState.WAITING
            and kept.due_at <= self._now
            and running[kept.job.account_id] < per_account
        ]
        if not left and not due:
            return None
        kept = min(left or due, key=lambda each: (running[each.job.account_id], each.job.created_at, each.job.id))
        kept.job = evolve(kept.job, attempts=kept.job.attempts + 1, token=kept.job.token + 1)
        kept.state, kept.heartbeat_at = JobState.RUNNING, self._now
        return kept.job

    def _held(self, job: Job) -> _Kept | None:
        kept = self._kept.get(job.id)
        return kept if kept and kept.job.token == job.token and kept.state is JobState.RUNNING else None

    async def renew(self, jobs: Sequence[Job]) -> Sequence[str]:
        """Renew claims."""
        held = [kept for job in jobs if (kept := self._held(job))]
        for kept in held:
            kept.heartbeat_at = self._now
        return [kept.job.id for kept in held]

    async def finish(self, job: Job, entry: Entry, *, dead: bool, erase: Sequence[int] = ()) -> Entry:
        """End a claimed job and write its entry."""
        kept = self._held(job)
        if kept is None:
            raise ClaimLost("another worker has this job by now, or it has ended")
        if erase and self._store.fails is None:
            entry = self._store.erase(job.account_id, erase, entry)
        entry = self._store.write(entry)
        kept.state, kept.heartbeat_at = JobState.DEAD if dead else JobState.DONE, None
        kept.reason = entry.reason
        return entry

    async def put_back(self, job: Job, seconds: float) -> None:
        """Let a claimed job wait."""
        if kept := self._held(job):
            kept.state, kept.heartbeat_at = JobState.WAITING, None
            kept.due_at = self._now + timedelta(seconds=min(seconds, 900))

    async def release(self, job: Job) -> None:
        """Give a claim back."""
        if kept := self._held(job):
            kept.job = evolve(kept.job, attempts=kept.job.attempts - 1)
            kept.state, kept.heartbeat_at, kept.due_at = JobState.WAITING, None, self._now

    async def find(self, job_id: str) -> JobStatus | None:
        """The job with this id."""
        return self._kept[job_id].status if job_id in self._kept else None

    async def jobs(
        self, account_id: str | None = None, state: JobState | None = None, *, limit: int = 100
    ) -> Sequence[JobStatus]:
        """Jobs, newest first."""
        found = [
            kept.status
            for kept in self._kept.values()
            if account_id in (None, kept.job.account_id) and state in (None, kept.state)
        ]
        return sorted(found, key=lambda each: (each.job.created_at, each.job.id), reverse=True)[:limit]

    async def count(self, account_id: str | None = None) -> Mapping[str, int]:
        """How many jobs are in each state."""
        counted = Counter(status.state for status in await self.jobs(account_id, limit=len(self._kept)))
        return {state.value: counted[state] for state in JobState}

    async def retry(self, job_id: str, entry: Entry) -> None:
        """Let a dead job wait again."""
        kept = self._administered(job_id, (JobState.DEAD,))
        self._store.write(entry)
        kept.job = evolve(kept.job, attempts=0)
        kept.state, kept.due_at, kept.reason = JobState.WAITING, self._now, None

    async def drop(self, job_id: str, entry: Entry) -> None:
        """End a waiting or dead job for good."""
        kept = self._administered(job_id, (JobState.WAITING, JobState.DEAD))
        self._store.write(entry)
        kept.state = JobState.DROPPED

    async def expired(self, account_id: str, before: datetime) -> int:
        """How many ended jobs there are."""
        return len(self._ended(account_id, before))

    async def purge(self, account_id: str, before: datetime, *, limit: int) -> int:
        """Forget ended jobs."""
        old = self._ended(account_id, before)[:limit]
        for job in old:
            del self._kept[job.id]
        return len(old)

    def _ended(self, account_id: str, before: datetime) -> list[Job]:
        ended = (JobState.DONE, JobState.DEAD, JobState.DROPPED)
        jobs = [kept.job for kept in self._kept.values() if kept.state in ended]
        old = [job for job in jobs if job.account_id == account_id and job.created_at < before]
        return sorted(old, key=lambda job: job.created_at)

    def _administered(self, job_id: str, states: Sequence[JobState]) -> _Kept:
        kept = self._kept.get(job_id)
        if kept is None or kept.state not in states:
            raise OperatorError(f"no job of this id is {' or '.join(states)}; `raum jobs list` shows them")
        return kept
