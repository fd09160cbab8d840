"""`/v1/deletions`: having deleted what was said on tickets, or all of the account, and seeing what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import evolve, field, frozen, validators
from starlette.requests import Request

from raum.host import Host
from raum.identity.actors import Role
from raum.ids import utc_now
from raum.retention.deletions import Deletions, state_of
from raum.retention.records import Deletion, Hold
from raum.web.access import caller
from raum.web.addresses import origin_of
from raum.web.problems import Problem

_LARGEST_NUMBER: Final = 2**63 - 1


def _number(help_: str) -> Any:
    check = validators.and_(validators.ge(1), validators.le(_LARGEST_NUMBER))
    return field(default=None, validator=validators.optional(check), metadata={"help": help_, "allowed": "a number"})


@frozen
class DeletionBody:
    """What is to be deleted: one of these."""

    ticket_id: int | None = _number("what was said on this ticket")
    requester_id: int | None = _number("what was said on all tickets of this person, by the helpdesk's number")
    account_id: str | None = field(
        default=None,
        metadata={"help": "all that the account has: the id of the account that asks", "allowed": "its own id"},
    )


@frozen
class KeptDeletion:
    """A deletion. It tells how many tickets it is about, and not which."""

    id: str
    subject: str
    state: str = field(metadata={"help": "open, held (by a legal hold), overdue or done"})
    tickets: int
    requested_at: datetime
    due_at: datetime
    finished_at: datetime | None


@frozen
class DeletionAnswer:
    """What was taken on, and the day until which it is done."""

    deletion: KeptDeletion
    request_id: str


@frozen
class DeletionsAnswer:
    """The account's deletions."""

    deletions: tuple[KeptDeletion, ...]
    request_id: str


async def request_deletion(request: Request, body: DeletionBody) -> DeletionAnswer:
    """Take a deletion on."""
    host: Host = request.state.host
    deletions = evolve(host.deletions, actor=caller(request).actor, origin=origin_of(request))
    deletion = await _requested(deletions, request, body)
    return DeletionAnswer(_shown(deletion, await host.store.holds()), request.state.request_id)


async def list_deletions(request: Request) -> DeletionsAnswer:
    """The account's deletions: the open ones first, and then the newest."""
    host: Host = request.state.host
    holds = await host.store.holds()
    found = await host.store.deletions(caller(request).account.id)
    return DeletionsAnswer(tuple(_shown(deletion, holds) for deletion in found), request.state.request_id)


def _shown(deletion: Deletion, holds: Mapping[str, Hold]) -> KeptDeletion:
    return KeptDeletion(
        deletion.id,
        deletion.subject.value,
        state_of(deletion, holds, utc_now()),
        deletion.tickets,
        deletion.requested_at,
        deletion.due_at,
        deletion.finished_at,
    )


async def _requested(deletions: Deletions, request: Request, body: DeletionBody) -> Deletion:
    asking = caller(request)
    if [body.ticket_id, body.requester_id, body.account_id].count(None) != 2:
        raise Problem(400, "invalid_shape", "The body must have one of ticket_id, requester_id and account_id.")
    if body.ticket_id is not None:
        return await deletions.request_ticket(asking.account, body.ticket_id)
    if body.requester_id is not None:
        return await deletions.request_requester(asking.account, body.requester_id)
    if body.account_id != asking.account.id:
        raise Problem(400, "invalid_shape", "account_id must be the id of the account that asks.")
    if asking.role is not Role.OWNER:
        raise Problem(403, "forbidden", "Only an owner of the account can have it deleted.")
    return await deletions.request_account(asking.account)
