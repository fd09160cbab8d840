"""`POST /webhooks/zendesk/{webhook_key}`: a signed delivery becomes a durable job.

Zendesk gives an event up after most answers; after 503 with a Retry-After below 60 s, and after a timeout, it comes
again (https://developer.zendesk.com/documentation/webhooks/troubleshooting/#retries). So nothing that may pass is ever
answered with another status, not even a bug.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

import structlog
from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.errors import InvalidDelivery, InvalidSignature, RaumError
from raum.host import Host
from raum.ids import new_id, utc_now
from raum.log import where
from raum.model import Account, Event, Job
from raum.secrets.credentials import WEBHOOK_SECRET
from raum.toml.structuring import plain
from raum.web.addresses import origin_of
from raum.web.body import require_json
from raum.web.problems import Problem

_log = structlog.get_logger("raum.web")

_SECONDS: Final = 8.0
"""For a whole delivery: Zendesk waits 10 to 12 seconds for the answer."""

_AT_WORK: Final[set["asyncio.Task[Response]"]] = set()


@frozen
class DeliveryBody:
    """A delivery in the helpdesk's own shape. It is verified and read as the raw bytes that it is."""

    SCHEMA: ClassVar[Mapping[str, Any]] = {"additionalProperties": True}


@frozen
class DeliveryAnswer:
    """What became of a delivery: accepted as a job, a duplicate of an earlier one, or of no interest."""

    LEFT_OUT: ClassVar[tuple[str, ...]] = ("job_id",)

    status: Literal["accepted", "duplicate", "ignored"]
    job_id: str = ""


async def receive(request: Request) -> Response:
    """202 once the job is durable, 200 for a duplicate or an event of no interest, 503 if it could not be kept."""
    work = asyncio.create_task(_receive(request))
    try:
        if await _ends(work):
            return work.result()
        problem = "The job could not be kept in time."
        _log.error("a delivery took too long", request=request.state.request_id)
    except (Problem, RaumError, HTTPException):
        raise
    except Exception as error:  # noqa: BLE001 -- a bug; told by type and place, because its text may quote the body
        problem = "raum failed in a way it does not know; the log says where."
        _log.error("bug in a route", request=request.state.request_id, error=type(error).__name__, where=where(error))
    raise Problem(503, "delivery_not_kept", problem)


async def _ends(work: "asyncio.Task[Response]") -> bool:
    """Whether it ends in time. Else it is left to end on its own: a driver that is cancelled may never let go.

    Should the job be kept after all, the delivery that comes again is a duplicate.
    """
    _AT_WORK.add(work)
    work.add_done_callback(_forget)
    done, _ = await asyncio.wait({work}, timeout=_SECONDS)
    return bool(done)


def _forget(work: "asyncio.Task[Response]") -> None:
    _AT_WORK.discard(work)
    if not work.cancelled():
        work.exception()  # or else it is reported as one that nobody looked at, with its text


async def _receive(request: Request) -> Response:
    host: Host = request.state.host
    key = request.path_params["webhook_key"]  # of whoever sends it: a database refuses NUL
    account = await host.store.account_of_webhook(key) if key.isprintable() else None
    if account is None or not account.is_active(utc_now()):
        raise Problem(404, "unknown_webhook_key", "No account has this webhook address.")
    require_json(request)
    event = await _event(host, account, request)
    if event is None:
        return _told(DeliveryAnswer("ignored"))
    origin = origin_of(request)
    job = Job(
        id=new_id(),
        account_id=account.id,
        event_id=event.id,
        ticket_id=event.ticket_id,
        created_at=utc_now(),
        peer_ip=origin.peer_ip,
        client_ip=origin.client_ip,
        request_id=origin.request_id,
        kind=event.kind,
        person_id=event.person_id,
    )
    if not await host.queue.accept(job):
        return _told(DeliveryAnswer("duplicate"))
    host.worker.wake()
    _log.info("job accepted", job=job.id, account=account.id, kind=job.kind, ticket=job.ticket_id or None)
    return _told(DeliveryAnswer("accepted", job.id), 202)


def _told(answer: DeliveryAnswer, status: int = 200) -> Response:
    return JSONResponse(plain(answer, sparse=True), status)


async def _event(host: Host, account: Account, request: Request) -> Event | None:
    """What the delivery asks for, after its raw bytes were verified."""
    body = await request.body()
    secret = await host.credentials.get(account.id, WEBHOOK_SECRET)
    try:
        host.helpdesk.verify(request.headers, body, [secret], utc_now())
        return host.helpdesk.parse(body)
    except InvalidSignature as error:
        raise Problem(401, error.code, str(error)) from None
    except InvalidDelivery as error:
        raise Problem(400, error.code, str(error)) from None
