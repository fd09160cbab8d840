"""Of many hosts one does what is due, once in a period, and another takes over if it is killed."""

import asyncio
from datetime import timedelta

import pytest
from unit.retention.moments import DAY, NOW

from raum.api import OperatorError
from raum.model import Account
from raum.retention.housekeeping import Housekeeper

HOUR = timedelta(hours=1)
ACME = Account("acme", "acme-help", "hook-acme")


@pytest.fixture
def hosts(store, purger, deletions, clock):
    return [Housekeeper(store, purger, deletions, DAY, clock) for _ in range(3)]


async def kept(store):
    return sum(entry.operation == "generate" for entry in await store.entries("acme", limit=1000))


async def test_of_many_hosts_one_purges_once_in_a_period_which_begins_at_midnight(store, hosts, clock, say):
    midnight = (NOW + DAY).replace(hour=0, minute=0, second=0)
    clock.now = midnight - 12 * HOUR
    await say(90 - (midnight - 2 * HOUR - NOW) / DAY)
    for host in hosts:
        await host.run_if_due()
    assert await kept(store) == 1
    clock.now = midnight - HOUR
    for host in hosts:
        await host.run_if_due()
    assert await kept(store) == 1
    clock.now = midnight
    await hosts[2].run_if_due()
    assert await kept(store) == 0


async def test_that_no_room_can_be_made_does_not_hold_up_the_purge(store, hosts, say, monkeypatch):
    await say(91)

    async def refused(_now):
        raise OperatorError("the store failed: ProgrammingError (42501)")

    monkeypatch.setattr(store, "make_room", refused)
    await hosts[0].run_if_due()
    assert await kept(store) == 0


async def test_deletions_are_carried_out_at_each_look(store, hosts, deletions, say):
    for host in hosts:
        await say(1)
        await deletions.request_ticket(ACME, 1)
        await host.run_if_due()
        assert await store.open_deletions() == []


async def test_two_hosts_never_purge_at_once(store, hosts, say):
    for _ in range(60):
        await say(91)
    await asyncio.gather(*(host.run_if_due() for host in hosts))
    receipts = [entry for entry in await store.entries("acme", limit=1000) if entry.operation == "purge"]
    assert (await kept(store), len(receipts)) == (0, 1)


async def test_what_a_killed_host_left_is_taken_over_when_its_lease_has_ended(store, hosts, clock, say):
    await say(91)
    await store.lock("purge", "killed", NOW, NOW + timedelta(minutes=10))
    await hosts[0].run_if_due()
    assert await kept(store) == 1
    clock.now += timedelta(minutes=10)
    await hosts[0].run_if_due()
    assert await kept(store) == 0


async def test_a_purge_that_failed_is_tried_again_at_the_next_look(store, hosts, say, monkeypatch):
    await say(91)

    async def failing(*_arguments, **_named):
        raise OperatorError("the store failed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "purge", failing)
        with pytest.raises(OperatorError):
            await hosts[0].run_if_due()
    await hosts[1].run_if_due()
    assert await kept(store) == 0


async def test_a_host_that_is_too_slow_leaves_the_rest_to_the_one_that_took_over(store, hosts, clock, say, monkeypatch):
    for _ in range(50):
        await say(91)
    before = await kept(store)
    purge = store.purge

    async def slow(*arguments, **named):
        clock.now += timedelta(minutes=20)
        await store.lock("purge", "another", clock.now, clock.now + timedelta(minutes=10))
        return await purge(*arguments, **named)

    await say(91, "beta")
    monkeypatch.setattr(store, "purge", slow)
    with pytest.raises(OperatorError, match="another host has taken the work over"):
        await hosts[0].run_if_due()
    assert 0 < await kept(store) < before
    assert any(entry.operation == "generate" for entry in await store.entries("beta"))
    assert await store.lock("purge", "third", clock.now, clock.now + DAY) is False


async def test_what_has_ended_of_itself_goes_with_each_purge(store, hosts, monkeypatch):
    tidied = []

    async def tidy(now):
        tidied.append(now)

    monkeypatch.setattr(store, "tidy", tidy)
    for host in hosts:
        await host.run_if_due()
    assert tidied == [NOW]


async def test_deletions_are_left_to_the_host_that_took_them_over(store, hosts, deletions, clock, say, monkeypatch):
    erase = store.erase_tickets
    for ticket_id in (1, 2, 3):
        await say(1, ticket_id=ticket_id)
        await deletions.request_ticket(ACME, ticket_id)

    async def slow(*arguments):
        clock.now += timedelta(minutes=20)
        await store.lock("deletions", "another", clock.now, clock.now + timedelta(minutes=10))
        return await erase(*arguments)

    monkeypatch.setattr(store, "erase_tickets", slow)
    with pytest.raises(OperatorError, match="another host has taken the work over"):
        await hosts[0].run_if_due()
    assert len(await store.open_deletions()) == 2
