"""The worker: takes accepted jobs from the store and runs the pipeline for each.

A job holds identifiers alone; the ticket is read anew. A job that a killed host left behind waits again when
`raum serve` starts, and a reply that had got through is recognised by its marker and not posted twice.
"""

import asyncio
import contextlib
import random
from datetime import timedelta

import structlog
from attrs import evolve

from raum.api import Store
from raum.audit.actions import action_entry
from raum.errands import Errands
from raum.errors import OperationFailed, OperatorError
from raum.ids import utc_now
from raum.log import where
from raum.model import Account, Actor, EventKind, Job, Operation, Order, Outcome
from raum.pipeline import Pipeline

_log = structlog.get_logger("raum.jobs")

_IDLE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0


class Worker:
    """Runs jobs, a few at a time, until it is stopped."""

    def __init__(self, store: Store, pipeline: Pipeline, errands: Errands, *, attempts: int, at_once: int = 4) -> None:
        self._store = store
        self._pipeline = pipeline
        self._errands = errands
        self._attempts = attempts
        self._at_once = at_once
        self._accepted = asyncio.Event()
        self.is_running = False

    def wake(self) -> None:
        """Tell the worker that a job was accepted, so that it does not wait for its next look."""
        self._accepted.set()

    async def run(self) -> None:
        """Work until cancelled; jobs that are running then stay marked as running."""
        self.is_running = True
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(self._at_once):
                    workers.create_task(self._work())
        finally:
            self.is_running = False

    async def _work(self) -> None:
        while True:
            self._accepted.clear()
            try:
                if await self._run_next():
                    continue
            except OperatorError as error:
                _log.error("the store does not answer", problem=str(error))
            except Exception as error:  # noqa: BLE001 -- one job that meets a bug must not end the others
                _log.error("bug in the worker", error=type(error).__name__, where=where(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._accepted.wait()

    async def _run_next(self) -> bool:
        """Run the next job that is due, if there is one."""
        job = await self._store.claim(utc_now())
        if job is None:
            return False
        try:
            await self._run(job)
        except OperatorError:
            # The run could not be recorded. Once the store answers again, the reply is found by its marker.
            await self._put_back(job)
            raise
        return True

    async def _run(self, job: Job) -> None:
        account = await self._store.account(job.account_id)
        if account is None:
            entry = action_entry(Operation.GENERATE, job.account_id, Actor("system", "webhook"))
            entry = evolve(entry, outcome=Outcome.FAILED, reason="account_gone", job_id=job.id, ticket_id=job.ticket_id)
            await self._pipeline.journal.finish(job, entry, failed=True)
            return
        if job.kind is not EventKind.REPLY:
            await self._run_errand(job, account)
            return
        order = _order(job, account, may_retry=job.attempts < self._attempts)
        try:
            answer = await self._pipeline.run(order)
        except OperationFailed as failure:
            _log.warning("job failed", job=job.id, code=failure.code, attempt=job.attempts, problem=str(failure))
            if failure.retryable and order.may_retry:
                await self._put_back(job)
        else:
            _log.info("job done", job=job.id, outcome=answer.entry.outcome, ms=answer.entry.duration_ms)

    async def _run_errand(self, job: Job, account: Account) -> None:
        may_retry = job.attempts < self._attempts
        try:
            await self._errands.run(job, account, may_retry=may_retry)
        except OperationFailed as failure:
            _log.warning("job failed", job=job.id, code=failure.code, attempt=job.attempts, problem=str(failure))
            if failure.retryable and may_retry:
                await self._put_back(job)
        else:
            _log.info("job done", job=job.id, kind=job.kind)

    async def _put_back(self, job: Job) -> None:
        await self._store.put_back(job, utc_now() + timedelta(seconds=_pause(job.attempts)))


def _order(job: Job, account: Account, *, may_retry: bool) -> Order:
    return Order(
        operation=Operation.GENERATE,
        account=account,
        actor=Actor("system", "webhook"),
        ticket=job.ticket_id,
        delivery=account.reply_as,
        source_ip=job.source_ip,
        request_id=job.request_id,
        job=job,
        may_retry=may_retry,
    )


def _pause(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with full jitter, so that failed jobs do not come back together."""
    return random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 2.0**attempts))  # noqa: S311 -- nothing depends on its secrecy
