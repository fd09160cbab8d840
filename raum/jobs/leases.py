"""Renews the claims of running jobs, from a thread: work that blocks the event loop must not lose its job."""

import asyncio
import threading
from types import TracebackType
from typing import Self

import structlog

from raum.api import Queue
from raum.errors import OperatorError
from raum.log import where
from raum.model import Job

_log = structlog.get_logger("raum.jobs")

_RENEWALS_PER_LEASE = 4


class Leases:
    """The claims that a worker holds, while it is entered. The run of a job whose claim was lost is cancelled."""

    def __init__(self, queue: Queue, lease_seconds: float) -> None:
        self._queue = queue
        self._pause = lease_seconds / _RENEWALS_PER_LEASE
        self._held: dict[str, tuple[Job, asyncio.Task[None]]] = {}
        self._changing = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="raum-leases", daemon=True)

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Not waited for: it may be in the middle of a call, which a renewal can be cut off from at any point.
        self._stopped.set()

    def hold(self, job: Job, run: asyncio.Task[None]) -> None:
        """Renew this claim until it is let go of."""
        with self._changing:
            self._held[job.id] = (job, run)

    def let_go(self, job: Job) -> None:
        """Renew it no longer."""
        with self._changing:
            self._held.pop(job.id, None)

    def _run(self) -> None:
        while not self._stopped.wait(self._pause):
            with self._changing:
                held = dict(self._held)
            if held:
                try:
                    kept = set(asyncio.run(self._renew([job for job, _ in held.values()])))
                except OperatorError as error:
                    _log.error("claims could not be renewed", problem=str(error))
                except Exception as error:  # noqa: BLE001 -- the next renewal may succeed
                    _log.error("bug in the renewal of claims", error=type(error).__name__, where=where(error))
                else:
                    self._cancel([held[job_id] for job_id in held.keys() - kept])

    async def _renew(self, jobs: list[Job]) -> list[str]:
        return list(await self._queue.another().renew(jobs))

    def _cancel(self, lost: list[tuple[Job, asyncio.Task[None]]]) -> None:
        for job, run in lost:
            with self._changing:
                still_held = self._held.get(job.id) == (job, run)
            if still_held:  # a job that has ended in the meantime has no claim to lose
                _log.warning("claim lost", job=job.id)
                self._loop.call_soon_threadsafe(run.cancel)
