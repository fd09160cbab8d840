"""Jobs that ask for something else than a reply: one entry each, which does not say who it was about."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from raum.api import HelpdeskFailed, Measures, Ticket
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import OperationFailed
from raum.jobs.errands import Errands
from raum.model import Account, Actor, EventKind, Job
from raum.retention.deletions import Deletions
from raum.retention.periods import LAW
from raum.retention.purge import Purger
from raum.retention.records import Hold
from raum.secrets.credentials import Credentials
from raum.testing import FakeHelpdesk, FakeKeyManager, FakeQueue, FakeStore

ACME = Account("acme", "acme-help", "hook-acme")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class World:
    def __init__(self):
        self.store, self.desk, self.measured = FakeStore(ACME), FakeHelpdesk(Ticket(7, ())), []
        self.queue = FakeQueue()
        self.queue.use(self.store)
        credentials = Credentials(self.store, FakeKeyManager())
        journal = Journal(self.store)
        self.deletions = Deletions(
            self.store, self.desk, credentials, journal, Purger(self.store, self.queue, journal, LAW)
        )
        self.errands = Errands(self.desk, credentials, self.queue, journal, self.observe, self.deletions)

    def observe(self, **what):
        self.measured.append(what)

    async def said(self, *ticket_ids):
        for ticket_id in ticket_ids:
            entry = action_entry("generate", "acme", Actor("system", "webhook"))
            await self.store.append(evolve(entry, ticket_id=ticket_id, content="said", completion="answered"))

    async def run(self, kind, *, may_retry=False, **about):
        ids = {"ticket_id": about.get("ticket_id", 0), "person_id": about.get("person_id", 0)}
        origin = {"client_ip": "192.0.2.7", "request_id": "REQUEST"}
        job = Job("job-1", "acme", "event-1", created_at=NOON, kind=kind, **ids, **origin)
        await self.queue.accept(job)
        await self.errands.run(await self.queue.claim(30, 2), ACME, may_retry=may_retry)
        return next(entry for entry in await self.store.entries("acme") if entry.job_id)

    async def left(self):
        entries = await self.store.entries("acme")
        return {entry.ticket_id for entry in entries if entry.content or entry.completion}


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize(
    ("kind", "about"), [(EventKind.TICKET_DELETED, {"ticket_id": 7}), (EventKind.PERSON_DELETED, {"person_id": 4711})]
)
async def test_under_a_legal_hold_the_erasure_waits_until_it_is_lifted(world, kind, about):
    async def keep_on():
        pass

    world.desk.asked_by[4711] = [7]
    await world.said(7, 8)
    await world.store.hold("acme", Hold(NOON), action_entry("legal_hold", "acme", Actor("user", "tester")))
    assert (await world.run(kind, **about)).outcome == "done"
    assert await world.left() == {7, 8}
    await world.store.hold("acme", None, action_entry("legal_release", "acme", Actor("user", "tester")))
    await world.deletions.carry_out(keep_on)
    assert await world.left() == {8}


async def test_what_was_said_on_a_deleted_ticket_is_erased(world):
    await world.said(7, 8)
    entry = await world.run(EventKind.TICKET_DELETED, ticket_id=7)
    assert await world.left() == {8}
    assert (entry.operation, entry.outcome, entry.ticket_id) == ("ticket_erase", "done", 7)
    assert (entry.actor, entry.client_ip, entry.request_id) == ("system:webhook", "192.0.2.7", "REQUEST")


async def test_what_was_said_on_the_tickets_of_a_deleted_person_is_erased(world):
    await world.said(7, 8, 9)
    world.desk.asked_by[4711] = (7, 9)
    entry = await world.run(EventKind.PERSON_DELETED, person_id=4711)
    assert await world.left() == {8}
    assert (entry.operation, entry.outcome, entry.ticket_id) == ("person_erase", "done", None)
    assert "4711" not in repr(entry)


@pytest.mark.parametrize("kind", [EventKind.SOLVED, EventKind.RATED])
async def test_measures_are_told_without_a_link_to_the_ticket(world, kind):
    entry = await world.run(kind, ticket_id=7)
    assert world.measured == [{"account_id": "acme", "measures": Measures(full_resolution_minutes=60)}]
    assert (entry.operation, entry.outcome) == ("ticket_measure", "done")


async def test_an_observer_that_fails_changes_nothing(world):
    def broken(**what):
        raise ZeroDivisionError("SEVEN-LEMONS")

    world.errands = evolve(world.errands, observe=broken)
    assert (await world.run(EventKind.RATED, ticket_id=7)).outcome == "done"


async def test_an_errand_that_fails_for_good_ends_in_an_entry(world):
    with pytest.raises(OperationFailed):
        await world.run(EventKind.SOLVED, ticket_id=99, may_retry=True)
    (entry,) = await world.store.entries("acme")
    assert (entry.outcome, entry.reason) == ("failed", "ticket_not_found")
    assert (await world.queue.count("acme"))["dead"] == 1


async def test_an_errand_that_may_be_tried_again_has_no_entry_yet(world):
    async def away(*_):
        raise HelpdeskFailed("away", code="helpdesk_unavailable", retryable=True)

    world.desk.tickets_of = away
    with pytest.raises(OperationFailed):
        await world.run(EventKind.PERSON_DELETED, person_id=1, may_retry=True)
    assert await world.store.entries("acme") == []


async def test_a_bug_is_told_by_its_type(world):
    async def broken(*_):
        raise ZeroDivisionError("SEVEN-LEMONS")

    world.desk.tickets_of = broken
    with pytest.raises(OperationFailed) as caught:
        await world.run(EventKind.PERSON_DELETED, person_id=1)
    assert (caught.value.code, "LEMONS" in str(caught.value)) == ("internal_error", False)
