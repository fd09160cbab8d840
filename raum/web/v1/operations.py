"""`POST /v1/generate` and its like, and `POST /v1/redactions`: the second door of the pipeline."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Final

from attrs import evolve, field, frozen, validators
from starlette.requests import Request
from starlette.responses import Response

from raum.errors import OperatorError
from raum.host import Host
from raum.model import LANGUAGE_PATTERN, Operation, Order, Ticket
from raum.operations import ticket_text
from raum.pipeline import Answer
from raum.toml.structuring import plain
from raum.web.access import caller
from raum.web.addresses import origin_of
from raum.web.v1.events import EventStream

_LARGEST: Final = 2**63 - 1


def _says_something(_instance: object, _attribute: object, text: str | None) -> None:
    if text is not None and not text.strip():
        raise ValueError("a text without a word")


def _words(help_: str, **more: Any) -> Any:
    metadata = {"help": help_, "allowed": "a text that is not empty", "schema": {"minLength": 1, "pattern": r"\S"}}
    return field(validator=_says_something, metadata=metadata, repr=False, kw_only=True, **more)


@frozen
class TicketBody:
    """What a request is about: a ticket of the helpdesk by its number, or a ticket itself."""

    SCHEMA: ClassVar[Mapping[str, Any]] = {"oneOf": [{"required": ["ticket_id"]}, {"required": ["ticket"]}]}

    ticket_id: int | None = field(
        default=None,
        validator=validators.optional(validators.and_(validators.ge(1), validators.le(_LARGEST))),
        metadata={"help": "the number of a ticket, which is read from the helpdesk", "allowed": "a number from 1"},
    )
    ticket: Mapping[str, Any] | None = field(
        default=None, repr=False, metadata={"help": "the ticket itself, in the helpdesk's own shape"}
    )

    def __attrs_post_init__(self) -> None:
        """Raises OperatorError unless there is one ticket."""
        if (self.ticket_id is None) == (self.ticket is None):
            raise OperatorError("the body needs either ticket_id, a number, or ticket, an object")

    def ticket_of(self, host: Host) -> int | Ticket:
        """The number, or the ticket as raum has it. Raises InvalidTicket."""
        return self.ticket_id if self.ticket is None else host.helpdesk.ticket_from(self.ticket)  # type: ignore[return-value]


@frozen
class OperationBody(TicketBody):
    """What an operation works on, and the team's wish."""

    instruction: str | None = _words("what the team wants, in its own words", default=None)


@frozen
class TranslateBody(OperationBody):
    """What is translated: a text, or else the customer's latest message in the ticket."""

    target_language: str = field(
        kw_only=True,
        validator=validators.matches_re(LANGUAGE_PATTERN),
        metadata={"help": "the language, as a tag (BCP 47)", "allowed": "a language tag (BCP 47) such as de or pt-BR"},
    )
    text: str | None = _words("what is to be translated", default=None)


@frozen
class RewriteBody(OperationBody):
    """What is rewritten: the team's draft of a reply to the ticket."""

    text: str = _words("the draft")


BODIES: Final[Mapping[Operation, type[OperationBody]]] = {
    Operation.GENERATE: OperationBody,
    Operation.TRANSLATE: TranslateBody,
    Operation.REWRITE: RewriteBody,
    Operation.SUMMARIZE: OperationBody,
}


@frozen
class OperationAnswer:
    """The reply, with the values put back. Nothing was posted."""

    reply: str
    unresolved: tuple[str, ...] = field(
        metadata={"help": "what looks like a placeholder and got no value; such a reply needs a human"}
    )
    model: str | None
    provider: str | None
    entry_id: str = field(metadata={"help": "the audit entry about this operation"})
    request_id: str


@frozen
class RedactedPiece:
    """One text of the ticket after redaction."""

    key: str
    label: str
    text: str


@frozen
class RedactionAnswer:
    """What the AI would see."""

    text: str
    texts: tuple[RedactedPiece, ...]
    placeholders: tuple[str, ...]
    request_id: str


def answering(operation: Operation) -> Callable[..., Awaitable[OperationAnswer | Response]]:
    """The route of an operation: a reply for the caller to use, as JSON or as events; nothing is posted."""

    async def answer(request: Request, body: OperationBody) -> OperationAnswer | Response:
        host: Host = request.state.host
        order = _order(request, operation, body)
        if accepts_events(request.headers.get("accept", "")):
            flow = host.pipeline.stream(order)
            return EventStream(flow, partial(_document, request), request.state.request_id)
        return _answer(request, await host.pipeline.run(order))

    return answer


def accepts_events(accept: str) -> bool:
    """Whether an Accept header asks for events by their own name (RFC 9110, 12.5.1)."""
    return any(each.partition(";")[0].strip().lower() == "text/event-stream" for each in accept.split(","))


def _order(request: Request, operation: Operation, body: OperationBody) -> Order:
    host: Host = request.state.host
    asking = caller(request)
    order = Order(
        operation=operation,
        account=asking.account,
        actor=asking.actor,
        ticket=body.ticket_of(host),
        origin=origin_of(request),
    )
    return evolve(
        order,
        text=getattr(body, "text", None) or "",
        instruction=body.instruction or "",
        target_language=getattr(body, "target_language", ""),
    )


def _answer(request: Request, answer: Answer) -> OperationAnswer:
    entry, reply = answer.entry, answer.reply
    return OperationAnswer(
        reply.text, reply.unresolved, entry.model, entry.provider, entry.id, request.state.request_id
    )


def _document(request: Request, answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = plain(_answer(request, answer))
    return document


async def redactions(request: Request, body: TicketBody) -> RedactionAnswer:
    """The dry run: what the AI would see. No AI is asked, nothing is kept."""
    host: Host = request.state.host
    asking = caller(request)
    order = Order(Operation.GENERATE, asking.account, asking.actor, body.ticket_of(host))
    settings = await host.pipeline.asker.settings(asking.account.id)
    redaction = await host.redactor.redact(await host.pipeline.read(order), settings.redaction)
    return RedactionAnswer(
        text=str(await asyncio.to_thread(ticket_text, redaction.texts)),
        texts=tuple(RedactedPiece(text.key, text.label, str(text.text)) for text in redaction.texts),
        placeholders=tuple(str(placeholder) for placeholder in redaction.originals.placeholders),
        request_id=request.state.request_id,
    )
