"""The queue Protocol, by PgQueuer's queries, each in the transaction of the change that it is told about."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Self

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job as EngineJob
from pgqueuer.domain.types import JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.api import EVERY_ACCOUNT, NO_ACCOUNT, Job, OperatorError, SqlQueue
from raum_pgqueuer.driver import TransactionDriver

# Two claims at once may want the same place in the share of an account: unique_violation, deadlock_detected.
_TOO_LATE = ("23505", "40P01")
_TRIES = 5


class PgQueuerQueue(SqlQueue):
    """Jobs given out by PgQueuer. Leases and pauses go by the clock of the database."""

    dialect = "postgresql"

    def __init__(self) -> None:
        super().__init__()
        self._manager = QueueManagerId(uuid.uuid4())

    async def __aenter__(self) -> Self:
        if not await self.is_current():
            raise OperatorError("the queue's tables are older than this raum; run `raum migrate`")
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def migrate(self) -> None:
        """Create the engine's tables or bring them up to date."""
        async with self.store.migrating(), self._alone() as engine:
            if not await engine.schema_is_installed():
                await engine.install()
            await engine.upgrade()

    async def is_current(self) -> bool:
        """Whether the engine's tables are those that this version of it needs."""
        async with self._alone() as engine:
            return await engine.schema_is_installed() and not (await engine.plan_upgrade()).statements

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Queries]:
        """The engine outside a transaction: the statements of a migration cannot share one."""
        async with self.store.writing(NO_ACCOUNT) as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            try:
                yield Queries(AsyncpgDriver(driver))
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise OperatorError(f"the store failed: {type(error).__name__}") from None

    async def claim(self, lease_seconds: float, per_account: int) -> Job | None:
        """The next job for this worker, of the accounts with the fewest running jobs."""
        for _ in range(_TRIES):
            async with self.store.writing(EVERY_ACCOUNT) as connection:
                try:
                    async with connection.begin_nested():
                        return await self._claim(connection, timedelta(seconds=lease_seconds), per_account)
                except DBAPIError as error:
                    if getattr(error.orig, "sqlstate", None) not in _TOO_LATE:
                        raise
        return None

    async def _claim(self, connection: AsyncConnection, lease: timedelta, per_account: int) -> Job | None:
        share, engine = EntrypointExecutionParameter(concurrency_limit=per_account), _engine(connection)
        for _, group in groupby(await self.load(connection), key=itemgetter(1)):
            picked = await engine.dequeue(
                batch_size=1,
                entrypoints={QueueEntrypoint(account_id): share for account_id, _ in group},
                queue_manager_id=self._manager,
                global_concurrency_limit=None,
                heartbeat_timeout=lease,
            )
            if picked:
                return await self.claimed(connection, (picked[0].payload or b"").decode())
        return None

    async def accepted(self, connection: AsyncConnection, job: Job) -> int | None:
        """Give a job to the engine."""
        (number,) = await _engine(connection).enqueue(job.account_id, job.id.encode())
        return number

    async def renewed(self, connection: AsyncConnection, engine_ids: Sequence[int]) -> None:
        """Tell the engine that these jobs are alive."""
        await _engine(connection).update_heartbeat([JobId(number) for number in engine_ids])

    async def ended(self, connection: AsyncConnection, engine_id: int, *, dead: bool) -> None:
        """Take a job from the engine, or let the engine hold it; never with a traceback."""
        await _engine(connection).log_jobs([(_job(engine_id), "failed" if dead else "successful", None)])

    async def waits(self, connection: AsyncConnection, engine_id: int, seconds: float) -> None:
        """Let the engine give a job out again after a while."""
        await _engine(connection).retry_job(_job(engine_id), timedelta(seconds=seconds), None)

    async def retried(self, connection: AsyncConnection, engine_id: int) -> None:
        """Let the engine give out a job that it holds."""
        await _engine(connection).requeue_jobs([JobId(engine_id)])

    async def dropped(self, connection: AsyncConnection, engine_id: int) -> None:
        """Take a job from the engine that it was not to run any more."""
        await _engine(connection).log_jobs([(_job(engine_id), "deleted", None)])

    async def purged(self, connection: AsyncConnection, engine_ids: Sequence[int], before: datetime) -> None:
        """Take dead jobs from the engine, which holds them, and the old lines from its log."""
        engine = _engine(connection)
        await engine.log_jobs([(_job(number), "deleted", None) for number in engine_ids])
        log = engine.qbq.qualified.queue_table_log  # the engine itself empties it for an account alone, not by age
        await engine.driver.execute(f"DELETE FROM {log} WHERE created < $1", before)  # noqa: S608 -- its own name


def _engine(connection: AsyncConnection) -> Queries:
    return Queries(TransactionDriver(connection))


def _job(number: int) -> EngineJob:
    """The engine's record of a job, as far as its queries look at it."""
    return EngineJob.model_construct(id=JobId(number))
