"""`POST /v1/generate` and `POST /v1/redactions`: the second door of the pipeline."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.host import Host
from raum.model import Operation, Order, Ticket
from raum.operations import ticket_text
from raum.web.access import caller
from raum.web.body import json_object
from raum.web.problems import Problem


async def generate(request: Request) -> Response:
    """A reply for the caller to use; nothing is posted."""
    host: Host = request.state.host
    account, actor = await caller(request)
    order = Order(
        operation=Operation.GENERATE,
        account=account,
        actor=actor,
        ticket=_ticket_of(host, await json_object(request)),
        source_ip=request.client.host if request.client else "",
        request_id=request.state.request_id,
    )
    answer = await host.pipeline.run(order)
    return JSONResponse(
        {
            "reply": answer.reply.text,
            "unresolved": answer.reply.unresolved,
            "model": answer.entry.model,
            "entry_id": answer.entry.id,
            "request_id": request.state.request_id,
        }
    )


async def redactions(request: Request) -> Response:
    """The dry run: what the AI would see. No AI is asked, nothing is kept."""
    host: Host = request.state.host
    account, actor = await caller(request)
    order = Order(Operation.GENERATE, account, actor, _ticket_of(host, await json_object(request)))
    redaction = await host.redactor.redact(await host.pipeline.read(order))
    return JSONResponse(
        {
            "text": str(await asyncio.to_thread(ticket_text, redaction.texts)),
            "texts": [{"key": text.key, "label": text.label, "text": str(text.text)} for text in redaction.texts],
            "placeholders": [str(placeholder) for placeholder in redaction.originals.placeholders],
            "request_id": request.state.request_id,
        }
    )


def _ticket_of(host: Host, document: dict[str, Any]) -> int | Ticket:
    """The ticket that a request is about: its number, or the ticket itself in the helpdesk's shape."""
    match document:
        case {"ticket_id": int(number), **rest} if not rest and not isinstance(number, bool) and number > 0:
            return number
        case {"ticket": dict(ticket), **rest} if not rest:
            return host.helpdesk.ticket_from(ticket)
    raise Problem(400, "invalid_shape", 'The body must be {"ticket_id": NUMBER} or {"ticket": {...}}.')
