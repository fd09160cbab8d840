"""`POST /webhooks/zendesk/{webhook_key}`: a signed delivery becomes a durable job."""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.credentials import WEBHOOK_SECRET
from raum.errors import InvalidDelivery, InvalidSignature
from raum.host import Host
from raum.ids import new_id, utc_now
from raum.model import Account, Event, Job
from raum.web.body import require_json
from raum.web.problems import Problem

_log = structlog.get_logger("raum.web")


async def receive(request: Request) -> Response:
    """202 once the job is durable, 200 for a duplicate or an event of no interest, 503 if it could not be kept."""
    host: Host = request.state.host
    account = await host.store.account_of_webhook(request.path_params["webhook_key"])
    if account is None:
        raise Problem(404, "unknown_webhook_key", "No account has this webhook address.")
    require_json(request)
    event = await _event(host, account, request)
    if event is None:
        return JSONResponse({"status": "ignored"})
    job = Job(
        id=new_id(),
        account_id=account.id,
        event_id=event.id,
        ticket_id=event.ticket_id,
        created_at=utc_now(),
        source_ip=request.client.host if request.client else "",
        request_id=request.state.request_id,
        kind=event.kind,
        person_id=event.person_id,
    )
    if not await host.store.accept(job):
        return JSONResponse({"status": "duplicate"})
    host.worker.wake()
    _log.info("job accepted", job=job.id, account=account.id, ticket=job.ticket_id)
    return JSONResponse({"status": "accepted", "job_id": job.id}, 202)


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
