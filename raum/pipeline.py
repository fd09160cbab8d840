"""THE FLOW: the way of a ticket, from top to bottom.

    read      the helpdesk gives the ticket, or the caller brought it along; attachments become text
    redact    detectors find personal data, placeholders take its place       raum.redaction
    ask       a provider gets the redacted prompt, with the account's key     raum.operations, raum.asking
    restore   the values go back into the completion                          raum.redaction.restore
    check     may this reply go where it is meant to go?
    post      the helpdesk gets the reply
    record    one audit entry, whatever happened                              raum.audit

Nothing of a ticket outlives `Pipeline.run` but the reply and the entry, and the entry is in placeholder form.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

import structlog
from attrs import evolve, frozen

from raum.api import Helpdesk, Queue
from raum.asking.asker import Answered, Asker
from raum.audit.journal import Journal
from raum.audit.record import Record
from raum.errors import (
    EgressBlocked,
    HelpdeskFailed,
    OperationFailed,
    OperatorError,
    RedactionFailed,
    TicketNotFound,
)
from raum.extraction.attachments import Attachments
from raum.log import where
from raum.model import Delivery, Entry, Order, Outcome, Reply, Ticket
from raum.operations import audience_of, prompt_for, with_texts_of
from raum.redaction.detection import Redactor
from raum.redaction.originals import Originals, words_of
from raum.redaction.redact import Redaction
from raum.redaction.redacted import Prompt
from raum.redaction.restore import Restorer
from raum.replies import signature_for, worded
from raum.secrets.credentials import Credentials
from raum.secrets.logins import StoredLogin
from raum.settings import Settings

_log = structlog.get_logger("raum.pipeline")


@frozen
class Answer:
    """What a run gives back to its caller: the restored reply and the entry that was written about it."""

    reply: Reply
    entry: Entry


@frozen
class Pipeline:
    """The stages, assembled. Holds no state of any ticket."""

    helpdesk: Helpdesk
    attachments: Attachments
    redactor: Redactor
    asker: Asker
    credentials: Credentials
    queue: Queue
    journal: Journal
    blocked: frozenset[str] = frozenset()
    """Types of personal data that keep a ticket from the AI."""

    async def run(self, order: Order) -> Answer:
        """Take one ticket all the way. Raises OperationFailed, after recording it, if a stage could not do its work."""
        async with aclosing(self._flow(order, streamed=False)) as flow:
            *_, answer = [each async for each in flow]
        assert isinstance(answer, Answer)  # noqa: S101 -- the flow ends with it, or raises
        return answer

    def stream(self, order: Order) -> AsyncGenerator[str | Answer, None]:
        """The same, with the pieces of the restored reply as they come, and the whole at the end.

        The pieces are shown to the caller before anybody can say that they are a whole answer: if it fails after all,
        they are to be thrown away. Closing the generator ends the provider's call.
        """
        if order.delivery is not Delivery.CALLER:
            raise ValueError("only to the caller is a reply streamed: what is posted is checked as a whole")
        return self._flow(order, streamed=True)

    async def _flow(self, order: Order, *, streamed: bool) -> AsyncGenerator[str | Answer, None]:
        record = Record(order)
        try:
            await self.journal.ready()
            if await self.is_posted(order):
                record.outcome, reply = Outcome.POSTED_BEFORE, Reply("", public=False)
            else:
                async with aclosing(self._answer(order, record, streamed=streamed)) as answering:
                    async for each in answering:
                        if isinstance(each, Reply):
                            reply = each
                        else:
                            yield each
        except (asyncio.CancelledError, GeneratorExit):
            await self._abandoned(record)
            raise
        except Exception as error:  # noqa: BLE001 -- whatever stopped the run, the entry says so
            failure = failure_of(error)
        else:
            yield Answer(reply, await self.record(record))
            return
        # Out of the handler: what is raised from here on must not carry the error, whose frames hold the ticket.
        record.failed(failure)
        if isinstance(failure, TicketNotFound):
            record.forget()
        if not (failure.retryable and order.may_retry):
            await self.record(record)
        raise failure from None

    async def _answer(self, order: Order, record: Record, *, streamed: bool) -> AsyncGenerator[str | Reply, None]:
        """The way from the ticket to the reply; what becomes known on it goes into the record.

        Gives the pieces of the restored reply, if they are streamed, and then the whole.
        """
        settings = await self.asker.settings(order.account.id)
        await self.asker.admit(order.account.id, settings)
        ticket = await self.read(order)
        redaction = await self.redact(order, ticket, settings)
        prompt = record.prompt = await self.prompt(order, redaction, settings)
        restorer = Restorer(redaction.originals, audience_of(order), familiar=str(prompt.ticket))
        pieces: list[str] = []
        async with aclosing(self.asker.ask(order.account.id, prompt, settings, streamed=streamed)) as asking:
            async for each in asking:
                if isinstance(each, Answered):
                    record.completed(each, redaction.originals)
                    each = "" if streamed else each.completion.text
                pieces.append(restorer.feed(each))
                if streamed and pieces[-1]:
                    yield pieces[-1]
        pieces.append(restorer.finish())
        reply = Reply("".join(pieces), order.delivery is Delivery.PUBLIC, unresolved=restorer.unresolved)
        if streamed and pieces[-1]:
            yield pieces[-1]
        reply = self.check(order, record, reply, redaction.originals)
        record.replied(reply, redaction.originals)
        if signature := signature_for(order, settings):
            reply = evolve(reply, text=reply.text + signature)
            if streamed:
                yield signature
        record.outcome = await self.post(order, ticket, reply)
        yield reply

    async def is_posted(self, order: Order) -> bool:
        """Whether an earlier try of the job got its reply through; the first try does not need to look."""
        if order.job is None or order.job.token < 2:
            return False
        return await self.helpdesk.is_posted(order.account, self.login(order), order.ticket_id, _marker(order))

    async def read(self, order: Order) -> Ticket:
        """The ticket, fresh from the helpdesk unless the caller brought it along, with the texts of its attachments."""
        login, ticket = self.login(order), order.ticket
        if not isinstance(ticket, Ticket):
            ticket = await self.helpdesk.fetch(order.account, login, ticket)
        if order.delivery is not Delivery.CALLER and not ticket.takes_replies:
            raise HelpdeskFailed("the ticket is closed; nothing can be added to it any more", code="ticket_closed")
        return await self.attachments.read(order.account, login, ticket)

    async def redact(self, order: Order, ticket: Ticket, settings: Settings) -> Redaction:
        """The ticket with placeholders, and what the caller brought; the originals stay beside it, in memory.

        A type that is blocked ends the run here.
        """
        redaction = await self.redactor.redact(with_texts_of(order, ticket, settings), settings.redaction)
        blocked = sorted(self.blocked & {placeholder.type for placeholder in redaction.originals.placeholders})
        if blocked:
            text = (
                f"the ticket holds what redaction.block keeps from the AI ({', '.join(blocked)}); no AI call was made"
            )
            raise RedactionFailed(text, code="type_blocked")
        return redaction

    async def prompt(self, order: Order, redaction: Redaction, settings: Settings) -> Prompt:
        """The prompt, after the egress check; beside the event loop, because a long ticket takes its time."""
        return await asyncio.to_thread(checked_prompt, order, redaction, settings)

    def check(self, order: Order, record: Record, reply: Reply, originals: Originals) -> Reply:
        """A reply goes to the customer only if it is whole, real, and free of what the customer never saw."""
        withheld = originals.withheld_in(reply.text, audience_of(order))
        return evolve(reply, public=reply.public and not (record.draft_only or reply.unresolved or withheld))

    async def post(self, order: Order, ticket: Ticket, reply: Reply) -> Outcome:
        """Hand the reply over, unless an earlier try got through.

        A first look was before the ticket was read. The second one, after it, leaves no gap: a reply that gets through
        from now on changes the ticket, and the helpdesk then refuses this one.
        """
        if order.delivery is Delivery.CALLER:
            return Outcome.RETURNED
        if await self.is_posted(order):
            return Outcome.POSTED_BEFORE
        await self.helpdesk.post(order.account, self.login(order), ticket, worded(reply), _marker(order))
        return Outcome.POSTED_PUBLIC if reply.public else Outcome.POSTED_NOTE

    async def record(self, record: Record) -> Entry:
        """Write the entry; a job ends in the same transaction. If its ticket was erased meanwhile, it says nothing."""
        entry = record.entry()
        if record.order.job is None:
            return await _unbroken(self.journal.write(entry))
        entry = await self.queue.finish(record.order.job, entry, dead=entry.outcome == Outcome.FAILED)
        await self.journal.tell(entry)
        return entry

    async def _abandoned(self, record: Record) -> None:
        """The caller went away: one entry says so, unless there is one already. A job will be run again instead."""
        if record.order.job is None and not record.is_written:
            record.failed(OperationFailed("the caller went away before the end", code="cancelled"))
            await self.record(record)

    def login(self, order: Order) -> StoredLogin:
        """The login for the account's helpdesk."""
        return StoredLogin(order.account.id, self.credentials, self.journal)


def _marker(order: Order) -> str:
    """What tells the reply from every other one, however often it is tried."""
    return order.job.id if order.job else order.origin.request_id


def checked_prompt(order: Order, redaction: Redaction, settings: Settings) -> Prompt:
    """The prompt of an order. Raises EgressBlocked if an original can be read in it."""
    prompt = prompt_for(order, redaction, settings)
    own_words = words_of(" ".join((str(prompt.instructions), *{text.label for text in redaction.texts})))
    if redaction.originals.leaks(str(prompt.ticket), own_words):
        raise EgressBlocked("a value of the ticket was still readable in the prompt; no AI call was made")
    return prompt


async def _unbroken(writing: Coroutine[Any, Any, Entry]) -> Entry:
    """Wait for the end of a write, also if the run is cancelled meanwhile: half an audit is none."""
    task = asyncio.ensure_future(writing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def failure_of(error: Exception) -> OperationFailed:
    """The failure that an exception stands for. A bug is told by its type and place: its text may quote the ticket."""
    if isinstance(error, OperationFailed):
        return error
    if isinstance(error, OperatorError):
        return OperationFailed(str(error), code=error.code)
    _log.error("bug in the pipeline", error=type(error).__name__, where=where(error))
    return OperationFailed("raum failed in a way it does not know; the log says where", code="internal_error")
