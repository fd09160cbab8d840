"""What every store does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any, Final

import pytest
import pytest_asyncio
from attrs import evolve

from raum.api import Account, Entry, Job, OperatorError, Store
from raum.model import Change, Delivery
from raum.testing.contracts.parts import MARK, entered, shown

_NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
ACME: Final = Account("acme", "acme-help", "hook-acme")
BETA: Final = Account("beta", "beta-help", "hook-beta")
_DIGEST: Final = b"\x01" * 32
_NAME: Final = "helpdesk-token"
_numbers = count(1)


def make_entry(**fields: Any) -> Entry:
    """An entry of the account acme with these fields; its id is new."""
    defaults: dict[str, Any] = {
        "id": f"entry-{next(_numbers)}",
        "time": _NOON,
        "account_id": "acme",
        "operation": "generate",
        "actor": "system:worker",
        "outcome": "posted_note",
    }
    return Entry(**(defaults | fields))


def make_job(**fields: Any) -> Job:
    """A job of the account acme with these fields, due at once; its ids are new."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "id": f"job-{number}",
        "account_id": "acme",
        "event_id": f"event-{number}",
        "ticket_id": number,
        "created_at": _NOON,
    }
    return Job(**(defaults | fields))


async def _refused(change: Awaitable[object]) -> None:
    """The change must raise OperatorError, which shows nothing of the data."""
    with pytest.raises(OperatorError) as refusal:
        await change
    assert MARK not in shown(refusal.value)


async def _claimed(store: Store, now: datetime = _NOON) -> Job:
    job = await store.claim(now)
    assert job is not None
    return job


class StoreContract:
    """Subclass it and give the fixture `part`: an empty store, which is migrated and then entered.

    class TestSqlite(StoreContract):
        @pytest.fixture
        def part(self, tmp_path):
            return SqlStore(sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True)
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def part(self) -> Store:
        """The store, empty and not yet entered; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the store")

    @pytest_asyncio.fixture(loop_scope="function")
    async def store(self, part: Store) -> AsyncIterator[Store]:
        """The store, with the accounts acme and beta, and an entry for each of them."""
        await part.migrate()
        async with entered(part) as store:
            for account in (ACME, BETA):
                await store.add_account(account, make_entry(id=f"added-{account.id}", account_id=account.id))
            yield store

    async def test_a_migrated_store_is_current_and_migrating_again_changes_nothing(self, store: Store) -> None:
        assert await store.is_current() is True
        await store.migrate()
        assert await store.is_current() is True
        assert await store.accounts() == [ACME, BETA]

    async def test_it_says_whether_it_upgrades_itself(self, store: Store) -> None:
        assert isinstance(store.upgrades_itself, bool)

    async def test_an_account_is_found_by_its_id_and_by_its_webhook_key(self, store: Store) -> None:
        assert await store.account("acme") == ACME
        assert await store.account_of_webhook("hook-acme") == ACME

    async def test_an_unknown_account_is_none(self, store: Store) -> None:
        assert await store.account("nobody") is None
        assert await store.account_of_webhook("no-hook") is None

    async def test_an_account_comes_back_with_the_type_of_its_choice(self, store: Store) -> None:
        account = Account("gamma", "gamma-help", "hook-gamma", Delivery.PUBLIC)
        await store.add_account(account, make_entry(account_id="gamma"))
        found = await store.account("gamma")
        assert found is not None
        assert found.reply_as is Delivery.PUBLIC

    async def test_accounts_are_listed_by_id(self, store: Store) -> None:
        await store.add_account(Account("aaa", "aaa", "hook-aaa"), make_entry())
        assert [account.id for account in await store.accounts()] == ["aaa", "acme", "beta"]

    @pytest.mark.parametrize(
        "taken", [Account("acme", "other", MARK), Account("other", "other", "hook-acme")], ids=["id", "webhook key"]
    )
    async def test_an_account_whose_id_or_webhook_key_is_taken_is_refused(self, store: Store, taken: Account) -> None:
        await _refused(store.add_account(taken, make_entry(account_id="other")))
        assert await store.accounts() == [ACME, BETA]
        assert await store.entries("other") == []

    async def test_a_token_leads_to_its_account_and_its_label(self, store: Store) -> None:
        await store.add_token("acme", _DIGEST, "reports", make_entry())
        assert await store.account_of_token(_DIGEST) == (ACME, "reports")
        assert await store.account_of_token(b"\x02" * 32) is None

    async def test_a_token_exists_once(self, store: Store) -> None:
        await store.add_token("acme", _DIGEST, "reports", make_entry())
        await _refused(store.add_token("beta", _DIGEST, MARK, make_entry()))
        assert await store.account_of_token(_DIGEST) == (ACME, "reports")

    async def test_a_credential_comes_back_as_it_was_put_last(self, store: Store) -> None:
        await store.put_credential("acme", _NAME, b"old", make_entry())
        await store.put_credential("acme", _NAME, bytes(range(256)), make_entry())
        assert await store.credential("acme", _NAME) == bytes(range(256))

    async def test_a_credential_of_one_account_is_not_seen_by_another(self, store: Store) -> None:
        await store.put_credential("acme", _NAME, b"acme's", make_entry())
        assert await store.credential("beta", _NAME) is None
        await store.put_credential("beta", _NAME, b"beta's", make_entry())
        assert await store.credential("acme", _NAME) == b"acme's"

    async def test_settings_are_set_changed_and_removed_by_name(self, store: Store) -> None:
        await store.change_settings("acme", {"fallback": "on", "providers": "a,b"}, make_entry())
        await store.change_settings("acme", {"fallback": None, "model.a": "m", "unset": None}, make_entry())
        assert await store.settings("acme") == {"model.a": "m", "providers": "a,b"}
        assert await store.settings("beta") == {}

    async def test_a_change_of_settings_is_in_its_entry(self, store: Store) -> None:
        entry = make_entry(changes=(Change("fallback", None, "on"), Change("providers", "a", "b")))
        await store.change_settings("acme", {"fallback": "on"}, entry)
        (kept, *_) = await store.entries("acme")
        assert kept == entry

    async def test_tokens_credentials_and_jobs_need_their_account(self, store: Store) -> None:
        await _refused(store.add_token("nobody", _DIGEST, MARK, make_entry()))
        await _refused(store.put_credential("nobody", _NAME, MARK.encode(), make_entry()))
        await _refused(store.change_settings("nobody", {"fallback": "on"}, make_entry()))
        await _refused(store.accept(make_job(account_id="nobody", event_id=MARK)))

    async def test_an_accepted_job_is_claimed_with_all_it_holds(self, store: Store) -> None:
        job = make_job(ticket_id=2**40, source_ip="192.0.2.1", request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
        await store.accept(job)
        assert await store.claim(_NOON) == evolve(job, attempts=1)

    async def test_an_event_is_accepted_once_for_each_account(self, store: Store) -> None:
        assert await store.accept(make_job(event_id="event")) is True
        assert await store.accept(make_job(event_id="event")) is False
        assert await store.accept(make_job(event_id="event", account_id="beta")) is True
        assert (await store.count_jobs("acme"))["waiting"] == 1

    async def test_an_event_whose_job_is_done_is_not_accepted_again(self, store: Store) -> None:
        await store.accept(make_job(event_id="event"))
        await store.finish(await _claimed(store), make_entry(), failed=False)
        assert await store.accept(make_job(event_id="event")) is False

    async def test_a_job_id_exists_once(self, store: Store) -> None:
        await store.accept(make_job(id="taken"))
        await _refused(store.accept(make_job(id="taken", event_id=MARK)))

    async def test_of_fifty_deliveries_of_one_event_at_once_exactly_one_is_accepted(self, store: Store) -> None:
        accepted = await asyncio.gather(*(store.accept(make_job(event_id="event")) for _ in range(50)))
        assert accepted.count(True) == 1
        assert (await store.count_jobs("acme"))["waiting"] == 1

    async def test_the_oldest_waiting_job_is_claimed_first(self, store: Store) -> None:
        await store.accept(make_job(id="younger", created_at=_NOON))
        await store.accept(make_job(id="older", created_at=_NOON - _SECOND))
        assert [(await _claimed(store)).id, (await _claimed(store)).id] == ["older", "younger"]
        assert await store.claim(_NOON) is None

    async def test_a_job_that_was_put_back_is_as_old_as_it_was(self, store: Store) -> None:
        await store.accept(make_job(id="older", created_at=_NOON))
        await store.accept(make_job(id="younger", created_at=_NOON + _SECOND))
        await store.put_back(await _claimed(store), _NOON + 2 * _SECOND)
        assert (await _claimed(store, _NOON + 3 * _SECOND)).id == "older"

    async def test_a_job_is_not_claimed_before_it_is_due(self, store: Store) -> None:
        await store.accept(make_job())
        assert await store.claim(_NOON - timedelta(microseconds=1)) is None
        assert await store.claim(_NOON) is not None

    async def test_times_in_other_zones_mean_the_same_moment(self, store: Store) -> None:
        east = timezone(timedelta(hours=9))
        await store.accept(make_job(created_at=_NOON.astimezone(east)))
        assert await store.claim((_NOON - _SECOND).astimezone(east)) is None
        assert (await _claimed(store, _NOON.astimezone(east))).created_at == _NOON

    async def test_claims_at_once_never_give_a_job_twice(self, store: Store) -> None:
        for number in range(20):
            await store.accept(make_job(id=f"job-{number}"))
        claimed = await asyncio.gather(*(store.claim(_NOON) for _ in range(30)))
        assert sorted(job.id for job in claimed if job) == sorted(f"job-{number}" for number in range(20))

    async def test_a_job_that_is_put_back_waits_until_it_is_due_and_counts_its_attempts(self, store: Store) -> None:
        await store.accept(make_job())
        await store.put_back(await _claimed(store), _NOON + _SECOND)
        assert await store.claim(_NOON) is None
        assert (await _claimed(store, _NOON + _SECOND)).attempts == 2

    async def test_a_job_that_does_not_run_is_not_put_back(self, store: Store) -> None:
        await store.accept(make_job(id="done"))
        done = await _claimed(store)
        await store.finish(done, make_entry(), failed=False)
        waiting = make_job(id="waiting")
        await store.accept(waiting)
        for job in (done, waiting, make_job(id="unknown")):
            await store.put_back(job, _NOON + _SECOND)
        assert await store.claim(_NOON) == evolve(waiting, attempts=1)
        assert await store.claim(_NOON + _SECOND) is None

    async def test_only_running_jobs_are_put_back_after_a_kill(self, store: Store) -> None:
        for name in ("a-done", "b-running", "c-running", "d-waiting"):
            await store.accept(make_job(id=name))
        done, *_ = [await _claimed(store) for _ in range(3)]
        await store.finish(done, make_entry(), failed=False)
        assert await store.put_back_running() == 2
        assert await store.put_back_running() == 0
        assert await store.count_jobs("acme") == {"waiting": 3, "running": 0, "done": 1, "failed": 0}

    async def test_jobs_are_counted_in_every_state_and_for_one_account(self, store: Store) -> None:
        for failed in (True, False, False):
            await store.accept(make_job())
            await store.finish(await _claimed(store), make_entry(), failed=failed)
        await store.accept(make_job(account_id="beta"))
        assert await store.count_jobs("acme") == {"waiting": 0, "running": 0, "done": 2, "failed": 1}
        assert await store.count_jobs("beta") == {"waiting": 1, "running": 0, "done": 0, "failed": 0}
        assert await store.count_jobs("nobody") == {"waiting": 0, "running": 0, "done": 0, "failed": 0}

    async def test_a_finished_job_and_its_entry_are_seen_together(self, store: Store) -> None:
        await store.accept(make_job())
        job = await _claimed(store)
        await store.finish(job, make_entry(time=_NOON + _SECOND, job_id=job.id), failed=False)
        assert (await store.count_jobs("acme"))["done"] == 1
        assert (await store.entries("acme"))[0].job_id == job.id

    async def test_an_unknown_job_is_not_finished(self, store: Store) -> None:
        await _refused(store.finish(make_job(event_id=MARK), make_entry(id="end"), failed=False))
        assert "end" not in [entry.id for entry in await store.entries("acme")]

    async def test_an_entry_comes_back_as_it_was_written(self, store: Store) -> None:
        entry = make_entry(
            time=_NOON + _SECOND,
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
        assert (await store.entries("acme"))[0] == entry

    async def test_entries_are_the_accounts_own_newest_first_and_limited(self, store: Store) -> None:
        for name, seconds in (("b", 2), ("a", 1), ("d", 3), ("e", 3)):
            await store.append(make_entry(id=name, time=_NOON + seconds * _SECOND))
        await store.append(make_entry(id="foreign", account_id="beta", time=_NOON + 9 * _SECOND))
        assert [entry.id for entry in await store.entries("acme")] == ["e", "d", "b", "a", "added-acme"]
        assert [entry.id for entry in await store.entries("acme", limit=2)] == ["e", "d"]

    async def test_an_entry_exists_once(self, store: Store) -> None:
        await _refused(store.append(make_entry(id="added-acme", content=MARK)))
        assert [entry.content for entry in await store.entries("acme")] == [None]

    async def test_a_change_whose_entry_cannot_be_written_did_not_happen(self, store: Store) -> None:
        await store.accept(make_job())
        job = await _claimed(store)
        taken = make_entry(id="added-acme", content=MARK)
        await _refused(store.add_account(Account("gamma", "gamma", "hook-gamma"), taken))
        await _refused(store.add_token("acme", _DIGEST, "reports", taken))
        await _refused(store.put_credential("acme", _NAME, b"x", taken))
        await _refused(store.finish(job, taken, failed=False))
        assert await store.account("gamma") is None
        assert await store.account_of_token(_DIGEST) is None
        assert await store.credential("acme", _NAME) is None
        assert (await store.count_jobs("acme"))["running"] == 1
        assert len(await store.entries("acme")) == 1
