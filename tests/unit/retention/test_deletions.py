"""Deletions that were asked for: from the asking to the receipt."""

import asyncio

import pytest
from attrs import evolve
from unit.retention.moments import DAY, NOW

from raum.api import HelpdeskFailed, OperatorError
from raum.audit.actions import action_entry
from raum.model import Account, AccountState, Actor, Change
from raum.retention.deletions import overdue, state_of
from raum.retention.records import Hold, Subject

ACME = Account("acme", "acme-help", "hook-acme")


async def contents(store, account_id="acme"):
    entries = [entry for entry in await store.entries(account_id, limit=1000) if entry.operation == "generate"]
    return {entry.ticket_id: entry.content for entry in entries}


async def last(store, operation):
    return next(entry for entry in await store.entries("acme") if entry.operation == operation)


async def test_a_ticket_is_taken_on_carried_out_and_receipted(store, deletions, clock, say, keep_on):
    for ticket_id in (1, 2):
        await say(1, ticket_id=ticket_id)
    await say(1, "beta", ticket_id=1)
    deletion = await evolve(deletions, actor=Actor("user", "dpo")).request_ticket(ACME, 1)
    assert (deletion.subject, deletion.tickets, deletion.due_at) == (Subject.TICKET, 1, NOW + 30 * DAY)
    asked = await last(store, "deletion_request")
    assert (asked.actor, asked.ticket_id) == ("user:dpo", 1)
    assert asked.target == f"deletion:{deletion.id}"
    assert asked.changes == (
        Change("ticket", None, "requested"),
        Change("due", None, deletion.due_at.isoformat()),
    )
    assert await contents(store) == {1: "redacted", 2: "redacted"}
    clock.now += DAY / 24
    await deletions.carry_out(keep_on)
    assert await contents(store) == {1: None, 2: "redacted"}
    assert await contents(store, "beta") == {1: "redacted"}
    receipt = await last(store, "deletion")
    assert (receipt.actor, receipt.ticket_id) == ("system:retention", None)
    assert (receipt.target, receipt.changes) == (
        f"deletion:{deletion.id}",
        (Change("ticket", "requested", "done"), Change("entries", "1", "0")),
    )
    assert len((await last(store, "ticket_erase")).erased) == 1
    (done,) = await store.deletions("acme")
    assert (done.finished_at, done.ticket_ids, done.tickets) == (clock.now, (), 1)


async def test_what_is_said_later_on_a_deleted_ticket_is_not_kept(store, deletions, say, keep_on):
    await deletions.request_ticket(ACME, 1)
    await deletions.carry_out(keep_on)
    assert (await say(0)).content is None


async def test_a_requester_is_asked_for_and_never_kept(store, helpdesk, deletions, say, keep_on):
    helpdesk.asked_by[4711] = [1, 3, 3]
    for ticket_id in (1, 2, 3):
        await say(1, ticket_id=ticket_id)
    deletion = await deletions.request_requester(ACME, 4711)
    assert (deletion.ticket_ids, deletion.tickets) == ((1, 3), 2)
    assert "4711" not in repr(vars(store))
    await deletions.carry_out(keep_on)
    assert await contents(store) == {1: None, 2: "redacted", 3: None}
    assert "4711" not in repr(vars(store))


async def test_a_requester_of_no_tickets_is_done_at_once_all_the_same(store, deletions, keep_on):
    await deletions.request_requester(ACME, 5)
    await deletions.carry_out(keep_on)
    (done,) = await store.deletions()
    assert (done.is_open, done.tickets) == (False, 0)


async def test_nothing_is_taken_on_if_the_helpdesk_cannot_say_whose_tickets_they_are(
    store, helpdesk, deletions, monkeypatch
):
    async def busy(*_arguments):
        raise HelpdeskFailed("the helpdesk is busy", retryable=True)

    monkeypatch.setattr(helpdesk, "tickets_of", busy)
    with pytest.raises(HelpdeskFailed):
        await deletions.request_requester(ACME, 4711)
    assert await store.deletions() == []
    assert await store.entries("acme") == []


async def test_an_account_goes_with_all_that_it_has(store, deletions, say, job, keep_on):
    await say(1)
    await say(1, "beta")
    await job(1)
    await deletions.request_account(ACME)
    await deletions.carry_out(keep_on)
    assert await contents(store) == {1: None}
    assert await contents(store, "beta") == {1: "redacted"}
    assert await store.credential("acme", "helpdesk-token") is None
    assert await deletions.purger.queue.jobs() == []
    assert (await store.account("acme")).state is AccountState.DELETED
    assert {"purge", "deletion"} <= {entry.operation for entry in await store.entries("acme")}
    assert await store.open_deletions() == []


async def test_under_a_legal_hold_nothing_is_deleted_until_it_is_lifted(store, deletions, clock, say, keep_on):
    await say(1)
    deletion = await deletions.request_ticket(ACME, 1)
    await store.hold("acme", Hold(NOW), action_entry("legal_hold", "acme", Actor("user", "tester")))
    await deletions.carry_out(keep_on)
    assert await contents(store) == {1: "redacted"}
    assert state_of(deletion, await store.holds(), NOW) == "held"
    await store.hold("acme", None, action_entry("legal_release", "acme", Actor("user", "tester")))
    await deletions.carry_out(keep_on)
    assert await contents(store) == {1: None}


async def test_a_legal_hold_stops_a_deletion_that_is_under_way(store, helpdesk, deletions, say, monkeypatch):
    for ticket_id in (1, 150):
        await say(1, ticket_id=ticket_id)
    monkeypatch.setattr(helpdesk, "tickets_of", lambda *_: asyncio.sleep(0, range(1, 151)))
    await deletions.request_requester(ACME, 4711)
    asked = []

    async def keep_on():
        asked.append(1)
        if len(asked) == 3:  # before the deletion, the first hundred tickets and the second
            await store.hold("acme", Hold(NOW), action_entry("legal_hold", "acme", Actor("user", "tester")))

    with pytest.raises(OperatorError, match="1 deletions could not be carried out"):
        await deletions.carry_out(keep_on)
    assert await contents(store) == {1: None, 150: "redacted"}
    assert len(await store.open_deletions()) == 1


async def test_one_that_cannot_be_carried_out_stays_open_and_holds_up_no_other(
    store, deletions, say, keep_on, monkeypatch
):
    erase = store.erase_tickets

    async def failing(account_id, ticket_ids, entry):
        if 1 in ticket_ids:
            raise OperatorError("the store failed")
        return await erase(account_id, ticket_ids, entry)

    for ticket_id in (1, 2):
        await say(1, ticket_id=ticket_id)
        await deletions.request_ticket(ACME, ticket_id)
    with monkeypatch.context() as patch:
        patch.setattr(store, "erase_tickets", failing)
        with pytest.raises(OperatorError, match="1 deletions could not be carried out"):
            await deletions.carry_out(keep_on)
    assert await contents(store) == {1: "redacted", 2: None}
    await deletions.carry_out(keep_on)
    assert await contents(store) == {1: None, 2: None}


async def test_the_states_of_a_deletion(store, deletions, clock, keep_on):
    deletion = await deletions.request_ticket(ACME, 1)
    late = NOW + 30 * DAY + DAY / 24
    held = {"acme": Hold(NOW)}
    assert state_of(deletion, {}, NOW) == "open"
    assert state_of(deletion, {}, late) == "overdue"
    assert state_of(deletion, held, late) == "held"
    assert (overdue([deletion], NOW), overdue([deletion], late)) == (0, 1)
    await deletions.carry_out(keep_on)
    (done,) = await store.deletions()
    assert state_of(done, held, late) == "done"
    assert overdue([done], late) == 0
