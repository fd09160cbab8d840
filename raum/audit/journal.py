"""Writes entries: to the store first, then to the sinks, then past the observers."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog

from raum.api import AuditSink, Store
from raum.audit.delivery import Delivery
from raum.errors import AuditUnavailable
from raum.model import Entry
from raum.sealing.chain import Checkpoint

_log = structlog.get_logger("raum.audit")


class Journal:
    """Where entries go.

    The store has the entry, in the transaction of the change, before anybody else hears of it. A sink that does not
    take it gets it later; until it has it, `ready` lets nothing begin, unless `stops` is false.
    """

    def __init__(
        self,
        store: Store,
        sinks: Mapping[str, AuditSink] | None = None,
        observe: Callable[..., Any] = lambda entry: None,
        *,
        stops: bool = True,
    ) -> None:
        self._store = store
        self.deliveries = tuple(Delivery(name, sink, store) for name, sink in (sinks or {}).items())
        self._observe = observe
        self._stops = stops
        store.copy_to([delivery.name for delivery in self.deliveries])

    async def ready(self) -> None:
        """Before an operation, or a change: all sinks take entries. Raises AuditUnavailable if one does not."""
        for delivery in self.deliveries:
            if delivery.is_down and not await delivery.catch_up() and self._stops:
                raise AuditUnavailable(
                    f"the audit sink '{delivery.name}' does not take entries; nothing is begun until it does "
                    "(on_audit_failure is 'stop')"
                )

    @asynccontextmanager
    async def recording(self, entry: Entry) -> AsyncIterator[None]:
        """Around a change that the store writes together with its entry: not begun unless the sinks are ready."""
        await self.ready()
        yield
        await self.tell(entry)

    async def write(self, entry: Entry) -> Entry:
        """Write an entry that belongs to no job and no change; gives it as the store has it."""
        entry = await self._store.append(entry)
        await self.tell(entry)
        return entry

    async def tell(self, entry: Entry) -> None:
        """Pass on an entry that the store already has, because it was written together with the change it is about."""
        for delivery in self.deliveries:
            await delivery.bring(entry)
        try:
            self._observe(entry=entry)
        except Exception as error:  # noqa: BLE001 -- an observer only observes
            _log.error("observer failed", error=type(error).__name__, entry=entry.id)

    async def tell_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Pass on a checkpoint."""
        for delivery in self.deliveries:
            await delivery.bring_checkpoint(checkpoint)

    async def catch_up(self) -> None:
        """Bring the sinks what they missed, also what other processes left behind."""
        for delivery in self.deliveries:
            if delivery.is_down or await delivery.left_behind():
                await delivery.catch_up()
