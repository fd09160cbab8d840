"""What a purge takes and what it leaves, and the receipts of it."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from unit.retention.moments import DAY, FAR, NOW

from raum.api import OperatorError
from raum.audit.actions import HOST, action_entry
from raum.audit.export import sealed_lines
from raum.model import AccountState, Actor, Change
from raum.retention.periods import LAW
from raum.retention.purge import Purger
from raum.retention.records import Hold, Kind
from raum.sealing.verify import verify
from raum.storage.audit import SigningKey
from raum.testing.contracts.audit import SIGNER, sealed_all

TESTER = Actor("user", "tester")


def an_entry(**fields):
    return evolve(action_entry("test", "acme", TESTER), **fields)


async def receipts(store, account_id="acme"):
    """Of which class, and how much."""
    found = await store.entries(account_id, limit=1000)
    return {entry.changes[0][:2] for entry in found if entry.operation == "purge"}


async def left(store, account_id="acme"):
    entries = [entry for entry in await store.entries(account_id, limit=1000) if entry.operation == "generate"]
    return [((NOW - entry.time).days, entry.content) for entry in entries]


async def test_entries_go_on_their_day_and_leave_a_receipt(store, purger, say):
    for days in (400, 91, 90, 89):
        await say(days)
    gone = await purger.purge(NOW + timedelta(seconds=1))
    assert [(each.kind, each.number) for each in gone] == [(Kind.AUDIT, 3)]
    assert await left(store) == [(89, "redacted")]
    (receipt, *_) = await store.entries("acme")
    assert (receipt.operation, receipt.actor, receipt.target) == ("purge", "system:retention", "segment:3")
    before = (NOW + timedelta(seconds=1) - 90 * DAY).isoformat()
    assert receipt.changes == (Change("audit", "3", "0"), Change("before", None, before))


async def test_what_was_said_goes_earlier_where_its_period_is_shorter(store, queue, journal, say):
    periods = {**LAW, Kind.TICKETS: 30 * DAY}
    for days in (91, 60, 31, 10):
        await say(days)
    gone = await Purger(store, queue, journal, periods).purge(NOW)
    assert [(each.kind, each.number) for each in gone] == [(Kind.AUDIT, 1), (Kind.TICKETS, 2)]
    assert await left(store) == [(10, "redacted"), (31, None), (60, None)]


async def test_what_was_said_goes_on_its_day_also_where_its_entry_cannot_go(store, purger, say):
    await say(100)
    never_sealed = an_entry(time=NOW - 95 * DAY, operation="generate", content="redacted", completion="answer")
    await store.append(never_sealed)
    foretold = await purger.expired(NOW)
    assert [(each.kind, each.number) for each in foretold] == [(Kind.AUDIT, 1), (Kind.TICKETS, 1)]
    gone = await purger.purge(NOW)
    assert [(each.kind, each.number) for each in gone] == [(Kind.AUDIT, 1), (Kind.TICKETS, 1)]
    assert await left(store) == [(95, None)]
    assert never_sealed.id in {name for entry in await store.entries("acme") for name in entry.erased}


async def test_an_entry_from_a_clock_that_was_wrong_keeps_nothing_that_was_said(store, purger, say):
    for days in (-400, 100, 95):
        await say(days)
    await purger.purge(NOW)
    assert await left(store) == [(-400, "redacted"), (95, None), (100, None)]


async def test_an_account_of_its_own_mind_keeps_things_for_less_time(store, purger, say, job):
    for account_id in ("acme", "beta"):
        for days in (8, 6, 2):
            await say(days, account_id)
            await job(days, account_id)
    await store.change_settings("acme", 0, {"retention_days": 5}, an_entry())
    await purger.purge(NOW)
    assert await left(store, "acme") == [(2, "redacted")]
    assert [days for days, _ in await left(store, "beta")] == [2, 6, 8]
    assert {status.job.id for status in await purger.queue.jobs()} == {
        "job-acme-2", "job-acme-6", "job-beta-2", "job-beta-6", "job-beta-8",
    }  # fmt: skip
    assert await receipts(store, "acme") == {("audit", "4"), ("jobs", "1")}
    assert await receipts(store, "beta") == set()


async def test_settings_that_cannot_be_read_hold_up_nobodys_purge(store, purger, say):
    for account_id in ("acme", "beta"):
        await say(91, account_id)
    await store.change_settings("acme", 0, {"no such setting": 5}, an_entry())
    gone = await purger.purge(NOW)
    assert {each.account_id for each in gone} == {"acme", "beta"}
    assert await left(store, "acme") == await left(store, "beta") == []


async def test_ended_jobs_and_erasures_go(store, purger, job):
    await job(91)
    await job(89)
    await store.erase_tickets("acme", [7], an_entry())
    assert await receipts(store) == set()
    await purger.purge(NOW)
    assert [status.job.id for status in await purger.queue.jobs()] == ["job-acme-89"]
    assert ("jobs", "1") in await receipts(store)
    await purger.purge(datetime.now(UTC) + 91 * DAY)
    assert await purger.queue.jobs() == []
    said = await store.append(an_entry(ticket_id=7, content="said"))
    assert said.content == "said"


async def test_after_its_subscription_an_account_keeps_its_audit_log_and_nothing_else(store, purger, say, job):
    await say(10)
    await job(10)
    await store.put_credential("acme", "key", b"x", an_entry())
    await store.change_account("acme", {"ends_at": NOW - 29 * DAY}, an_entry())
    await purger.purge(NOW)
    assert (await store.credential("acme", "key"), await left(store)) == (b"x", [(10, "redacted")])
    gone = await purger.purge(NOW + DAY + timedelta(seconds=1))
    assert {(each.account_id, each.kind, each.number) for each in gone} == {
        ("acme", Kind.TICKETS, 1), ("acme", Kind.JOBS, 1), ("acme", Kind.ACCOUNT, 1),
    }  # fmt: skip
    assert (await store.credential("acme", "key"), await left(store)) == (None, [(10, None)])
    account = await store.account("acme")
    assert (account.state, account.subdomain) == (AccountState.DELETED, "deleted")
    assert ("account", "1") in await receipts(store)
    assert await purger.purge(NOW + DAY + timedelta(seconds=1)) == []


async def test_a_legal_hold_stops_it_all_for_one_account(store, purger, say, job):
    for account_id in ("acme", "beta"):
        await say(100, account_id)
        await job(100, account_id)
    await store.change_account("acme", {"ends_at": NOW - 100 * DAY}, an_entry())
    await store.hold("acme", Hold(NOW), an_entry())
    assert {each.account_id for each in await purger.purge(NOW)} == {"beta"}
    assert await left(store, "acme") == [(100, "redacted")]
    assert await left(store, "beta") == []
    await store.hold("acme", None, an_entry())
    assert {each.account_id for each in await purger.purge(NOW)} == {"acme"}
    assert await left(store, "acme") == []


async def test_a_legal_hold_stops_a_purge_that_is_under_way(store, queue, journal, say):
    purger = Purger(store, queue, journal, {**LAW, Kind.TICKETS: 30 * DAY})
    for _ in range(100):
        await say(31)
    await store.change_account("acme", {"ends_at": NOW - 31 * DAY}, an_entry())
    asked = []

    async def keep_on():
        asked.append(1)
        if len(asked) == 3:  # before the account, its first batch and the second
            await store.hold("acme", Hold(NOW), an_entry())

    with pytest.raises(OperatorError, match="the purge failed for 1 accounts"):
        await purger.purge(NOW, keep_on)
    kept = sum(content is not None for _, content in await left(store))
    assert 0 < kept < 100
    assert (await store.account("acme")).state is AccountState.ACTIVE
    assert await purger.purge(NOW) == []
    assert sum(content is not None for _, content in await left(store)) == kept


async def test_a_dry_run_says_what_a_purge_takes_and_takes_nothing(store, purger, say, job):
    for days in (92, 91, 80):
        await say(days)
    await job(95)
    would_go = await purger.expired(NOW)
    assert [days for days, _ in await left(store)] == [80, 91, 92]
    assert await receipts(store) == set()
    assert await purger.purge(NOW) == would_go
    assert await purger.expired(NOW) == []


async def test_the_log_of_the_host_itself_is_purged_too(store, purger):
    old = evolve(action_entry("session_key_rotation", HOST, TESTER), time=NOW - 91 * DAY)
    await store.append(old)
    await sealed_all(store, HOST, FAR)
    await purger.purge(NOW)
    assert [entry.operation for entry in await store.entries(HOST)] == ["purge"]


async def test_what_fails_for_one_account_does_not_hold_up_the_others(store, purger, say, monkeypatch):
    await say(91)
    await say(91, "beta")
    purge = store.purge

    async def failing(expired, **named):
        if expired.account_id == "acme":
            raise OperatorError("the store failed")
        return await purge(expired, **named)

    monkeypatch.setattr(store, "purge", failing)
    with pytest.raises(OperatorError, match="the purge failed for 1 accounts"):
        await purger.purge(NOW)
    assert await left(store, "acme") == [(91, "redacted")]
    assert await left(store, "beta") == []
    assert ("audit", "1") in await receipts(store, "acme")  # nothing goes without a receipt; one may be for nothing


async def test_much_goes_in_batches_and_each_asks_whether_to_keep_on(store, queue, journal, say):
    purger = Purger(store, queue, journal, {**LAW, Kind.TICKETS: 30 * DAY})
    for _ in range(100):
        await say(31)
    asked = []

    async def keep_on():
        asked.append(sum(content is not None for _, content in await left(store)))
        if len(asked) >= 4:
            raise OperatorError("another host has taken the work over")

    with pytest.raises(OperatorError, match="taken the work over"):
        await purger.purge(NOW, keep_on)
    assert asked[:3] == [100, 100, 80]  # before the account, and before each of its batches
    assert 0 < asked[3] < 80
    assert asked[4:] == [asked[3]]  # before the next account, which is left alone
    await purger.purge(NOW)
    assert {content for _, content in await left(store)} == {None}


async def test_what_a_purge_leaves_of_the_log_can_be_verified(store, queue, journal, say):
    """Also where it was broken off in the middle: nothing goes without a receipt."""
    await store.add_signing_key(SigningKey(SIGNER.kid, SIGNER.public_key, b"", NOW), an_entry(account_id=HOST))
    for days in (93, 92, 91, 41, 40, 10):
        await say(days)
    purger = Purger(store, queue, journal, {**LAW, Kind.TICKETS: 30 * DAY})
    for most in (1, 2, 3, 99):
        asked = []

        async def keep_on(most=most, asked=asked):
            asked.append(most)
            if len(asked) > most:
                raise OperatorError("killed")

        with contextlib.suppress(OperatorError):
            await purger.purge(NOW, keep_on)
        await sealed_all(store, "acme", FAR)
        lines = [line.encode() async for line in sealed_lines(store, "acme")]
        verdict = verify(lines, {SIGNER.kid: SIGNER.public_key})
        assert verdict.faults == []
    assert (verdict.purged, verdict.erased) == (3, 2)
    assert [days for days, _ in await left(store)] == [10, 40, 41]


async def test_an_export_that_a_purge_overtakes_is_not_taken_for_one_with_a_gap(store, purger, say):
    for days in (93, 92, 10):
        await say(days)
    lines = sealed_lines(store, "acme")
    begun = [await anext(lines) for _ in range(3)]  # the head, and the oldest segment
    await purger.purge(NOW)
    with pytest.raises(OperatorError, match="purged while the log was exported; export it again"):
        begun += [line async for line in lines]
    assert [line async for line in sealed_lines(store, "acme")][-1].startswith('{"end":')
