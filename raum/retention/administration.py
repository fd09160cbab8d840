"""What an administrator does about the keeping of data. Each action and its audit entry are one transaction."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from raum.api import Store
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import OperatorError
from raum.ids import utc_now
from raum.model import Account, AccountState, Actor, Change
from raum.retention.deletions import Deletions
from raum.retention.purge import Purger
from raum.retention.records import Expired, Hold
from raum.sealing.sealer import Sealer


@frozen
class RetentionAdministration:
    """Purges, deletions and legal holds, by one actor."""

    store: Store
    journal: Journal
    purger: Purger
    deletions: Deletions
    sealer: Sealer
    actor: Actor

    async def account(self, account_id: str) -> Account:
        """The account. Raises OperatorError if there is none of this id."""
        account = await self.store.account(account_id)
        if account is None or account.state is AccountState.DELETED:
            raise OperatorError(f"there is no account '{account_id}'; `raum account list` shows all of them")
        return account

    async def purge(self, now: datetime, *, dry_run: bool) -> Sequence[Expired]:
        """Purge what has expired at that time, or with `dry_run` say what would go.

        The log is sealed before, because what is not sealed stays.
        """
        with contextlib.suppress(OperatorError):  # another process is at it
            await self.sealer.seal()
        return await (self.purger.expired(now) if dry_run else self.purger.purge(now))

    async def holds(self) -> Mapping[str, Hold]:
        """The legal holds, by account."""
        return await self.store.holds()

    async def hold(self, account_id: str, reference: str) -> None:
        """Put an account under a legal hold: nothing of it is purged or deleted until it is released."""
        await self.account(account_id)
        try:
            hold = Hold(utc_now(), reference)
        except ValueError:
            raise OperatorError("a reference is of letters, digits and . _ / -, 64 at most") from None
        await self._change(account_id, "legal_hold", hold)

    async def release(self, account_id: str) -> None:
        """Lift the legal hold: what has expired meanwhile goes with the next purge."""
        if account_id not in await self.store.holds():
            raise OperatorError(f"account '{account_id}' is under no legal hold")
        await self._change(account_id, "legal_release", None)

    async def _change(self, account_id: str, operation: str, hold: Hold | None) -> None:
        before = (await self.store.holds()).get(account_id)
        change = Change("legal_hold", _told(before), _told(hold))
        entry = action_entry(operation, account_id, self.actor, (change,))
        async with self.journal.recording(entry):
            await self.store.hold(account_id, hold, entry)


def _told(hold: Hold | None) -> str | None:
    if hold is None:
        return None
    return f"since {hold.since.isoformat()}{f', {hold.reference}' if hold.reference else ''}"
