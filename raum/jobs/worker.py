"""The worker: claims accepted jobs from the queue and runs the pipeline for each.

A job holds identifiers alone; the ticket is read anew. Being killed is a normal way to stop: the claims of a killed
worker lapse, another worker gets its jobs, and a reply that had got through is recognised by its marker.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator

import structlog

from raum.api import Queue, Store
from raum.config import Jobs
from raum.errors import ClaimLost, OperationFailed, OperatorError
from raum.ids import utc_now
from raum.jobs.errands import Errands, job_entry
from raum.jobs.leases import Leases
from raum.log import where
from raum.model import Account, Actor, Delivery, EventKind, Job, Operation, Order, Outcome
from raum.pipeline import Pipeline

_log = structlog.get_logger("raum.jobs")

_IDLE_SECONDS = 1.0
_CHORES_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 300.0


class Worker:
    """Runs jobs, a few at a time, and does the chores of the host beside them, until it is stopped."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        pipeline: Pipeline,
        errands: Errands,
        options: Jobs,
        *,
        attempts: int,
        chores: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._queue = queue
        self._pipeline = pipeline
        self._errands = errands
        self._options = options
        self._attempts = attempts
        self._leases = Leases(queue, options.lease_seconds)
        self._chores = chores
        self._accepted = asyncio.Event()
        self._stopping = asyncio.Event()
        self.is_running = False

    def wake(self) -> None:
        """Tell the worker that a job was accepted, so that it does not wait for its next look."""
        self._accepted.set()

    def stop(self) -> None:
        """Claim nothing more. `run` returns once the running jobs have ended, or at the end of the grace time."""
        self._stopping.set()
        self._accepted.set()

    async def run(self) -> None:
        """Work until stopped. A job that does not end in time, or that is cancelled, goes back untouched."""
        self.is_running = True
        try:
            with self._leases:
                hands = [asyncio.create_task(self._work()) for _ in range(self._options.at_once)]
                chores = asyncio.create_task(self._do_chores())
                try:
                    await self._stopping.wait()
                    await asyncio.wait(hands, timeout=self._options.grace_seconds)
                finally:
                    for task in (*hands, chores):
                        task.cancel()
                    await asyncio.gather(*hands, chores, return_exceptions=True)
        finally:
            self.is_running = False

    async def _do_chores(self) -> None:
        """What has to be looked after now and then, as long as jobs are run."""
        while self._chores is not None:
            with _logged():
                await self._chores()
            await asyncio.sleep(_CHORES_SECONDS)

    async def _work(self) -> None:
        while not self._stopping.is_set():
            self._accepted.clear()
            with _logged():
                if await self._run_next():
                    continue
            if self._stopping.is_set():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._accepted.wait()

    async def _run_next(self) -> bool:
        """Run the next job that is due, if there is one."""
        job = await self._queue.claim(self._options.lease_seconds, self._options.per_account)
        if job is None:
            return False
        run = asyncio.create_task(self._run(job))
        self._leases.hold(job, run)
        try:
            await asyncio.wait({run})
        except asyncio.CancelledError:
            run.cancel()
            await asyncio.wait({run})
            if run.cancelled():
                await self._queue.release(job)
                _log.info("job given back", job=job.id)
            raise
        finally:
            self._leases.let_go(job)
        if not run.cancelled():  # else its claim was lost
            await run
        return True

    async def _run(self, job: Job) -> None:
        try:
            await self._try(job)
        except ClaimLost:
            _log.warning("claim lost", job=job.id)
        except OperatorError:
            # The run could not be recorded. Once the store answers again, the reply is found by its marker.
            await self._put_back(job, at_least=0.0)
            raise

    async def _try(self, job: Job) -> None:
        account = await self._store.account(job.account_id)
        if account is None or not account.is_active(utc_now()):
            await self._give_up(job, "account_gone" if account is None else "account_not_active")
        elif job.attempts > self._attempts:  # whatever ran it was killed each time, perhaps by the job itself
            await self._give_up(job, "attempts_exhausted")
        elif job.kind is EventKind.REPLY:
            await self._answer(job, account)
        else:
            await self._run_errand(job, account)

    async def _answer(self, job: Job, account: Account) -> None:
        settings = await self._pipeline.asker.settings(account.id)
        order = _order(job, account, Delivery(settings.reply_as), may_retry=job.attempts < self._attempts)
        try:
            answer = await self._pipeline.run(order)
        except OperationFailed as failure:
            await self._failed(job, failure, may_retry=order.may_retry)
        else:
            _log.info("job done", job=job.id, outcome=answer.entry.outcome, ms=answer.entry.duration_ms)

    async def _run_errand(self, job: Job, account: Account) -> None:
        may_retry = job.attempts < self._attempts
        try:
            await self._errands.run(job, account, may_retry=may_retry)
        except OperationFailed as failure:
            await self._failed(job, failure, may_retry=may_retry)
        else:
            _log.info("job done", job=job.id, kind=job.kind)

    async def _failed(self, job: Job, failure: OperationFailed, *, may_retry: bool) -> None:
        _log.warning("job failed", job=job.id, code=failure.code, attempt=job.attempts, problem=str(failure))
        if failure.retryable and may_retry:
            await self._put_back(job, failure.retry_after_seconds or 0.0)

    async def _give_up(self, job: Job, reason: str) -> None:
        """End a job that is not run, as dead."""
        _log.warning("job failed", job=job.id, code=reason, attempt=job.attempts)
        entry = job_entry(job, Outcome.FAILED, reason)
        await self._pipeline.journal.tell(await self._queue.finish(job, entry, dead=True))

    async def _put_back(self, job: Job, at_least: float) -> None:
        await self._queue.put_back(job, max(at_least, _pause(job.attempts)))


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """Errors are told and do not end the worker: one job that meets a bug must not end the others."""
    try:
        yield
    except OperatorError as error:
        _log.error("the store does not answer", problem=str(error))
    except Exception as error:  # noqa: BLE001 -- a bug
        _log.error("bug in the worker", error=type(error).__name__, where=where(error))


def _order(job: Job, account: Account, delivery: Delivery, *, may_retry: bool) -> Order:
    return Order(
        operation=Operation.GENERATE,
        account=account,
        actor=Actor("system", "webhook"),
        ticket=job.ticket_id,
        delivery=delivery,
        origin=job.origin,
        job=job,
        may_retry=may_retry,
    )


def _pause(attempts: int) -> float:
    """Seconds until the next attempt: exponential, with full jitter, so that failed jobs do not come back together."""
    return random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 2.0**attempts))  # noqa: S311 -- nothing depends on its secrecy
