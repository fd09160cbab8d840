"""What has to be done from time to time, by one host of all: purges, and the deletions that were asked for."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from attrs import frozen

from raum.api import Store
from raum.errors import OperatorError
from raum.ids import new_id, utc_now
from raum.retention.deletions import Deletions
from raum.retention.purge import Purger

_log = structlog.get_logger("raum.retention")

_LEASE: Final = timedelta(minutes=10)
_PURGE: Final = "purge"
_DELETIONS: Final = "deletions"


@frozen
class Housekeeper:
    """Purges once in a period, and carries out deletions; never two hosts at once.

    Who works holds a lease, which it renews; the work of a host that is killed is taken over when the lease has ended.
    The lease of a purge that is done goes on until the next one is due. Periods begin at midnight UTC, because then a
    whole day of the log expires, which a store may let go in one piece.
    """

    store: Store
    purger: Purger
    deletions: Deletions
    every: timedelta
    clock: Callable[[], datetime] = utc_now

    async def run_if_due(self) -> None:
        """Do what is due and what no other host does."""
        await self._alone(_DELETIONS, self.deletions.carry_out, timedelta(0))
        await self._alone(_PURGE, self._purge, self.every)

    async def _purge(self, keep_on: Callable[[], Awaitable[None]]) -> None:
        await self._make_room()
        await self.store.tidy(self.clock())
        for gone in await self.purger.purge(self.clock(), keep_on):
            _log.info("purged", account=gone.account_id, kind=gone.kind, number=gone.number)

    async def _make_room(self) -> None:
        """That there is none does not hold up the purge: entries are kept all the same."""
        try:
            await self.store.make_room(self.clock())
        except OperatorError as error:
            _log.warning("no partitions could be made for the days to come; run `raum migrate`", problem=str(error))

    async def _alone(
        self, name: str, work: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]], pause: timedelta
    ) -> None:
        owner, started = new_id(), self.clock()
        ends = started + _LEASE
        if not await self.store.lock(name, owner, started, ends):
            return

        async def keep_on() -> None:
            nonlocal ends
            now = self.clock()
            if ends - now > _LEASE / 2:
                return
            if not await self.store.lock(name, owner, now, now + _LEASE):
                raise OperatorError("another host has taken the work over, because this one was too slow")
            ends = now + _LEASE

        try:
            await work(keep_on)
        except BaseException:
            await self.store.unlock(name, owner)
            raise
        if pause:
            await self.store.lock(name, owner, started, _next(started, pause))
        else:
            await self.store.unlock(name, owner)


def _next(time: datetime, every: timedelta) -> datetime:
    """The beginning of the next period."""
    return time + every - (time - datetime.min.replace(tzinfo=UTC)) % every
