"""What every store does: these tests use the Store protocol and nothing else."""

import asyncio
from datetime import timedelta, timezone

import attrs
import pytest

from raum.api import Account, OperatorError
from raum.model import Delivery


async def test_an_account_is_found_by_its_id_and_by_its_webhook_key(store, acme):
    assert await store.account("acme") == acme
    assert await store.account_of_webhook("hook-acme") == acme


async def test_an_unknown_account_is_none(store):
    assert await store.account("nobody") is None
    assert await store.account_of_webhook("no-hook") is None


async def test_an_account_comes_back_with_the_type_of_its_choice(store, make_entry):
    account = Account("gamma", "gamma-help", "hook-gamma", Delivery.PUBLIC)
    await store.add_account(account, make_entry(account_id="gamma"))
    assert (await store.account("gamma")).reply_as is Delivery.PUBLIC


async def test_accounts_are_listed_by_id(store, make_entry):
    await store.add_account(Account("aaa", "aaa", "hook-aaa"), make_entry())
    assert [account.id for account in await store.accounts()] == ["aaa", "acme", "beta"]


@pytest.mark.parametrize(
    "taken",
    [Account("acme", "other", "hook-other"), Account("other", "other", "hook-acme")],
    ids=["id", "webhook key"],
)
async def test_an_account_whose_id_or_webhook_key_is_taken_is_refused(store, make_entry, taken):
    with pytest.raises(OperatorError) as refusal:
        await store.add_account(taken, make_entry(account_id="other"))
    assert str(refusal.value) == "an account with this id or this webhook key exists already"
    assert len(await store.accounts()) == 2
    assert await store.entries("other") == []


async def test_a_token_leads_to_its_account_and_its_label(store, acme, make_entry):
    await store.add_token("acme", b"\x01" * 32, "reports", make_entry())
    assert await store.account_of_token(b"\x01" * 32) == (acme, "reports")


async def test_an_unknown_token_leads_nowhere(store):
    assert await store.account_of_token(b"\x02" * 32) is None


async def test_a_token_exists_once(store, make_entry):
    await store.add_token("acme", b"\x01" * 32, "reports", make_entry())
    with pytest.raises(OperatorError) as refusal:
        await store.add_token("beta", b"\x01" * 32, "reports", make_entry())
    assert str(refusal.value) == "the token exists already, or there is no such account"


async def test_a_credential_comes_back_as_it_was_put(store, make_entry):
    ciphertext = bytes(range(256))
    await store.put_credential("acme", "helpdesk-token", ciphertext, make_entry())
    assert await store.credential("acme", "helpdesk-token") == ciphertext


async def test_a_credential_is_replaced(store, make_entry):
    await store.put_credential("acme", "helpdesk-token", b"old", make_entry())
    await store.put_credential("acme", "helpdesk-token", b"new", make_entry())
    assert await store.credential("acme", "helpdesk-token") == b"new"


async def test_a_credential_of_one_account_is_not_seen_by_another(store, make_entry):
    await store.put_credential("acme", "helpdesk-token", b"acme's", make_entry())
    assert await store.credential("beta", "helpdesk-token") is None


async def test_a_credential_needs_its_account(store, make_entry):
    with pytest.raises(OperatorError) as refusal:
        await store.put_credential("nobody", "helpdesk-token", b"x", make_entry())
    assert str(refusal.value) == "there is no such account"


async def test_a_job_needs_its_account(store, make_job):
    with pytest.raises(OperatorError) as refusal:
        await store.accept(make_job(account_id="nobody"))
    assert str(refusal.value) == "a job with this id exists already, or there is no such account"


async def test_an_accepted_job_is_claimed_with_all_it_holds(store, make_job, noon):
    job = make_job(ticket_id=2**40, source_ip="192.0.2.1", request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    await store.accept(job)
    assert await store.claim(noon) == attrs.evolve(job, attempts=1)


async def test_an_event_is_accepted_once_for_each_account(store, make_job):
    assert await store.accept(make_job(event_id="event")) is True
    assert await store.accept(make_job(event_id="event")) is False
    assert await store.accept(make_job(event_id="event", account_id="beta")) is True
    assert (await store.count_jobs("acme"))["waiting"] == 1


async def test_of_fifty_deliveries_of_one_event_at_once_exactly_one_is_accepted(store, make_job):
    accepted = await asyncio.gather(*(store.accept(make_job(event_id="event")) for _ in range(50)))
    assert accepted.count(True) == 1
    assert (await store.count_jobs("acme"))["waiting"] == 1


async def test_the_oldest_waiting_job_is_claimed_first(store, make_job, noon):
    await store.accept(make_job(id="younger", created_at=noon))
    await store.accept(make_job(id="older", created_at=noon - timedelta(seconds=1)))
    assert [(await store.claim(noon)).id, (await store.claim(noon)).id] == ["older", "younger"]
    assert await store.claim(noon) is None


async def test_a_job_is_not_claimed_before_it_is_due(store, make_job, noon):
    await store.accept(make_job())
    assert await store.claim(noon - timedelta(microseconds=1)) is None
    assert await store.claim(noon) is not None


async def test_times_in_other_zones_mean_the_same_moment(store, make_job, noon):
    east = timezone(timedelta(hours=9))
    await store.accept(make_job(created_at=noon.astimezone(east)))
    assert await store.claim((noon - timedelta(seconds=1)).astimezone(east)) is None
    assert (await store.claim(noon.astimezone(east))).created_at == noon


async def test_claims_at_once_never_give_a_job_twice(store, make_job, noon):
    for number in range(20):
        await store.accept(make_job(id=f"job-{number}"))
    claimed = await asyncio.gather(*(store.claim(noon) for _ in range(30)))
    ids = [job.id for job in claimed if job is not None]
    assert sorted(ids) == sorted({f"job-{number}" for number in range(20)})


async def test_a_job_that_is_put_back_waits_until_it_is_due_and_counts_its_attempts(store, make_job, noon):
    await store.accept(make_job())
    later = noon + timedelta(minutes=1)
    await store.put_back(await store.claim(noon), later)
    assert await store.claim(noon) is None
    assert (await store.claim(later)).attempts == 2


async def test_a_job_that_ended_is_not_put_back(store, make_job, make_entry, noon):
    await store.accept(make_job())
    job = await store.claim(noon)
    await store.finish(job, make_entry(), failed=False)
    await store.put_back(job, noon)
    assert await store.claim(noon) is None


async def test_only_running_jobs_are_put_back_after_a_kill(store, make_job, make_entry, noon):
    for name in ("done", "running", "running-too", "waiting"):
        await store.accept(make_job(id=name))
    done, *_ = [await store.claim(noon) for _ in range(3)]
    await store.finish(done, make_entry(), failed=False)
    assert await store.put_back_running() == 2
    assert await store.put_back_running() == 0
    assert await store.count_jobs("acme") == {"waiting": 3, "running": 0, "done": 1, "failed": 0}


async def test_jobs_are_counted_in_every_state_and_for_one_account(store, make_job, make_entry, noon):
    for number, failed in enumerate([True, False, False]):
        await store.accept(make_job(id=f"job-{number}"))
        await store.finish(await store.claim(noon), make_entry(), failed=failed)
    await store.accept(make_job(account_id="beta"))
    assert await store.count_jobs("acme") == {"waiting": 0, "running": 0, "done": 2, "failed": 1}
    assert await store.count_jobs("beta") == {"waiting": 1, "running": 0, "done": 0, "failed": 0}


async def test_a_finished_job_and_its_entry_are_seen_together(store, make_job, make_entry, noon):
    await store.accept(make_job())
    job = await store.claim(noon)
    await store.finish(job, make_entry(id="end", job_id=job.id), failed=False)
    assert (await store.count_jobs("acme"))["done"] == 1
    assert (await store.entries("acme"))[0].job_id == job.id


async def test_an_unknown_job_is_not_finished(store, make_job, make_entry):
    with pytest.raises(OperatorError) as refusal:
        await store.finish(make_job(), make_entry(id="end"), failed=False)
    assert str(refusal.value) == "the store has no such job"
    assert "end" not in [entry.id for entry in await store.entries("acme")]


async def test_an_entry_comes_back_as_it_was_written(store, make_entry):
    entry = make_entry(
        account_id="beta",
        source_ip="2001:db8::1",
        request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        job_id="job",
        ticket_id=7,
        reason="timeout",
        provider="offline",
        model="offline-1",
        input_tokens=3,
        output_tokens=4,
        duration_ms=5,
        placeholders=("[REDACTED_NAME]", "[REDACTED_EMAIL_1]"),
        unresolved=("[REDACTED_EMAIL_9]",),
        content="Grüße, [REDACTED_NAME] 🙂",
        completion="",
    )
    await store.append(entry)
    assert (await store.entries("beta"))[0] == entry


async def test_entries_are_the_accounts_own_newest_first_and_limited(store, make_entry, noon):
    for name, seconds in (("b", 2), ("a", 1), ("d", 3), ("e", 3)):
        await store.append(make_entry(id=name, time=noon + timedelta(seconds=seconds)))
    await store.append(make_entry(id="foreign", account_id="beta", time=noon + timedelta(seconds=9)))
    assert [entry.id for entry in await store.entries("acme")] == ["e", "d", "b", "a", "added-acme"]
    assert [entry.id for entry in await store.entries("acme", limit=2)] == ["e", "d"]


async def test_a_change_whose_entry_cannot_be_written_did_not_happen(store, make_job, make_entry, noon):
    await store.accept(make_job())
    job = await store.claim(noon)
    taken = make_entry(id="added-acme")
    changes = [
        store.add_account(Account("gamma", "gamma", "hook-gamma"), taken),
        store.add_token("acme", b"\x01" * 32, "reports", taken),
        store.put_credential("acme", "helpdesk-token", b"x", taken),
        store.finish(job, taken, failed=False),
    ]
    for change in changes:
        with pytest.raises(OperatorError) as refusal:
            await change
        assert str(refusal.value) == "the store refused a change that contradicts what it holds"
    assert await store.account("gamma") is None
    assert await store.account_of_token(b"\x01" * 32) is None
    assert await store.credential("acme", "helpdesk-token") is None
    assert (await store.count_jobs("acme"))["running"] == 1
    assert len(await store.entries("acme")) == 1
