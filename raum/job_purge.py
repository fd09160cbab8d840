"""What is forgotten about jobs that have ended: after a while nobody delivers their events again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from attrs import frozen

from raum.api import Queue, Store
from raum.ids import new_id, utc_now

_log = structlog.get_logger("raum.jobs")

_EVERY: Final = timedelta(hours=1)
_LOCK: Final = "job-purge"


@frozen
class JobPurge:
    """Forgets jobs that ended, and which tickets were erased, once both are so old that no run from then is left."""

    store: Store
    queue: Queue
    keep: timedelta
    clock: Callable[[], datetime] = utc_now

    async def run_if_due(self) -> None:
        """Purge, if no host has done so in the last hour: the lock that says so is not given back."""
        now = self.clock()
        if not await self.store.lock(_LOCK, new_id(), now, now + _EVERY):
            return
        jobs = await self.queue.purge(now - self.keep)
        erasures = await self.store.forget_erasures(now - self.keep)
        if jobs or erasures:
            _log.info("old jobs forgotten", jobs=jobs, erasures=erasures)
