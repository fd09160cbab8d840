"""What jobs ask for besides replies: what became of a ticket, and the end of what is stored about one."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from attrs import evolve, frozen

from raum.api import Helpdesk, Queue
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import OperationFailed
from raum.model import Account, Actor, Entry, EventKind, Job, Measures, Operation, Outcome
from raum.pipeline import failure_of
from raum.retention.deletions import Deletions
from raum.retention.records import Subject
from raum.secrets.credentials import Credentials
from raum.secrets.logins import StoredLogin

_log = structlog.get_logger("raum.errands")


@frozen
class Errands:
    """Runs such a job: one entry, whatever happened. `observe` is the hook that hears of measures."""

    helpdesk: Helpdesk
    credentials: Credentials
    queue: Queue
    journal: Journal
    observe: Callable[..., Any] = lambda account_id, measures: None
    deletions: Deletions | None = None
    """What takes an erasure on that a legal hold keeps from being done now."""

    async def run(self, job: Job, account: Account, *, may_retry: bool) -> None:
        """Do what the job asks for. Raises OperationFailed, after recording it unless it is tried again."""
        erase: Sequence[int] = ()
        try:
            await self.journal.ready()
            erase = await self._do(job, account)
        except Exception as error:  # noqa: BLE001 -- whatever stopped it, the entry says so
            failure: OperationFailed | None = failure_of(error)
        else:
            failure = None
        if failure is None:
            await self._end(job, job_entry(job, "done", None), dead=False, erase=erase)
            return
        if not (failure.retryable and may_retry):
            await self._end(job, job_entry(job, Outcome.FAILED, failure.code), dead=True)
        raise failure

    async def _end(self, job: Job, entry: Entry, *, dead: bool, erase: Sequence[int] = ()) -> None:
        entry = await self.queue.finish(job, entry, dead=dead, erase=erase)
        if erase:
            _log.info("erased what was said on deleted tickets", tickets=len(erase), entries=len(entry.erased))
        await self.journal.tell(entry)

    async def _do(self, job: Job, account: Account) -> Sequence[int]:
        """Do what is asked for, but for erasing, which is one transaction with the entry; the tickets to erase."""
        login = StoredLogin(account.id, self.credentials, self.journal)
        match job.kind:
            case EventKind.TICKET_DELETED:
                return await self._unless_held(account, Subject.TICKET, [job.ticket_id])
            case EventKind.PERSON_DELETED:
                found = await self.helpdesk.tickets_of(account, login, job.person_id)
                return await self._unless_held(account, Subject.REQUESTER, found)
            case EventKind.SOLVED | EventKind.RATED:
                measures = await self.helpdesk.measures(account, login, job.ticket_id)
                self._tell(account, measures)
        return ()

    async def _unless_held(self, account: Account, subject: Subject, ticket_ids: Sequence[int]) -> Sequence[int]:
        if self.deletions is not None and await self.deletions.postpone(account, subject, ticket_ids):
            return ()
        return ticket_ids

    def _tell(self, account: Account, measures: Measures) -> None:
        try:
            self.observe(account_id=account.id, measures=measures)
        except Exception as error:  # noqa: BLE001 -- an observer only observes
            _log.error("observer failed", error=type(error).__name__)


_OPERATIONS = {
    EventKind.REPLY: Operation.GENERATE,
    EventKind.TICKET_DELETED: "ticket_erase",
    EventKind.PERSON_DELETED: "person_erase",
    EventKind.SOLVED: "ticket_measure",
    EventKind.RATED: "ticket_measure",
}


def job_entry(job: Job, outcome: str, reason: str | None) -> Entry:
    """The entry of a job of any kind that asks no AI; it does not say who was deleted."""
    entry = action_entry(_OPERATIONS[job.kind], job.account_id, Actor("system", "webhook"), origin=job.origin)
    return evolve(entry, outcome=outcome, reason=reason, job_id=job.id, ticket_id=job.ticket_id or None)
