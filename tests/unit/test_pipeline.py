"""What becomes of a ticket when a stage fails: one entry that says why, and nothing that should not have happened."""

import asyncio
import json
import threading
from datetime import UTC, datetime

import pytest
import structlog
from attrs import evolve, frozen

from raum.administration import Administration
from raum.api import (
    PRIVATE,
    Attachment,
    HelpdeskFailed,
    KeyRejected,
    OperatorError,
    Ticket,
    TicketNotFound,
    TicketText,
)
from raum.asking.asker import Asker, Policy
from raum.audit.journal import Journal
from raum.errors import OperationFailed
from raum.extraction.attachments import Attachments
from raum.extraction.reader import Bounds, Reader
from raum.model import Actor, Completion, Delivery, Job, Operation, Order, Outcome, Reply
from raum.pipeline import Pipeline
from raum.redaction.detection import Redactor
from raum.redaction.redact import redact
from raum.secrets.credentials import HELPDESK_TOKEN, Credentials
from raum.secrets.secret import Secret
from raum.testing import (
    FakeAuditSink,
    FakeDetector,
    FakeExtractor,
    FakeHelpdesk,
    FakeKeyManager,
    FakeProvider,
    FakeQueue,
    FakeStore,
)

NAME, EMAIL = "Ada Quill", "ada@example.com"
TICKET = Ticket(7, (TicketText("subject", "Subject", f"From {NAME}"), TicketText("comment:1", "Comment", EMAIL)))
SEEN = "Subject: From [REDACTED_NAME]\nComment: [REDACTED_EMAIL]"
MINUTE = datetime(2026, 3, 1, 12, tzinfo=UTC)


@frozen
class World:
    """A pipeline of fakes, and what they saw."""

    pipeline: Pipeline
    helpdesk: FakeHelpdesk
    provider: FakeProvider
    store: FakeStore
    queue: FakeQueue
    sink: FakeAuditSink
    order: Order

    def but(self, **stages):
        """The same with other stages."""
        if "provider" in stages:
            policy = Policy(seconds=stages.pop("seconds", 5), attempts=1)
            stages["asker"] = evolve(self.pipeline.asker, providers={"fake": stages.pop("provider")}, policy=policy)
        return evolve(self, pipeline=evolve(self.pipeline, **stages))

    async def entries(self):
        """The entries about operations."""
        return [entry for entry in await self.store.entries("acme") if entry.operation == "generate"]

    async def fail(self, **changes):
        """A run that fails: the failure."""
        with pytest.raises(OperationFailed) as caught:
            await self.pipeline.run(evolve(self.order, **changes))
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        return caught.value


@pytest.fixture
async def world():
    store, sink, helpdesk, provider = FakeStore(), FakeAuditSink(), FakeHelpdesk(TICKET), FakeProvider()
    queue = FakeQueue()
    queue.use(store)
    credentials = Credentials(store, FakeKeyManager())
    admin = Administration(store, credentials, Journal(store), Actor("user", "tester"))
    account = await admin.create_account("acme", "acme-help")
    await admin.set_credential("acme", HELPDESK_TOKEN, Secret("token"))
    detectors = {"words": FakeDetector({NAME: "NAME", EMAIL: "EMAIL"}).find}
    pipeline = Pipeline(
        helpdesk=helpdesk,
        attachments=Attachments(helpdesk, Reader([FakeExtractor()], Bounds()), 20, 1000),
        redactor=Redactor(detectors, seconds=5, characters=1000),
        asker=Asker({"fake": provider}, store, credentials, Policy(seconds=5, attempts=1)),
        credentials=credentials,
        queue=queue,
        journal=Journal(store, {"archive": sink}),
    )
    order = Order(Operation.GENERATE, account, Actor("system", "webhook"), ticket=7, delivery=Delivery.PUBLIC)
    return World(pipeline, helpdesk, provider, store, queue, sink, order)


@pytest.fixture
def logged():
    """What is logged, as text."""
    with structlog.testing.capture_logs() as events:
        yield lambda: json.dumps(events, default=repr)


@pytest.fixture
async def job(world):
    """A job that runs for the first time."""
    await world.queue.accept(Job("job-1", "acme", "event-1", 7, MINUTE))
    return await world.queue.claim(60, 2)


async def again(world, job):
    """The same job after it was given back."""
    await world.queue.release(job)
    return await world.queue.claim(60, 2)


async def test_a_run_ends_in_a_reply_and_an_entry(world):
    answer = await world.pipeline.run(world.order)
    ((ticket_id, reply, _),) = world.helpdesk.replies
    assert (ticket_id, reply.text, reply.public) == (7, f"Subject: From {NAME}\nComment: {EMAIL}", True)
    assert str(world.provider.prompts[0].ticket) == SEEN
    assert await world.entries() == [answer.entry]
    assert world.sink.entries[-1] == answer.entry
    assert (answer.entry.outcome, answer.entry.content, answer.entry.completion) == (Outcome.POSTED_PUBLIC, SEEN, SEEN)
    assert answer.entry.placeholders == ("[REDACTED_NAME]", "[REDACTED_EMAIL]")


class Broken:
    """A part that raises this, whatever it is asked to do."""

    def __init__(self, error):
        self.error = error
        self.needs_key = False
        self.default_model = "fake"
        self.vendor = None

    def find(self, text):
        raise self.error

    async def fetch(self, *_):
        raise self.error

    async def complete(self, *_, **__):
        raise self.error

    async def is_posted(self, *_):
        raise self.error

    post = fetch


class Leaky(Redactor):
    """A redactor that lets the subject through."""

    async def redact(self, ticket, *own):
        redaction = await super().redact(ticket, *own)
        first, *rest = redaction.texts
        bare = redact(Ticket(1, (TicketText("subject", "Subject", first.key + " of ADA  QUILL"),)), {}).texts[0]
        return evolve(redaction, texts=(bare, *rest))


class Silent(FakeHelpdesk):
    """A helpdesk that takes no reply."""

    async def post(self, *_):
        raise HelpdeskFailed("the helpdesk refused the reply", code="helpdesk_refused")


def redactor(find, seconds=5.0, characters=1000):
    return Redactor({"broken": find}, seconds=seconds, characters=characters)


def hang(_text):
    threading.Event().wait(0.1)
    return []


BUG = "provider 'fake' failed in a way that the host does not know; the log says where"
QUOTING = f"cannot work on {NAME} <{EMAIL}>"
BEFORE_THE_AI = {
    "a ticket that cannot be read": (
        {"helpdesk": Broken(HelpdeskFailed("the helpdesk is away", code="helpdesk_unavailable"))},
        "helpdesk_unavailable",
        "the helpdesk is away",
    ),
    "a ticket that is gone": ({"helpdesk": FakeHelpdesk()}, "ticket_not_found", "the helpdesk has no such ticket"),
    "a detector that raises": (
        {"redactor": redactor(Broken(ValueError(QUOTING)).find)},
        "detector_failed",
        "detector 'broken' raised ValueError; no AI call was made",
    ),
    "a detector that finds nonsense": (
        {"redactor": redactor(lambda text: [NAME])},
        "detector_failed",
        "detector 'broken' returned something that is no finding within the text; no AI call was made",
    ),
    "a detector that hangs": (
        {"redactor": redactor(hang, seconds=0.02)},
        "detector_timeout",
        "redaction took longer than limits.detection_seconds (0.02 s); no AI call was made",
    ),
    "a ticket that is too long": (
        {"redactor": redactor(lambda text: [], characters=5)},
        "ticket_too_long",
        "the ticket is longer than limits.ticket_characters (5); no AI call was made",
    ),
    "a redactor that leaves a value readable": (
        {"redactor": Leaky({"words": FakeDetector({NAME: "NAME"}).find}, seconds=5, characters=1000)},
        "egress_blocked",
        "a value of the ticket was still readable in the prompt; no AI call was made",
    ),
    "a ticket with a type that is blocked": (
        {"blocked": frozenset({"EMAIL", "PASSPORT"})},
        "type_blocked",
        "the ticket holds what redaction.block keeps from the AI (EMAIL); no AI call was made",
    ),
    "a bug": (
        {"helpdesk": Broken(KeyError(QUOTING))},
        "internal_error",
        "raum failed in a way it does not know; the log says where",
    ),
    "a fault that the operator can mend": (
        {"helpdesk": Broken(OperatorError("the store failed: DatabaseError"))},
        "operator_error",
        "the store failed: DatabaseError",
    ),
}


@pytest.mark.parametrize(("stages", "reason", "text"), BEFORE_THE_AI.values(), ids=BEFORE_THE_AI)
async def test_what_fails_before_the_ai_is_asked_makes_one_entry_and_no_call(world, logged, stages, reason, text):
    world = world.but(**stages)
    failure = await world.fail()
    assert (failure.code, str(failure)) == (reason, text)
    (entry,) = await world.entries()
    assert (entry.outcome, entry.reason, entry.content, entry.completion) == ("failed", reason, None, None)
    assert world.provider.prompts == []
    assert world.helpdesk.replies == []
    assert NAME not in logged()


@pytest.mark.parametrize(
    ("provider", "reason", "text"),
    [
        (Broken(ValueError(QUOTING)), "provider_failed", BUG),
        (
            Broken(KeyRejected("does not accept the key", status=401)),
            "key_rejected",
            "provider 'fake' does not accept the key (status 401)",
        ),
        (FakeProvider(lambda prompt: " \n"), "malformed_answer", "provider 'fake' answered with an empty text"),
        (FakeProvider(lambda prompt: 5 / 0), "provider_failed", BUG),
        (
            FakeProvider(needs_key=True),
            "operator_error",
            "account 'acme' has no credential 'fake'; set it with `raum credential set acme fake`",
        ),
    ],
    ids=["an error of its own", "a failure in raum's terms", "nothing", "a bug", "no key"],
)
async def test_a_provider_that_fails_makes_one_entry_without_its_words(world, logged, provider, reason, text):
    world = world.but(provider=provider)
    failure = await world.fail()
    assert (failure.code, str(failure)) == (reason, text)
    (entry,) = await world.entries()
    assert (entry.outcome, entry.reason, entry.content, entry.completion) == ("failed", reason, SEEN, None)
    assert world.helpdesk.replies == []
    assert EMAIL not in logged()


async def test_a_provider_that_takes_too_long_fails(world):
    class Slow(FakeProvider):
        async def complete(self, prompt, *, key, options):
            await asyncio.Event().wait()

    failure = await world.but(provider=Slow(), seconds=0.02).fail()
    assert str(failure) == "provider 'fake' took longer than the host waits for it"
    assert failure.retryable


async def test_a_reply_that_cannot_be_posted_is_in_the_entry(world):
    failure = await world.but(helpdesk=Silent(TICKET)).fail()
    assert str(failure) == "the helpdesk refused the reply"
    (entry,) = await world.entries()
    assert (entry.outcome, entry.reason, entry.completion) == ("failed", "helpdesk_refused", SEEN)


async def test_a_failure_that_may_pass_makes_no_entry_while_the_job_may_be_tried_again(world, job):
    world = world.but(provider=Broken(ValueError(QUOTING)))
    failure = await world.fail(job=job, may_retry=True)
    assert failure.retryable
    assert await world.entries() == []
    assert (await world.queue.count())["running"] == 1


async def test_a_failure_that_may_pass_makes_an_entry_at_the_last_attempt(world, job):
    await world.but(provider=Broken(ValueError(QUOTING))).fail(job=job, may_retry=False)
    (entry,) = await world.entries()
    assert (entry.outcome, entry.job_id) == ("failed", "job-1")
    assert (await world.queue.count())["dead"] == 1


async def test_a_failure_that_stays_ends_the_job_at_once(world, job):
    await world.but(helpdesk=FakeHelpdesk()).fail(job=job, may_retry=True)
    (entry,) = await world.entries()
    assert entry.reason == "ticket_not_found"
    assert (await world.queue.count())["dead"] == 1


async def test_a_second_attempt_does_not_post_what_the_first_has_posted(world, job):
    await world.helpdesk.post(world.order.account, Secret("token"), TICKET, Reply("first", public=True), job.id)
    answer = await world.pipeline.run(evolve(world.order, job=await again(world, job)))
    assert [reply.text for _, reply, _ in world.helpdesk.replies] == ["first"]
    assert (answer.entry.outcome, answer.entry.content) == ("posted_before", None)
    assert world.provider.prompts == []
    assert (await world.queue.count("acme"))["done"] == 1


async def test_a_reply_that_gets_through_while_the_ai_is_asked_is_not_posted_again(world, job):
    class Late(FakeHelpdesk):
        looks = 0

        async def is_posted(self, *request):
            self.looks += 1
            return self.looks > 1

    desk = Late(TICKET)
    answer = await world.but(helpdesk=desk).pipeline.run(evolve(world.order, job=await again(world, job)))
    assert (answer.entry.outcome, answer.entry.completion) == ("posted_before", SEEN)
    assert desk.replies == []


async def test_nothing_is_kept_of_a_ticket_that_is_deleted_while_the_ai_is_asked(world):
    class Gone(FakeHelpdesk):
        async def post(self, *_):
            raise TicketNotFound("it is gone")

    await world.but(helpdesk=Gone(TICKET)).fail()
    (entry,) = await world.entries()
    assert (entry.reason, entry.content, entry.completion, entry.placeholders) == ("ticket_not_found", None, None, ())
    assert len(world.provider.prompts) == 1


async def test_a_ticket_that_is_closed_costs_no_ai_call(world):
    closed = FakeHelpdesk(evolve(TICKET, takes_replies=False))
    failure = await world.but(helpdesk=closed).fail()
    assert (failure.code, failure.retryable) == ("ticket_closed", False)
    assert world.provider.prompts == []
    answer = await world.but(helpdesk=closed).pipeline.run(evolve(world.order, delivery=Delivery.CALLER))
    assert answer.entry.outcome == "returned"


async def test_attachments_are_redacted_as_all_texts_are(world):
    file = Attachment("file:1", "hat.txt", "text/plain", 9, "hat")
    texts = (TicketText("file:1", "Attachment", f"{NAME}.txt"),)
    desk = FakeHelpdesk(Ticket(7, texts, attachments=(file,)))
    desk.files["hat"] = f"text:{EMAIL}".encode()
    stage = Attachments(desk, Reader([FakeExtractor()], Bounds()), 20, 1000)
    answer = await world.but(helpdesk=desk, attachments=stage).pipeline.run(world.order)
    assert answer.entry.content == ("Attachment: [REDACTED_NAME].txt\nContent of the attachment: [REDACTED_EMAIL]")


async def test_a_second_attempt_posts_what_the_first_has_not(world, job):
    await world.pipeline.run(evolve(world.order, job=await again(world, job)))
    assert [marker for _, _, marker in world.helpdesk.replies] == ["job-1"]


async def test_a_reply_for_the_caller_is_not_posted(world):
    answer = await world.pipeline.run(evolve(world.order, delivery=Delivery.CALLER, ticket=TICKET))
    assert (answer.entry.outcome, answer.entry.ticket_id) == ("returned", 7)
    assert world.helpdesk.replies == []


@pytest.mark.parametrize("fragment", [f"write to {EMAIL}", "write to ADA@EXAMPLE.COM"])
async def test_a_reply_that_shows_what_only_the_staff_has_read_becomes_a_note(world, fragment):
    world.helpdesk.tickets[7] = Ticket(7, (TicketText("note", "Note", f"Her address is {EMAIL}", PRIVATE),))
    world = world.but(provider=FakeProvider(lambda prompt: fragment))
    answer = await world.pipeline.run(world.order)
    assert answer.entry.outcome == "posted_note"
    assert answer.entry.completion == "write to [REDACTED_EMAIL]"
    ((_, reply, _),) = world.helpdesk.replies
    assert not reply.public


async def test_a_type_that_is_never_restored_stays_a_placeholder_and_makes_a_note(world):
    finds = {"words": FakeDetector({NAME: "NAME", EMAIL: "EMAIL"}).find}
    careful = Redactor(finds, seconds=5, characters=1000, never_restored=frozenset({"EMAIL"}))
    world = world.but(redactor=careful, provider=FakeProvider(lambda prompt: "[REDACTED_NAME]: [REDACTED_EMAIL]"))
    answer = await world.pipeline.run(evolve(world.order, delivery=Delivery.PUBLIC))
    assert answer.reply == Reply(f"{NAME}: [REDACTED_EMAIL]", public=False, unresolved=("[REDACTED_EMAIL]",))


async def test_a_draft_becomes_a_note(world):
    class Drafting(FakeProvider):
        async def complete(self, prompt, *, key, options):
            return Completion("A draft", "draft", draft_only=True)

    answer = await world.but(provider=Drafting()).pipeline.run(world.order)
    assert answer.entry.outcome == "posted_note"


async def test_a_sink_and_an_observer_that_fail_do_not_undo_the_reply(world, logged):
    class Full:
        async def write(self, entry):
            raise OSError(f"no space for {EMAIL}")

    def observe(entry):
        raise ValueError(EMAIL)

    last = FakeAuditSink()
    answer = await world.but(journal=Journal(world.store, {"full": Full(), "last": last}, observe)).pipeline.run(
        world.order
    )
    assert len(world.helpdesk.replies) == 1
    assert await world.entries() == [answer.entry]
    assert last.entries == [answer.entry]
    assert "audit sink failed" in logged()
    assert "observer failed" in logged()
    assert EMAIL not in logged()


async def test_a_bug_is_logged_by_its_type_and_place_alone(world, logged):
    await world.but(helpdesk=Broken(KeyError(QUOTING))).fail()
    (event,) = json.loads(logged())
    places = event.pop("where")
    assert event == {"event": "bug in the pipeline", "log_level": "error", "error": "KeyError"}
    assert places[-1].endswith("fetch")
    assert NAME not in logged()
