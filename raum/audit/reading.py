"""Reading the log: a page or an export. Who reads is itself an entry, and without that entry nothing is read."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import attrs
from attrs import frozen

from raum.api import Store
from raum.audit.actions import action_entry
from raum.audit.export import exported
from raum.audit.journal import Journal
from raum.errors import RaumError
from raum.model import NOWHERE, Actor, Entry, Origin
from raum.sealing.body import utc_text
from raum.sealing.sealer import Sealer
from raum.storage.audit import Wanted


@frozen
class LogReader:
    """Reads an account's log in an actor's name."""

    store: Store
    journal: Journal
    sealer: Sealer
    actor: Actor
    origin: Origin = NOWHERE

    async def page(
        self, account_id: str, wanted: Wanted, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Entry]:
        """Entries, newest first; one more than `limit` if there are more."""
        await self._record("audit_read", account_id, _told(wanted))
        return await self.store.entries(account_id, wanted, after=after, limit=limit + 1)

    async def export(self, account_id: str, format_: str, wanted: Wanted) -> AsyncIterator[str]:
        """The pieces of an export. What is there is sealed before, so that the whole of it can be verified."""
        await self._record("audit_export", account_id, f"format={format_} {_told(wanted)}".rstrip())
        with contextlib.suppress(RaumError):  # another process is at it; what it leaves is told as not sealed
            await self.sealer.seal(account_id)
        return exported(self.store, account_id, format_, wanted)

    async def _record(self, operation: str, account_id: str, target: str) -> None:
        entry = action_entry(operation, account_id, self.actor, target=target or None, origin=self.origin)
        await self.journal.ready()
        await self.journal.write(entry)


def _told(wanted: Wanted) -> str:
    """What was asked for, in words, as the entry has it."""
    asked = attrs.asdict(wanted, filter=lambda _, value: value is not None)
    return " ".join(
        f"{name}={utc_text(value) if isinstance(value, datetime) else value}" for name, value in asked.items()
    )
