"""The queue that works in the tables of an SqlStore: on its own in SQLite, beneath an engine elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import ColumnElement, ScalarSelect, Update, and_, case, delete, func, not_, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.errors import ClaimLost, OperatorError
from raum.ids import utc_now
from raum.model import Entry, Job, JobState, JobStatus
from raum.storage.failures import refusing
from raum.storage.reach import EVERY_ACCOUNT, one_or_every, only
from raum.storage.store import SqlStore, Store
from raum.storage.tables import from_row, jobs, to_row

_LONGEST_PAUSE_SECONDS = 900.0
_ENDED = (JobState.DONE, JobState.DEAD, JobState.DROPPED)


class SqlQueue:
    """Jobs in the table of an SqlStore: claims lapse without a heartbeat, and a token fences off who lost one.

    This class is the embedded queue, for the processes of one host, which share one clock. A time further ahead than
    it can have been set was written before the clock was put back, and counts as past. An engine for many hosts
    subclasses it: it overrides `claim`, `renew` and the methods that are told, within the transaction, what becomes of
    a job.
    """

    store: SqlStore
    dialect = "sqlite"
    """The database that the store must be in, by SQLAlchemy's name."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock

    def use(self, store: Store) -> None:
        """Work in this store. Raises OperatorError if it is not in the right database."""
        if not isinstance(store, SqlStore) or store.dialect != self.dialect:
            raise OperatorError(f"it works in a store of the database {self.dialect}; choose another store or queue")
        self.store = store

    def another(self) -> Self:
        """The same queue for the event loop of another thread."""
        queue = copy(self)
        queue.store = self.store.another()
        return queue

    async def migrate(self) -> None:
        """The table is the store's."""

    async def is_current(self) -> bool:
        """The table is the store's."""
        return True

    async def accept(self, job: Job) -> bool:
        """Keep a job durably; False, changing nothing, if the account already had a job for this event."""
        row = to_row(job) | {"state": JobState.WAITING, "due_at": job.created_at}
        insert = self.store.insert(jobs).values(row).on_conflict_do_nothing(index_elements=["account_id", "event_id"])
        async with self.store.writing(only(job.account_id)) as connection:
            with refusing("a job with this id exists already, or there is no such account"):
                accepted = (await connection.execute(insert)).rowcount == 1
            number = await self.accepted(connection, job) if accepted else None
            if number is not None:
                await connection.execute(update(jobs).where(jobs.c.id == job.id).values(engine_id=number))
        return accepted

    async def claim(self, lease_seconds: float, per_account: int) -> Job | None:
        """The next job for this worker; what a worker left behind comes first."""
        now, lease = self._clock(), timedelta(seconds=lease_seconds)
        running = (
            select(jobs.c.account_id, func.count().label("jobs"))
            .where(jobs.c.state == JobState.RUNNING)
            .group_by(jobs.c.account_id)
            .subquery()
        )
        beside = func.coalesce(running.c.jobs, 0)
        lapsed = and_(
            jobs.c.state == JobState.RUNNING,
            or_(jobs.c.heartbeat_at.is_(None), not_(jobs.c.heartbeat_at.between(now - lease, now + lease))),
        )
        latest = now + timedelta(seconds=_LONGEST_PAUSE_SECONDS)
        due = and_(jobs.c.state == JobState.WAITING, or_(jobs.c.due_at <= now, jobs.c.due_at > latest))
        following = (
            select(jobs.c.id)
            .join_from(jobs, running, running.c.account_id == jobs.c.account_id, isouter=True)
            .where(or_(lapsed, and_(due, beside < per_account)))
            .order_by(case((lapsed, 0), else_=1), beside, jobs.c.created_at, jobs.c.id)
            .limit(1)
        )
        async with self.store.writing(EVERY_ACCOUNT) as connection:
            return await self.claimed(connection, following.scalar_subquery())

    async def load(self, connection: AsyncConnection) -> Sequence[tuple[str, int]]:
        """Each account with jobs that have not ended, and how many of them run; the fewest come first."""
        running = func.count().filter(jobs.c.state == JobState.RUNNING)
        query = select(jobs.c.account_id, running).group_by(jobs.c.account_id).order_by(running, jobs.c.account_id)
        rows = await connection.execute(query.where(jobs.c.state.in_((JobState.WAITING, JobState.RUNNING))))
        return [(account_id, number) for account_id, number in rows]

    async def claimed(self, connection: AsyncConnection, job_id: str | ScalarSelect[str]) -> Job | None:
        """Mark a job as running and count the claim."""
        claimed = (
            update(jobs)
            .where(jobs.c.id == job_id)
            .values(
                state=JobState.RUNNING,
                heartbeat_at=self._clock(),
                attempts=jobs.c.attempts + 1,
                token=jobs.c.token + 1,
            )
            .returning(jobs)
        )
        row = (await connection.execute(claimed)).mappings().one_or_none()
        return from_row(Job, row) if row else None

    async def renew(self, jobs_: Sequence[Job]) -> Sequence[str]:
        """Renew claims; gives the ids of those that are still held."""
        async with self.store.writing(EVERY_ACCOUNT) as connection:
            rows = await connection.execute(
                update(jobs)
                .where(or_(*map(_held, jobs_)))
                .values(heartbeat_at=self._clock())
                .returning(jobs.c.id, jobs.c.engine_id)
            )
            kept = rows.mappings().all()
            await self.renewed(connection, [row["engine_id"] for row in kept])
        return [row["id"] for row in kept]

    async def finish(self, job: Job, entry: Entry, *, dead: bool, erase: Sequence[int] = ()) -> Entry:
        """End a claimed job as done or dead, and write its entry, in one transaction; gives the entry as written.

        Raises ClaimLost.
        """
        change = {"state": JobState.DEAD if dead else JobState.DONE, "reason": entry.reason, "heartbeat_at": None}
        async with self.store.writing(only(job.account_id)) as connection:
            row = await _changed(connection, update(jobs).where(_held(job)).values(change))
            if row is None:
                raise ClaimLost("another worker has this job by now, or it has ended")
            await self.ended(connection, row["engine_id"], dead=dead)
            if erase:
                entry = await self.store.erase(connection, job.account_id, erase, entry)
            written: Entry = await self.store.add_entry(connection, entry)
        return written

    async def put_back(self, job: Job, seconds: float) -> None:
        """Let a claimed job wait for another attempt; nothing if the claim was lost."""
        await self._wait(job, min(seconds, _LONGEST_PAUSE_SECONDS), {})

    async def release(self, job: Job) -> None:
        """Give a claim back as if it had not been made, but for its token; nothing if the claim was lost."""
        await self._wait(job, 0, {"attempts": jobs.c.attempts - 1})

    async def _wait(self, job: Job, seconds: float, change: Mapping[str, Any]) -> None:
        due = self._clock() + timedelta(seconds=seconds)
        waits = {"state": JobState.WAITING, "due_at": due, "heartbeat_at": None, **change}
        async with self.store.writing(only(job.account_id)) as connection:
            row = await _changed(connection, update(jobs).where(_held(job)).values(waits))
            if row is not None:
                await self.waits(connection, row["engine_id"], seconds)

    async def find(self, job_id: str) -> JobStatus | None:
        """The job with this id."""
        async with self.store.reading(EVERY_ACCOUNT) as connection:
            row = (await connection.execute(select(jobs).where(jobs.c.id == job_id))).mappings().one_or_none()
        return _status(row) if row else None

    async def jobs(
        self, account_id: str | None = None, state: JobState | None = None, *, limit: int = 100
    ) -> Sequence[JobStatus]:
        """Jobs, newest first; of one account, or in one state, if that is said."""
        query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(limit)
        if account_id is not None:
            query = query.where(jobs.c.account_id == account_id)
        if state is not None:
            query = query.where(jobs.c.state == state)
        async with self.store.reading(one_or_every(account_id)) as connection:
            return [_status(row) for row in (await connection.execute(query)).mappings()]

    async def count(self, account_id: str | None = None) -> Mapping[str, int]:
        """How many jobs, of an account or of all, are in each state; every state is named."""
        query = select(jobs.c.state, func.count()).group_by(jobs.c.state)
        if account_id is not None:
            query = query.where(jobs.c.account_id == account_id)
        async with self.store.reading(one_or_every(account_id)) as connection:
            rows = (await connection.execute(query)).all()
        return {state.value: 0 for state in JobState} | {state.value: count for state, count in rows}

    async def retry(self, job_id: str, entry: Entry) -> None:
        """Let a dead job wait again, with all its attempts, and write the entry. Raises OperatorError if it is not."""
        waits = {"state": JobState.WAITING, "due_at": self._clock(), "attempts": 0, "reason": None}
        await self._administer(job_id, (JobState.DEAD,), waits, self.retried, entry)

    async def drop(self, job_id: str, entry: Entry) -> None:
        """End a waiting or dead job for good, and write the entry. Raises OperatorError if it is neither."""
        await self._administer(
            job_id, (JobState.WAITING, JobState.DEAD), {"state": JobState.DROPPED}, self.dropped, entry
        )

    async def expired(self, account_id: str, before: datetime) -> int:
        """How many ended jobs of an account there are that were accepted before that time."""
        query = select(func.count()).select_from(jobs).where(_has_ended(account_id, before))
        async with self.store.reading(only(account_id)) as connection:
            return (await connection.execute(query)).scalar_one()

    async def purge(self, account_id: str, before: datetime, *, limit: int) -> int:
        """Forget some of them, oldest first, in one short transaction: how many, and 0 when none is left."""
        old = select(jobs.c.id).where(_has_ended(account_id, before)).order_by(jobs.c.created_at).limit(limit)
        purge = delete(jobs).where(jobs.c.id.in_(old)).returning(jobs.c.engine_id)
        async with self.store.writing(only(account_id)) as connection:
            engine_ids = (await connection.execute(purge)).scalars().all()
            if engine_ids:
                await self.purged(connection, [each for each in engine_ids if each is not None], before)
        return len(engine_ids)

    async def _administer(
        self, job_id: str, states: Sequence[JobState], change: Mapping[str, Any], tell: Callable[..., Any], entry: Entry
    ) -> None:
        which = update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(states))
        async with self.store.writing(only(entry.account_id)) as connection:
            row = await _changed(connection, which.values(change))
            if row is None:
                raise OperatorError(f"no job of this id is {' or '.join(states)}; `raum jobs list` shows them")
            await tell(connection, row["engine_id"])
            await self.store.add_entry(connection, entry)

    # What an engine is told, within the transaction of the change.

    async def accepted(self, connection: AsyncConnection, job: Job) -> int | None:
        """A job was accepted; the number that the engine gives it, if there is an engine."""
        return None

    async def renewed(self, connection: AsyncConnection, engine_ids: Sequence[int]) -> None:
        """Claims were renewed."""

    async def ended(self, connection: AsyncConnection, engine_id: int, *, dead: bool) -> None:
        """A job is done, or dead."""

    async def waits(self, connection: AsyncConnection, engine_id: int, seconds: float) -> None:
        """A job waits again, for so long."""

    async def retried(self, connection: AsyncConnection, engine_id: int) -> None:
        """A dead job waits again."""

    async def dropped(self, connection: AsyncConnection, engine_id: int) -> None:
        """A waiting or dead job has ended for good."""

    async def purged(self, connection: AsyncConnection, engine_ids: Sequence[int], before: datetime) -> None:
        """Ended jobs are forgotten; so is to be what an engine has logged before that time."""


def _has_ended(account_id: str, before: datetime) -> ColumnElement[bool]:
    return and_(jobs.c.account_id == account_id, jobs.c.state.in_(_ENDED), jobs.c.created_at < before)


def _held(job: Job) -> ColumnElement[bool]:
    return and_(jobs.c.id == job.id, jobs.c.token == job.token, jobs.c.state == JobState.RUNNING)


async def _changed(connection: AsyncConnection, change: Update) -> RowMapping | None:
    row: RowMapping | None = (await connection.execute(change.returning(jobs))).mappings().one_or_none()
    return row


def _status(row: RowMapping) -> JobStatus:
    return JobStatus(from_row(Job, row), row["state"], row["due_at"], row["reason"])
