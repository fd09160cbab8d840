"""A reply as it comes is the reply as it would have come whole, and every run of it leaves one entry."""

import asyncio
from contextlib import aclosing

import pytest
from attrs import evolve

from raum.administration import Administration
from raum.api import PRIVATE, Completion, Operation, ProviderDown, Ticket, TicketText
from raum.asking.asker import Asker, Policy
from raum.audit.journal import Journal
from raum.errors import OperationFailed
from raum.extraction.attachments import Attachments
from raum.extraction.reader import Bounds, Reader
from raum.model import Actor, Delivery, Order, Outcome
from raum.pipeline import Pipeline
from raum.redaction.detection import Redactor
from raum.secrets.credentials import Credentials
from raum.testing import FakeAuditSink, FakeDetector, FakeHelpdesk, FakeKeyManager, FakeQueue, FakeStore

NAME, EMAIL, OTHER = "Ada Quill", "ada@example.com", "Bob Stone"
TICKET = Ticket(
    7,
    (
        TicketText("subject", "Subject", f"From {NAME}"),
        TicketText("comment:1", "Comment", EMAIL),
        TicketText("comment:2", "Note", OTHER, PRIVATE),
    ),
)
SAID = "Dear [REDACTED_NAME_1], {{ redacted name 2 }} writes to [REDACTED_EMAIL] or `[redacted_email]`. [REDACTED_CC_3]"
MEANT = f"Dear {NAME}, {{{{ redacted name 2 }}}} writes to {EMAIL} or `{EMAIL}`. [REDACTED_CC_3]"


class Speaker:
    """Says the pieces, and then does what `last` says."""

    needs_key, default_model, vendor = False, "m", None

    def __init__(self, pieces, last=None):
        self.pieces, self.last, self.ended = pieces, last, False

    async def complete(self, prompt, *, key, options):
        return Completion("".join(self.pieces), "m")

    async def stream(self, prompt, *, key, options):
        try:
            for piece in self.pieces:
                yield piece
            if self.last:
                await self.last()
            yield Completion("".join(self.pieces), "m")
        finally:
            self.ended = True


@pytest.fixture
async def run():
    """A function from a speaker to a pipeline, its order and a look at its entries."""
    store, sink = FakeStore(), FakeAuditSink()
    credentials, journal = Credentials(store, FakeKeyManager()), Journal(store, {"archive": sink})
    account = await Administration(store, credentials, journal, Actor("user", "t")).create_account("acme", "acme-help")
    order = Order(Operation.GENERATE, account, Actor("token", "t"), ticket=TICKET)
    detectors = {"words": FakeDetector({NAME: "NAME", OTHER: "NAME", EMAIL: "EMAIL"}).find}

    async def entries():
        return [entry for entry in await store.entries("acme") if entry.operation == "generate"]

    def made(speaker):
        asker = Asker({"ai": speaker}, store, credentials, Policy(5, attempts=1))
        redactor = Redactor(detectors, seconds=5, characters=10_000)
        helpdesk = FakeHelpdesk(TICKET)
        attachments = Attachments(helpdesk, Reader([], Bounds()), 20, 1000)
        return Pipeline(helpdesk, attachments, redactor, asker, credentials, FakeQueue(), journal), order, entries

    return made


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 1000])
async def test_all_pieces_in_a_row_are_the_reply(run, size):
    speaker = Speaker([SAID[at : at + size] for at in range(0, len(SAID), size)])
    pipeline, order, entries = run(speaker)
    *pieces, answer = [each async for each in pipeline.stream(order)]
    whole = await pipeline.run(order)
    assert "".join(pieces) == answer.reply.text == whole.reply.text == MEANT
    assert answer.reply.unresolved == whole.reply.unresolved
    assert {"{{ redacted name 2 }}", "[REDACTED_CC_3]"} <= set(answer.reply.unresolved)
    streamed, at_once = sorted(await entries(), key=lambda entry: entry.id)
    assert (streamed.completion, streamed.outcome, streamed.unresolved) == (SAID, Outcome.RETURNED, at_once.unresolved)


async def test_no_piece_shows_a_value_before_its_placeholder_is_whole(run):
    speaker = Speaker(list("[REDACTED_NAME_1]!"))
    pipeline, order, _ = run(speaker)
    *pieces, _ = [each async for each in pipeline.stream(order)]
    assert "".join(pieces) == f"{NAME}!"
    assert NAME in "".join(pieces[:2])


async def test_a_stream_that_fails_after_its_first_piece_makes_one_entry(run):
    async def fail():
        raise ProviderDown

    pipeline, order, entries = run(Speaker(["Dear all, "], last=fail))
    seen = []
    async with aclosing(pipeline.stream(order)) as flow:
        seen.append(await anext(flow))
        with pytest.raises(OperationFailed) as raised:
            await anext(flow)
    assert (raised.value.__cause__, raised.value.__suppress_context__) == (None, True)
    (entry,) = await entries()
    assert (entry.outcome, entry.reason, entry.provider) == ("failed", "provider_down", "ai")
    assert entry.completion is None


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_a_caller_who_goes_away_ends_the_call_and_leaves_one_entry(run, how):
    waiting = asyncio.Event()

    async def wait():
        waiting.set()
        await asyncio.Event().wait()

    speaker = Speaker(["Dear all, "], last=wait)
    pipeline, order, entries = run(speaker)
    flow = pipeline.stream(order)
    if how == "close":
        await anext(flow)
        await flow.aclose()
    else:

        async def read():
            async with aclosing(flow):
                async for _ in flow:
                    pass

        reading = asyncio.create_task(read())
        await waiting.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert speaker.ended
    (entry,) = await entries()
    assert (entry.outcome, entry.reason) == ("failed", "cancelled")
    assert NAME not in entry.content


async def test_a_caller_who_goes_away_while_the_entry_is_written_leaves_one(run):
    pipeline, order, entries = run(Speaker(["Dear all."]))
    writing, go_on = asyncio.Event(), asyncio.Event()
    append = pipeline.journal._store.append

    async def slowly(entry):
        writing.set()
        await go_on.wait()
        return await append(entry)

    pipeline.journal._store.append = slowly
    running = asyncio.create_task(pipeline.run(order))
    await writing.wait()
    running.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await running
    (entry,) = await entries()
    assert entry.outcome == Outcome.RETURNED


async def test_what_is_posted_is_not_streamed(run):
    pipeline, order, _ = run(Speaker(["x"]))
    with pytest.raises(ValueError, match="only to the caller"):
        pipeline.stream(evolve(order, delivery=Delivery.PUBLIC))
