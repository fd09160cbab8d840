"""`/v1/deletions`: having deleted what was said on tickets, or all of the account, and seeing what became of it."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.host import Host
from raum.identity.actors import Role
from raum.ids import utc_now
from raum.retention.deletions import Deletions, state_of
from raum.retention.records import Deletion, Hold
from raum.web.access import caller
from raum.web.addresses import origin_of
from raum.web.body import json_object
from raum.web.problems import Problem

_LARGEST_NUMBER: Final = 2**63 - 1
_SHAPE: Final = (
    'The body must be {"ticket_id": NUMBER}, {"requester_id": NUMBER} or {"account_id": "..."}, with the id of the '
    "account that asks."
)


async def request_deletion(request: Request) -> Response:
    """Take a deletion on: 202, with the day until which it is done."""
    host: Host = request.state.host
    asking = caller(request)
    deletions = evolve(host.deletions, actor=asking.actor, origin=origin_of(request))
    deletion = await _requested(deletions, request, await json_object(request))
    holds = await host.store.holds()
    return JSONResponse({**document_of(deletion, holds), "request_id": request.state.request_id}, 202)


async def list_deletions(request: Request) -> Response:
    """The account's deletions: the open ones first, and then the newest."""
    host: Host = request.state.host
    holds = await host.store.holds()
    found = await host.store.deletions(caller(request).account.id)
    documents = [document_of(deletion, holds) for deletion in found]
    return JSONResponse({"deletions": documents, "request_id": request.state.request_id})


def document_of(deletion: Deletion, holds: Mapping[str, Hold]) -> dict[str, Any]:
    """A deletion as JSON. It tells how many tickets it is about, and not which."""
    return {
        "id": deletion.id,
        "subject": deletion.subject,
        "state": state_of(deletion, holds, utc_now()),
        "tickets": deletion.tickets,
        "requested_at": deletion.requested_at.isoformat(),
        "due_at": deletion.due_at.isoformat(),
        "finished_at": deletion.finished_at.isoformat() if deletion.finished_at else None,
    }


async def _requested(deletions: Deletions, request: Request, document: dict[str, Any]) -> Deletion:
    asking = caller(request)
    match document:
        case {"ticket_id": int(number), **rest} if not rest and _is_number(number):
            return await deletions.request_ticket(asking.account, number)
        case {"requester_id": int(number), **rest} if not rest and _is_number(number):
            return await deletions.request_requester(asking.account, number)
        case {"account_id": str(name), **rest} if not rest and name == asking.account.id:
            if asking.role is not Role.OWNER:
                raise Problem(403, "forbidden", "Only an owner of the account can have it deleted.")
            return await deletions.request_account(asking.account)
    raise Problem(400, "invalid_shape", _SHAPE)


def _is_number(number: int) -> bool:
    return not isinstance(number, bool) and 0 < number <= _LARGEST_NUMBER
