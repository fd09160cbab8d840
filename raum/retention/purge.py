"""Purging: what has expired goes, a little at a time, so that nobody has to wait for it."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from attrs import evolve, frozen

from raum.api import Queue, Store
from raum.audit.actions import HOST, action_entry
from raum.audit.journal import Journal
from raum.errors import OperatorError
from raum.model import Account, AccountState, Actor, Change, Entry
from raum.retention.periods import Terms, expired_before, own_periods
from raum.retention.records import Expired, Hold, Kind
from raum.sealing.verify import PURGE
from raum.settings import stored_settings

_log = structlog.get_logger("raum.retention")

SYSTEM: Final = Actor("system", "retention")
_SMALLEST_BATCH: Final = 20
_LARGEST_BATCH: Final = 200
_BATCH_SECONDS: Final = 0.015
"""What a batch is to take: so long a request that writes may have to wait for it. Most of it is the commit."""
_PAUSE_SECONDS: Final = 0.03
"""Between batches. SQLite's waiting writers look again after up to 25 ms (sqliteDefaultBusyCallback)."""
_SCRUBS: Final = 50


async def _keep_on() -> None:
    """Nobody else could do the same."""


@frozen
class Purger:
    """Purges what has expired, and leaves a receipt in the audit log: one for each account and class.

    The receipt is written first, so that nothing can go without one; a purge that was broken off is gone on with by the
    next, under another receipt.
    """

    store: Store
    queue: Queue
    journal: Journal
    periods: Mapping[Kind, timedelta]
    actor: Actor = SYSTEM

    async def expired(self, now: datetime) -> Sequence[Expired]:
        """What has expired, by account and class; nothing of accounts under a legal hold."""
        return [each for name, terms in await self.terms() for each in await self._expired(name, terms, now)]

    async def terms(self) -> Sequence[tuple[str, Terms]]:
        """All accounts, with what holds for each; and the host, which has a log as well."""
        holds = await self.store.holds()
        terms = [(each.id, await self._terms(each, holds)) for each in await self.store.accounts()]
        return [*terms, (HOST, Terms(self.periods))]

    async def _terms(self, account: Account, holds: Mapping[str, Hold]) -> Terms:
        return Terms(
            own_periods(self.periods, await self._own(account)),
            ends_at=account.ends_at,
            is_deleted=account.state is AccountState.DELETED,
            hold=holds.get(account.id),
        )

    async def _own(self, account: Account) -> timedelta | None:
        """The period that the account chose. Settings that cannot be read hold up neither its purge nor the others'."""
        stored = await self.store.settings(account.id)
        try:
            days = stored_settings(stored).retention_days
        except OperatorError as error:
            _log.error("settings cannot be read; the host's periods hold", account=account.id, problem=str(error))
            return None
        return None if days is None else timedelta(days=days)

    async def _expired(self, account_id: str, terms: Terms, now: datetime) -> Sequence[Expired]:
        return [each for kind in Kind if (each := await self._expired_of(account_id, kind, terms, now))]

    async def _expired_of(self, account_id: str, kind: Kind, terms: Terms, now: datetime) -> Expired | None:
        before = expired_before(kind, terms, now)
        if before is None:
            return None
        if kind is Kind.ACCOUNT:
            return Expired(account_id, kind, before, 1)
        since = expired_before(Kind.AUDIT, terms, now) if kind is Kind.TICKETS else None
        expired = await self.store.expired(account_id, kind, before, since=since)
        if kind is Kind.JOBS:
            expired = evolve(expired, number=expired.number + await self.queue.expired(account_id, before))
        return expired if expired.number else None

    async def purge(self, now: datetime, keep_on: Callable[[], Awaitable[None]] = _keep_on) -> Sequence[Expired]:
        """Purge what has expired: what has gone. `keep_on` is asked before each step, and ends the purge by raising.

        What fails for one account does not hold up the others. Raises OperatorError, when all else is done.
        """
        everybody = await self.terms()
        failed: set[str] = set()
        logs: dict[str, Expired] = {}
        for account_id, terms in everybody:
            with _going_on(account_id, failed):
                if expired := await self._expired_of(account_id, Kind.AUDIT, terms, now):
                    await self.require_no_hold(account_id)
                    await self.journal.write(self._receipt(expired))
                    logs[account_id] = expired
        await self._purge_days(list(logs.values()), now, keep_on)
        gone: list[Expired] = []
        for account_id, terms in everybody:
            await keep_on()
            with _going_on(account_id, failed):
                if log := logs.get(account_id):
                    gone.append(log)
                    await self._remove(log, keep_on)
                gone += await self._purge_rest(account_id, terms, now, keep_on)
        if gone:
            await self.scrub()
        if failed:
            raise OperatorError(f"the purge failed for {len(failed)} accounts; it is tried again")
        return gone

    async def _purge_days(self, logs: Sequence[Expired], now: datetime, keep_on: Callable[[], Awaitable[None]]) -> None:
        """Let whole days go, where the store can; the receipts are written. What is left goes by rows."""
        try:
            while await self.store.purge_together(logs, now - self.periods[Kind.AUDIT]):
                await asyncio.sleep(_PAUSE_SECONDS)
                await keep_on()
        except OperatorError as error:
            _log.warning("no whole days could be purged; what has expired goes row by row", problem=str(error))

    async def purge_account(
        self, account_id: str, terms: Terms, now: datetime, keep_on: Callable[[], Awaitable[None]] = _keep_on
    ) -> Sequence[Expired]:
        """Purge what has expired of one account. Raises OperatorError if it comes under a legal hold meanwhile."""
        gone = []
        if expired := await self._expired_of(account_id, Kind.AUDIT, terms, now):
            gone.append(expired)
            await self.require_no_hold(account_id)
            await self.journal.write(self._receipt(expired))
            await self._remove(expired, keep_on)
        return [*gone, *await self._purge_rest(account_id, terms, now, keep_on)]

    async def _purge_rest(
        self, account_id: str, terms: Terms, now: datetime, keep_on: Callable[[], Awaitable[None]]
    ) -> Sequence[Expired]:
        """All but the audit entries themselves."""
        gone = []
        for kind in (kind for kind in Kind if kind is not Kind.AUDIT):
            expired = await self._expired_of(account_id, kind, terms, now)
            if expired is not None:
                gone.append(expired)
            while expired is not None:
                receipt = self._receipt(expired)
                await self.require_no_hold(account_id)
                if kind is Kind.ACCOUNT:
                    await self.store.delete_account(account_id, secrets.token_urlsafe(24), receipt)
                    await self.journal.tell(receipt)
                    break
                await self.journal.write(receipt)
                await self._remove(expired, keep_on)
                is_more = kind is Kind.TICKETS and len(expired.entry_ids) < expired.number
                expired = await self._expired_of(account_id, kind, terms, now) if is_more else None
        return gone

    async def require_no_hold(self, account_id: str) -> None:
        """Before anything of an account goes. Raises OperatorError if the account is under a legal hold by now."""
        if account_id in await self.store.holds():
            raise OperatorError("the account has come under a legal hold; what is left of it stays")

    async def _remove(self, expired: Expired, keep_on: Callable[[], Awaitable[None]]) -> None:
        """Remove it row by row; the receipt is written."""

        async def unless_held() -> None:
            await keep_on()
            await self.require_no_hold(expired.account_id)

        if expired.kind is Kind.JOBS:
            await _in_batches(
                lambda limit: self.queue.purge(expired.account_id, expired.before, limit=limit), unless_held
            )
        await _in_batches(lambda limit: self.store.purge(expired, limit=limit), unless_held)

    def _receipt(self, expired: Expired) -> Entry:
        """What the audit log says about it, for people and for `raum.sealing.verify`."""
        number = len(expired.entry_ids) if expired.kind is Kind.TICKETS else expired.number
        changes = (Change(expired.kind, str(number), "0"), Change("before", None, expired.before.isoformat()))
        target = f"segment:{expired.segment}" if expired.segment else None
        return evolve(
            action_entry(PURGE, expired.account_id, self.actor, changes, target=target), erased=expired.entry_ids
        )

    async def scrub(self) -> None:
        """Let the database's files forget what was removed; as soon as nobody reads it any more."""
        for _ in range(_SCRUBS):
            if await self.store.scrub():
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        _log.warning("the database is too busy to let its files forget at once what was purged; the next purge tries")


@contextlib.contextmanager
def _going_on(account_id: str, failed: set[str]) -> Iterator[None]:
    """Let what fails for one account not hold up the others."""
    try:
        yield
    except OperatorError as error:
        failed.add(account_id)
        _log.error("not all that has expired could be purged", account=account_id, problem=str(error))


async def _in_batches(remove: Callable[[int], Awaitable[int]], keep_on: Callable[[], Awaitable[None]]) -> None:
    """Remove until nothing is left, in batches of a size that takes as long as a batch may."""
    limit = _SMALLEST_BATCH
    while True:
        await keep_on()
        started = time.monotonic()
        if not await remove(limit):
            return
        share = _BATCH_SECONDS / max(time.monotonic() - started, 0.001)
        limit = max(_SMALLEST_BATCH, min(_LARGEST_BATCH, round(limit * min(share, 2.0))))
        await asyncio.sleep(_PAUSE_SECONDS)
