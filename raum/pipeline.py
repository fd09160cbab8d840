"""THE FLOW: the way of a ticket, from top to bottom.

    read      the helpdesk gives the ticket, or the caller brought it along
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

from raum.api import Helpdesk
from raum.asking.asker import Answered, Asker
from raum.audit.journal import Journal
from raum.audit.record import Record
from raum.credentials import HELPDESK_TOKEN, Credentials
from raum.errors import EgressBlocked, OperationFailed, OperatorError, RedactionFailed
from raum.log import where
from raum.model import Delivery, Entry, Order, Outcome, Reply, Ticket
from raum.operations import audience_of, prompt_for, with_texts_of
from raum.redaction.detection import Redactor
from raum.redaction.originals import Originals, words_of
from raum.redaction.redact import Redaction
from raum.redaction.redacted import Prompt
from raum.redaction.restore import Restorer
from raum.replies import worded
from raum.secret import Secret

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
    redactor: Redactor
    asker: Asker
    credentials: Credentials
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
            ticket = await self.read(order)
            redaction = await self.redact(order, ticket)
            prompt = record.prompt = await self.prompt(order, redaction)
            restorer = Restorer(redaction.originals, audience_of(order), familiar=str(prompt.ticket))
            pieces: list[str] = []
            async with aclosing(self.asker.ask(order.account.id, prompt, streamed=streamed)) as asking:
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
            record.outcome = await self.post(order, ticket, reply)
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
        if not (failure.retryable and order.may_retry):
            await self.record(record)
        raise failure from None

    async def read(self, order: Order) -> Ticket:
        """The ticket, fresh from the helpdesk unless the caller brought it along."""
        if isinstance(order.ticket, Ticket):
            return order.ticket
        return await self.helpdesk.fetch(order.account, await self._helpdesk_token(order), order.ticket)

    async def redact(self, order: Order, ticket: Ticket) -> Redaction:
        """The ticket with placeholders, and what the caller brought; the originals stay beside it, in memory.

        A type that is blocked ends the run here.
        """
        redaction = await self.redactor.redact(with_texts_of(order, ticket))
        blocked = sorted(self.blocked & {placeholder.type for placeholder in redaction.originals.placeholders})
        if blocked:
            text = (
                f"the ticket holds what redaction.block keeps from the AI ({', '.join(blocked)}); no AI call was made"
            )
            raise RedactionFailed(text, code="type_blocked")
        return redaction

    async def prompt(self, order: Order, redaction: Redaction) -> Prompt:
        """The prompt, after the egress check; beside the event loop, because a long ticket takes its time."""
        return await asyncio.to_thread(checked_prompt, order, redaction)

    def check(self, order: Order, record: Record, reply: Reply, originals: Originals) -> Reply:
        """A reply goes to the customer only if it is whole, real, and free of what the customer never saw."""
        withheld = originals.withheld_in(reply.text, audience_of(order))
        return evolve(reply, public=reply.public and not (record.draft_only or reply.unresolved or withheld))

    async def post(self, order: Order, ticket: Ticket, reply: Reply) -> Outcome:
        """Hand the reply over; a second try looks first whether an earlier one got through."""
        if order.delivery is Delivery.CALLER:
            return Outcome.RETURNED
        token = await self._helpdesk_token(order)
        marker = order.job.id if order.job else order.request_id
        again = order.job is not None and order.job.attempts > 1
        if not (again and await self.helpdesk.is_posted(order.account, token, ticket.id, marker)):
            await self.helpdesk.post(order.account, token, ticket, worded(reply), marker)
        return Outcome.POSTED_PUBLIC if reply.public else Outcome.POSTED_NOTE

    async def record(self, record: Record) -> Entry:
        """Write the entry; a job ends in the same transaction."""
        entry = record.entry()
        if record.order.job is None:
            await _unbroken(self.journal.write(entry))
        else:
            await self.journal.finish(record.order.job, entry, failed=entry.outcome == Outcome.FAILED)
        return entry

    async def _abandoned(self, record: Record) -> None:
        """The caller went away: one entry says so, unless there is one already. A job will be run again instead."""
        if record.order.job is None and not record.is_written:
            record.failed(OperationFailed("the caller went away before the end", code="cancelled"))
            await self.record(record)

    async def _helpdesk_token(self, order: Order) -> Secret:
        return await self.credentials.get(order.account.id, HELPDESK_TOKEN)


def checked_prompt(order: Order, redaction: Redaction) -> Prompt:
    """The prompt of an order. Raises EgressBlocked if an original can be read in it."""
    prompt = prompt_for(order, redaction)
    own_words = words_of(" ".join((str(prompt.instructions), *{text.label for text in redaction.texts})))
    if redaction.originals.leaks(str(prompt.ticket), own_words):
        raise EgressBlocked("a value of the ticket was still readable in the prompt; no AI call was made")
    return prompt


async def _unbroken(writing: Coroutine[Any, Any, None]) -> None:
    """Wait for the end of a write, also if the run is cancelled meanwhile: half an audit is none."""
    task = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(task)
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
