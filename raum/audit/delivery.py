"""Brings entries to a sink, at least once each: what it has not got is kept in mind by the store."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from attrs import define, field

from raum.api import AuditSink, Store
from raum.errors import OperatorError
from raum.ids import new_id, utc_now
from raum.model import Entry
from raum.sealing.chain import Checkpoint

_log = structlog.get_logger("raum.audit")

_SECONDS: Final = 10.0
"""How long a sink may take for one entry."""

_AT_ONCE: Final = 100
_LEASE: Final = timedelta(seconds=120)

SETTLED: Final = timedelta(seconds=30)
"""An entry that is older and not delivered was left behind; a younger one is still on its way."""


@define
class Delivery:
    """The way to one sink. `is_down` is set when it did not take an entry, and until it has taken what it missed."""

    name: str
    sink: AuditSink
    store: Store
    is_down: bool = False
    _missed: list[Checkpoint] = field(factory=list, init=False)

    async def bring(self, entry: Entry) -> bool:
        """Hand the sink an entry; whether it took it."""
        try:
            async with asyncio.timeout(_SECONDS):
                await self.sink.write(entry)
        except Exception as error:  # noqa: BLE001 -- sinks raise what they like, and the text may quote the entry
            self.is_down = True
            _log.error("audit sink failed", sink=self.name, error=type(error).__name__, entry=entry.id)
            return False
        try:
            await self.store.delivered(self.name, [entry.id])
        except OperatorError as error:  # the sink gets it again
            _log.error("the store does not answer", problem=str(error))
        return True

    async def catch_up(self) -> bool:
        """Hand the sink what it missed, oldest first; whether it took it all. One process at a time does this."""
        name, owner, now = f"audit-delivery:{self.name}", new_id(), utc_now()
        if not await self.store.lock(name, owner, now, now + _LEASE):
            return False
        try:
            self.is_down = not await self._catch_up(now + _LEASE / 2)
        finally:
            await self.store.unlock(name, owner)
        return not self.is_down

    async def _catch_up(self, until: datetime) -> bool:
        while missed := await self.store.undelivered(self.name, utc_now(), limit=_AT_ONCE):
            for entry in missed:
                if utc_now() > until or not await self.bring(entry):
                    return False
        return True

    async def left_behind(self) -> bool:
        """Whether there is an entry that the sink has not got and nobody is bringing."""
        return bool(await self.store.undelivered(self.name, utc_now() - SETTLED, limit=1))

    async def bring_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Hand the sink a checkpoint, and before it those that it missed; a newer one proves all that it closes."""
        waiting = [*self._missed, checkpoint]
        while waiting:
            try:
                async with asyncio.timeout(_SECONDS):
                    await self.sink.write_checkpoint(waiting[0])
            except Exception as error:  # noqa: BLE001 -- as above
                _log.error("audit sink failed", sink=self.name, error=type(error).__name__, segment=waiting[0].number)
                break
            waiting.pop(0)
        self._missed = waiting[-_AT_ONCE:]
