"""What jobs ask for besides replies: what became of a ticket, and the end of what is stored about one."""

from collections.abc import Callable
from typing import Any

import structlog
from attrs import evolve, frozen

from raum.api import Helpdesk, Queue, Store
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.credentials import Credentials
from raum.errors import OperationFailed
from raum.logins import StoredLogin
from raum.model import Account, Actor, Entry, EventKind, Job, Measures, Operation, Outcome
from raum.pipeline import failure_of

_log = structlog.get_logger("raum.errands")


@frozen
class Errands:
    """Runs such a job: one entry, whatever happened. `observe` is the hook that hears of measures."""

    store: Store
    helpdesk: Helpdesk
    credentials: Credentials
    queue: Queue
    journal: Journal
    observe: Callable[..., Any] = lambda account_id, measures: None

    async def run(self, job: Job, account: Account, *, may_retry: bool) -> None:
        """Do what the job asks for. Raises OperationFailed, after recording it unless it is tried again."""
        try:
            await self._do(job, account)
        except Exception as error:  # noqa: BLE001 -- whatever stopped it, the entry says so
            failure: OperationFailed | None = failure_of(error)
        else:
            failure = None
        if failure is None:
            await self._end(job, job_entry(job, "done", None), dead=False)
            return
        if not (failure.retryable and may_retry):
            await self._end(job, job_entry(job, Outcome.FAILED, failure.code), dead=True)
        raise failure

    async def _end(self, job: Job, entry: Entry, *, dead: bool) -> None:
        await self.journal.tell(await self.queue.finish(job, entry, dead=dead))

    async def _do(self, job: Job, account: Account) -> None:
        login = StoredLogin(account.id, self.credentials, self.journal)
        match job.kind:
            case EventKind.TICKET_DELETED:
                await self._erase(account, [job.ticket_id])
            case EventKind.PERSON_DELETED:
                await self._erase(account, list(await self.helpdesk.tickets_of(account, login, job.person_id)))
            case EventKind.SOLVED | EventKind.RATED:
                measures = await self.helpdesk.measures(account, login, job.ticket_id)
                self._tell(account, measures)

    def _tell(self, account: Account, measures: Measures) -> None:
        try:
            self.observe(account_id=account.id, measures=measures)
        except Exception as error:  # noqa: BLE001 -- an observer only observes
            _log.error("observer failed", error=type(error).__name__)

    async def _erase(self, account: Account, ticket_ids: list[int]) -> None:
        erased = await self.store.erase_tickets(account.id, ticket_ids)
        _log.info(
            "erased what was said on deleted tickets", account=account.id, tickets=len(ticket_ids), entries=erased
        )


_OPERATIONS = {
    EventKind.REPLY: Operation.GENERATE,
    EventKind.TICKET_DELETED: "ticket_erase",
    EventKind.PERSON_DELETED: "person_erase",
    EventKind.SOLVED: "ticket_measure",
    EventKind.RATED: "ticket_measure",
}


def job_entry(job: Job, outcome: str, reason: str | None) -> Entry:
    """The entry of a job of any kind that asks no AI; it does not say who was deleted."""
    entry = action_entry(_OPERATIONS[job.kind], job.account_id, Actor("system", "webhook"))
    ticket_id = job.ticket_id or None
    return evolve(
        entry, outcome=outcome, reason=reason, job_id=job.id, ticket_id=ticket_id, source_ip=job.source_ip,
        request_id=job.request_id,
    )  # fmt: skip
