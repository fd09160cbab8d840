"""All operations through all providers, to the end of the pipeline: a reply, whole and streamed, with one text."""

import re

import pytest
from providers.test_llmock import KEY, PARTS

import raum_offline
from raum.administration import Administration
from raum.api import PRIVATE, Operation, Ticket, TicketText
from raum.asking.asker import Asker, Policy
from raum.audit.journal import Journal
from raum.extraction.attachments import Attachments
from raum.extraction.reader import Bounds, Reader
from raum.model import Actor, Order
from raum.pipeline import Pipeline
from raum.redaction.detection import Redactor
from raum.secrets.credentials import Credentials
from raum.testing import FakeDetector, FakeHelpdesk, FakeKeyManager, FakeQueue, FakeStore

ADA, BOB, EMAIL = "Ada Quill", "Bob Stone", "ada@example.com"
TICKETS = {
    "one person": Ticket(1, (TicketText("comment:1", "Comment", f"Where is my hat? {ADA}, {EMAIL}"),)),
    "two persons": Ticket(
        2,
        (
            TicketText("comment:1", "Comment", f"{ADA} and {BOB} wait for the hat.\n\n{EMAIL}"),
            TicketText("comment:2", "Internal note", f"{BOB} called.", PRIVATE),
        ),
    ),
    "nobody": Ticket(3, (TicketText("comment:1", "Comment", "Where is the hat?"),)),
}
EXTRAS = {
    Operation.GENERATE: {"instruction": f"Greet {ADA}."},
    Operation.TRANSLATE: {"target_language": "de", "text": f"Dear {ADA}, it comes."},
    Operation.REWRITE: {"text": f"hi {ADA} it come"},
    Operation.SUMMARIZE: {},
}


@pytest.fixture(params=[*PARTS, "offline"])
async def provider(request, llmock):
    if request.param == "offline":
        (part,) = raum_offline.raum_providers()
        yield part.build(part.options())
        return
    # What the stand-in answers quotes a placeholder in a disguise, cut over pieces as it likes.
    llmock.reply("Dear `[redacted_name]` {{REDACTED NAME 1}}, thank you. [REDACTED_EMAIL]", times=None)
    async with PARTS[request.param](llmock.url) as provider:
        yield provider


@pytest.fixture
async def pipeline(provider):
    store = FakeStore()
    credentials, journal = Credentials(store, FakeKeyManager()), Journal(store)
    admin = Administration(store, credentials, journal, Actor("user", "tester"))
    await admin.create_account("acme", "acme-help")
    await admin.set_credential("acme", "ai", KEY)
    detectors = {"words": FakeDetector({ADA: "NAME", BOB: "NAME", EMAIL: "EMAIL"}).find}
    asker = Asker({"ai": provider}, store, credentials, Policy(20))
    helpdesk = FakeHelpdesk()
    attachments = Attachments(helpdesk, Reader([], Bounds()), 20, 1000)
    redactor = Redactor(detectors, seconds=5, characters=9000)
    return Pipeline(helpdesk, attachments, redactor, asker, credentials, FakeQueue(), journal)


@pytest.mark.parametrize("ticket", TICKETS.values(), ids=TICKETS)
@pytest.mark.parametrize("operation", Operation)
async def test_an_operation_gives_a_reply_whole_and_streamed(pipeline, operation, ticket):
    account = await pipeline.asker.store.account("acme")
    order = Order(operation, account, Actor("token", "t"), ticket, **EXTRAS[operation])
    whole = await pipeline.run(order)
    *pieces, streamed = [each async for each in pipeline.stream(order)]
    assert whole.reply.text
    assert "".join(pieces) == streamed.reply.text == whole.reply.text
    assert streamed.reply.unresolved == whole.reply.unresolved
    assert (streamed.entry.operation, streamed.entry.outcome) == (operation, "returned")
    assert not re.search(f"{ADA}|{BOB}|{EMAIL}", f"{streamed.entry.content}{streamed.entry.completion}")
    assert streamed.entry.input_tokens == whole.entry.input_tokens
