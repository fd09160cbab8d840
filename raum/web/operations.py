"""`POST /v1/generate` and its like, and `POST /v1/redactions`: the second door of the pipeline."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from attrs import evolve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.host import Host
from raum.model import LANGUAGE_PATTERN, Operation, Order, Ticket
from raum.operations import ticket_text
from raum.pipeline import Answer
from raum.web.access import caller
from raum.web.body import json_object
from raum.web.events import EventStream
from raum.web.problems import Problem

_EXTRAS: Final[Mapping[Operation, tuple[frozenset[str], frozenset[str]]]] = {
    Operation.GENERATE: (frozenset(), frozenset({"instruction"})),
    Operation.TRANSLATE: (frozenset({"target_language"}), frozenset({"text", "instruction"})),
    Operation.REWRITE: (frozenset({"text"}), frozenset({"instruction"})),
    Operation.SUMMARIZE: (frozenset(), frozenset({"instruction"})),
}
"""What a request must say beside its ticket, and what it may say."""


def answering(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """The route of an operation: a reply for the caller to use, as JSON or as events; nothing is posted."""

    async def answer(request: Request) -> Response:
        host: Host = request.state.host
        order = await _order(request, operation)
        if accepts_events(request.headers.get("accept", "")):
            flow = host.pipeline.stream(order)
            return EventStream(flow, partial(_document, request), request.state.request_id)
        return JSONResponse(_document(request, await host.pipeline.run(order)))

    return answer


def accepts_events(accept: str) -> bool:
    """Whether an Accept header asks for events by their own name (RFC 9110, 12.5.1)."""
    return any(each.partition(";")[0].strip().lower() == "text/event-stream" for each in accept.split(","))


async def _order(request: Request, operation: Operation) -> Order:
    host: Host = request.state.host
    asking = caller(request)
    document = await json_object(request)
    extras = _extras_of(document, operation)
    order = Order(
        operation=operation,
        account=asking.account,
        actor=asking.actor,
        ticket=_ticket_of(host, document),
        source_ip=request.client.host if request.client else "",
        request_id=request.state.request_id,
    )
    return evolve(
        order,
        text=extras.get("text", ""),
        instruction=extras.get("instruction", ""),
        target_language=extras.get("target_language", ""),
    )


def _document(request: Request, answer: Answer) -> dict[str, Any]:
    return {
        "reply": answer.reply.text,
        "unresolved": answer.reply.unresolved,
        "model": answer.entry.model,
        "provider": answer.entry.provider,
        "entry_id": answer.entry.id,
        "request_id": request.state.request_id,
    }


def _extras_of(document: dict[str, Any], operation: Operation) -> dict[str, str]:
    """What is said beside the ticket, taken out of the document. Problem 400 if it is missing or no text."""
    required, allowed = _EXTRAS[operation]
    extras = {name: document.pop(name) for name in sorted(required | allowed) if name in document}
    for name, value in extras.items():
        if not isinstance(value, str) or not value.strip():
            raise Problem(400, "invalid_shape", f"'{name}' must be a text that is not empty.")
    if missing := sorted(required - set(extras)):
        raise Problem(400, "invalid_shape", f"'{missing[0]}' is missing; {operation} needs it.")
    if not re.fullmatch(LANGUAGE_PATTERN, extras.get("target_language", "en")):
        raise Problem(400, "invalid_shape", "'target_language' must be a language tag (BCP 47) such as de or pt-BR.")
    return extras


async def redactions(request: Request) -> Response:
    """The dry run: what the AI would see. No AI is asked, nothing is kept."""
    host: Host = request.state.host
    asking = caller(request)
    order = Order(Operation.GENERATE, asking.account, asking.actor, _ticket_of(host, await json_object(request)))
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
