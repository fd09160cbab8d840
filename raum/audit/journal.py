"""Writes entries: to the store first, then to the sinks, then past the observers."""

from collections.abc import Callable, Iterable
from typing import Any

import structlog

from raum.api import AuditSink, Store
from raum.model import Entry

_log = structlog.get_logger("raum.audit")


class Journal:
    """Where entries go. The store has the entry, in the transaction of the change, before anybody else hears of it."""

    def __init__(
        self, store: Store, sinks: Iterable[AuditSink] = (), observe: Callable[..., Any] = lambda entry: None
    ) -> None:
        self._store = store
        self._sinks = tuple(sinks)
        self._observe = observe

    async def write(self, entry: Entry) -> Entry:
        """Write an entry that belongs to no job; gives it as the store has it."""
        entry = await self._store.append(entry)
        await self.tell(entry)
        return entry

    async def tell(self, entry: Entry) -> None:
        """Pass on an entry that the store already has, because it was written together with the change it is about."""
        for sink in self._sinks:
            try:
                await sink.write(entry)
            except Exception as error:  # noqa: BLE001 -- the entry is safe in the store; a sink must not undo the reply
                _log.error("audit sink failed", sink=type(sink).__name__, error=type(error).__name__, entry=entry.id)
        try:
            self._observe(entry=entry)
        except Exception as error:  # noqa: BLE001 -- an observer only observes
            _log.error("observer failed", error=type(error).__name__, entry=entry.id)
