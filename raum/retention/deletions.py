"""Deletions that are asked for: recorded with a due date, carried out by the worker, tracked until they are done."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from attrs import evolve, frozen

from raum.api import Helpdesk, Store
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import OperatorError
from raum.ids import new_id, utc_now
from raum.model import NOWHERE, Account, AccountState, Actor, Change, Entry, Origin
from raum.retention.periods import DUE, Terms
from raum.retention.purge import SYSTEM, Purger
from raum.retention.records import Deletion, Hold, Subject
from raum.secrets.credentials import Credentials
from raum.secrets.logins import StoredLogin

_log = structlog.get_logger("raum.retention")

_TICKETS_AT_ONCE: Final = 100
_LONG_AGO: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@frozen
class Deletions:
    """Takes deletions on, in an actor's name, and carries out what is open."""

    store: Store
    helpdesk: Helpdesk
    credentials: Credentials
    journal: Journal
    purger: Purger
    actor: Actor = SYSTEM
    origin: Origin = NOWHERE
    clock: Callable[[], datetime] = utc_now

    async def request_ticket(self, account: Account, ticket_id: int) -> Deletion:
        """Have all that was said on a ticket deleted."""
        return await self._request(account, Subject.TICKET, [ticket_id])

    async def request_requester(self, account: Account, person_id: int) -> Deletion:
        """Have all deleted that was said on the tickets that a person asked for.

        Who that is is asked of the helpdesk now, and not kept: the numbers of the tickets are. Raises HelpdeskFailed.
        """
        login = StoredLogin(account.id, self.credentials, self.journal)
        return await self._request(
            account, Subject.REQUESTER, await self.helpdesk.tickets_of(account, login, person_id)
        )

    async def request_account(self, account: Account) -> Deletion:
        """Have the account deleted with all that it has; its audit log stays its time, and says nothing of tickets."""
        return await self._request(account, Subject.ACCOUNT, [])

    async def postpone(self, account: Account, subject: Subject, ticket_ids: Sequence[int]) -> bool:
        """Under a legal hold, take on what was about to be erased, to be done when it is lifted; False without one."""
        if account.id not in await self.store.holds():
            return False
        await self._request(account, subject, ticket_ids)
        return True

    async def _request(self, account: Account, subject: Subject, ticket_ids: Sequence[int]) -> Deletion:
        now, numbers = self.clock(), tuple(dict.fromkeys(ticket_ids))
        deletion = Deletion(new_id(), account.id, subject, now, now + DUE, numbers, len(numbers))
        changes = (Change(subject, None, "requested"), Change("due", None, deletion.due_at.isoformat()))
        entry = self._entry("deletion_request", deletion, changes)
        if subject is Subject.TICKET:
            entry = evolve(entry, ticket_id=numbers[0])
        async with self.journal.recording(entry):
            await self.store.add_deletion(deletion, entry)
        return deletion

    def _entry(self, operation: str, deletion: Deletion, changes: tuple[Change, ...] = ()) -> Entry:
        target = f"deletion:{deletion.id}"
        return action_entry(operation, deletion.account_id, self.actor, changes, target=target, origin=self.origin)

    async def carry_out(self, keep_on: Callable[[], Awaitable[None]]) -> None:
        """Do all that is open; what is under a legal hold stays open. Raises OperatorError if something could not be.

        `keep_on` is asked before each step, and ends the work by raising.
        """
        holds = await self.store.holds()
        due = [each for each in await self.store.open_deletions() if each.account_id not in holds]
        failed = 0
        for deletion in due:
            await keep_on()
            try:
                await self._carry_out(deletion, keep_on)
            except OperatorError as error:
                failed += 1
                _log.error("a deletion could not be carried out", deletion=deletion.id, problem=str(error))
        if due:
            await self.purger.scrub()
        if failed:
            raise OperatorError(f"{failed} deletions could not be carried out; they are tried again")

    async def _carry_out(self, deletion: Deletion, keep_on: Callable[[], Awaitable[None]]) -> None:
        erased = 0
        for start in range(0, len(deletion.ticket_ids), _TICKETS_AT_ONCE):
            await keep_on()
            await self.purger.require_no_hold(deletion.account_id)
            some = deletion.ticket_ids[start : start + _TICKETS_AT_ONCE]
            entry = await self.store.erase_tickets(deletion.account_id, some, self._entry("ticket_erase", deletion))
            await self.journal.tell(entry)
            erased += len(entry.erased)
        changes: tuple[Change, ...] = (Change(deletion.subject, "requested", "done"),)
        if deletion.subject is Subject.ACCOUNT:
            account = await self.store.account(deletion.account_id)
            is_deleted = account is None or account.state is AccountState.DELETED
            terms = Terms(self.purger.periods, ends_at=_LONG_AGO, is_deleted=is_deleted)
            await self.purger.purge_account(deletion.account_id, terms, self.clock(), keep_on)
        else:
            changes += (Change("entries", str(erased), "0"),)
        entry = self._entry("deletion", deletion, changes)
        await self.store.finish_deletion(deletion, self.clock(), entry)
        await self.journal.tell(entry)
        _log.info("deletion carried out", deletion=deletion.id, subject=deletion.subject, entries=erased)


def state_of(deletion: Deletion, holds: Mapping[str, Hold], now: datetime) -> str:
    """How it stands with a deletion, in a word: done, held, overdue or open."""
    if not deletion.is_open:
        return "done"
    if deletion.account_id in holds:
        return "held"
    return "overdue" if deletion.is_overdue(now) else "open"


def overdue(deletions: Sequence[Deletion], now: datetime) -> int:
    """How many of these should have been done by now."""
    return sum(deletion.is_overdue(now) for deletion in deletions)
