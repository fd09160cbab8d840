"""What every store does."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from attrs import evolve

from raum.api import Account, KeptCredential, Spent, Store, Stored
from raum.audit.actions import HOST
from raum.identity.users import SessionKey
from raum.model import Change
from raum.storage.audit import SigningKey
from raum.storage.ciphertexts import Place
from raum.testing.contracts.audit import AuditContract
from raum.testing.contracts.entries import ACME, BETA, NOON, SECOND, make_entry, refused
from raum.testing.contracts.identities import IdentitiesContract
from raum.testing.contracts.parts import MARK, entered
from raum.testing.contracts.retention import RetentionContract

_NAME: Final = "helpdesk-token"


async def _with_keys_of_the_host(store: Store) -> list[Place]:
    """A key of sessions and two of the audit log, each of them `old`; where they are."""
    await store.add_session_key(SessionKey("s1", b"old", NOON), None, make_entry(account_id=HOST))
    for kid in ("k1", "k2"):
        await store.add_signing_key(SigningKey(kid, bytes(32), b"old", NOON), make_entry(account_id=HOST))
    return [Place(HOST, "s1", "session_keys"), *(Place(HOST, kid, "signing_keys") for kid in ("k1", "k2"))]


class StoreContract(AuditContract, IdentitiesContract, RetentionContract):
    """Subclass it and give the fixture `part`: an empty store, which is migrated and then entered.

    class TestSqlite(StoreContract):
        @pytest.fixture
        def part(self, tmp_path):
            return SqlStore(lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True)
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

    async def test_a_lock_is_held_by_one_owner_until_it_is_given_back(self, store: Store) -> None:
        until = NOON + 60 * SECOND
        assert await store.lock("refresh", "first", NOON, until) is True
        assert await store.lock("refresh", "second", NOON, until) is False
        assert await store.lock("another", "second", NOON, until) is True
        await store.unlock("refresh", "second")
        assert await store.lock("refresh", "second", NOON, until) is False
        await store.unlock("refresh", "first")
        assert await store.lock("refresh", "second", NOON, until) is True

    async def test_a_lock_that_nobody_gives_back_ends_by_itself(self, store: Store) -> None:
        assert await store.lock("refresh", "first", NOON, NOON + SECOND) is True
        assert await store.lock("refresh", "second", NOON + SECOND, NOON + 2 * SECOND) is True
        assert await store.lock("refresh", "first", NOON + SECOND, NOON + 2 * SECOND) is False

    async def test_an_owner_holds_a_lock_for_longer(self, store: Store) -> None:
        assert await store.lock("refresh", "first", NOON, NOON + SECOND) is True
        assert await store.lock("refresh", "first", NOON, NOON + 9 * SECOND) is True
        assert await store.lock("refresh", "second", NOON + 2 * SECOND, NOON + 9 * SECOND) is False

    async def test_of_many_at_once_one_gets_the_lock(self, store: Store) -> None:
        tries = [store.lock("refresh", f"owner-{number}", NOON, NOON + SECOND) for number in range(8)]
        assert sorted(await asyncio.gather(*tries)) == [False] * 7 + [True]

    async def test_an_unknown_account_is_none(self, store: Store) -> None:
        assert await store.account("nobody") is None
        assert await store.account_of_webhook("no-hook") is None

    async def test_accounts_are_listed_by_id(self, store: Store) -> None:
        await store.add_account(Account("aaa", "aaa", "hook-aaa"), make_entry(account_id="aaa"))
        assert [account.id for account in await store.accounts()] == ["aaa", "acme", "beta"]

    @pytest.mark.parametrize(
        "taken", [Account("acme", "other", MARK), Account("other", "other", "hook-acme")], ids=["id", "webhook key"]
    )
    async def test_an_account_whose_id_or_webhook_key_is_taken_is_refused(self, store: Store, taken: Account) -> None:
        await refused(store.add_account(taken, make_entry(account_id="other")))
        assert await store.accounts() == [ACME, BETA]
        assert await store.entries("other") == []

    async def test_a_credential_comes_back_as_it_was_put_last(self, store: Store) -> None:
        await store.put_credential("acme", _NAME, b"old", make_entry())
        await store.put_credential("acme", _NAME, bytes(range(256)), make_entry())
        assert await store.credential("acme", _NAME) == bytes(range(256))

    async def test_a_credential_of_one_account_is_not_seen_by_another(self, store: Store) -> None:
        await store.put_credential("acme", _NAME, b"acme's", make_entry())
        assert await store.credential("beta", _NAME) is None
        await store.put_credential("beta", _NAME, b"beta's", make_entry(account_id="beta"))
        assert await store.credential("acme", _NAME) == b"acme's"

    async def test_the_ciphertexts_of_an_account_are_its_own_and_so_are_those_of_the_host(self, store: Store) -> None:
        await store.put_credential("acme", "b", b"2", make_entry())
        await store.put_credential("acme", "a", b"1", make_entry())
        await store.put_credential("beta", "c", b"3", make_entry(account_id="beta"))
        places = await _with_keys_of_the_host(store)
        assert await store.ciphertexts("acme") == {Place("acme", "a"): b"1", Place("acme", "b"): b"2"}
        assert await store.ciphertexts("nobody") == {}
        assert await store.ciphertexts(HOST) == dict.fromkeys(places, b"old")

    async def test_a_ciphertext_takes_the_place_of_the_one_that_was_read_and_of_no_other(self, store: Store) -> None:
        await store.put_credential("acme", _NAME, b"old", make_entry())
        await store.put_credential("beta", _NAME, b"old", make_entry(account_id="beta"))
        for place in (Place("acme", _NAME), *await _with_keys_of_the_host(store)):
            swap, late = (make_entry(account_id=place.account_id) for _ in range(2))
            expected = {**await store.ciphertexts(place.account_id), place: b"new"}
            assert await store.swap_ciphertext(place, b"old", b"new", swap)
            assert not await store.swap_ciphertext(place, b"old", b"late", late)
            assert not await store.swap_ciphertext(place._replace(row="other"), b"old", b"new", late)
            assert not await store.swap_ciphertext(place._replace(account_id="nobody"), b"new", b"late", late)
            assert await store.ciphertexts(place.account_id) == expected
            assert await store.ciphertext(place) == b"new"
            kept = await store.entries(place.account_id)
            assert swap in kept
            assert late not in kept
        assert await store.credential("acme", _NAME) == b"new"
        assert await store.credential("beta", _NAME) == b"old"

    async def test_credentials_are_listed_by_name_with_what_may_be_shown(self, store: Store) -> None:
        await store.put_credential("acme", "openai", b"x", make_entry(), "wxyz")
        await store.put_credential("acme", "helpdesk-token", b"x", make_entry(time=NOON + SECOND))
        await store.put_credential("beta", "gemini", b"x", make_entry(account_id="beta"))
        assert await store.credentials("acme") == [
            KeptCredential("helpdesk-token", NOON + SECOND),
            KeptCredential("openai", NOON, "wxyz"),
        ]
        await store.put_credential("acme", "openai", b"y", make_entry(time=NOON + 2 * SECOND), "0123")
        assert (await store.credentials("acme"))[1] == KeptCredential("openai", NOON + 2 * SECOND, "0123")
        assert await store.credentials("nobody") == []

    async def test_a_credential_is_deleted_once_together_with_its_entry(self, store: Store) -> None:
        await store.put_credential("acme", "openai", b"x", make_entry())
        await store.put_credential("beta", "openai", b"y", make_entry(account_id="beta"))
        assert await store.delete_credential("acme", "openai", make_entry(id="gone")) is True
        assert await store.delete_credential("acme", "openai", make_entry(id="again")) is False
        assert await store.credential("acme", "openai") is None
        assert await store.credential("beta", "openai") == b"y"
        assert [entry.id for entry in await store.entries("acme") if entry.id in ("gone", "again")] == ["gone"]

    async def test_settings_are_replaced_as_a_whole_and_have_a_version(self, store: Store) -> None:
        assert await store.settings("acme") == Stored(0, {})
        assert await store.change_settings("acme", 0, {"fallback": True, "tone": "Grüße"}, make_entry()) is True
        assert await store.settings("acme") == Stored(1, {"fallback": True, "tone": "Grüße"})
        assert await store.change_settings("acme", 1, {"limits": {"tokens_per_month": 5}}, make_entry()) is True
        assert await store.settings("acme") == Stored(2, {"limits": {"tokens_per_month": 5}})
        assert await store.settings("beta") == Stored(0, {})

    @pytest.mark.parametrize("version", [0, 2, 7])
    async def test_settings_of_another_version_stay_and_leave_no_entry(self, store: Store, version: int) -> None:
        await store.change_settings("acme", 0, {"tone": "warm"}, make_entry())
        assert await store.change_settings("acme", version, {"tone": MARK}, make_entry(id="late")) is False
        assert await store.settings("acme") == Stored(1, {"tone": "warm"})
        assert "late" not in [entry.id for entry in await store.entries("acme")]

    async def test_of_many_changes_at_once_one_gets_through(self, store: Store) -> None:
        tries = [store.change_settings("acme", 0, {"tone": str(number)}, make_entry()) for number in range(8)]
        assert sorted(await asyncio.gather(*tries)) == [False] * 7 + [True]
        assert (await store.settings("acme")).version == 1

    async def test_a_change_of_settings_is_in_its_entry(self, store: Store) -> None:
        entry = make_entry(changes=(Change("fallback", None, "true"), Change("providers", "a", "b")))
        await store.change_settings("acme", 0, {"fallback": True}, entry)
        (kept, *_) = await store.entries("acme")
        assert kept == entry

    async def test_requests_are_counted_up_to_the_most_of_a_minute(self, store: Store) -> None:
        assert [await store.count_request("acme", 5, 2) for _ in range(4)] == [True, True, False, False]
        assert await store.count_request("beta", 5, 2) is True
        assert [await store.count_request("acme", 6, 2) for _ in range(3)] == [True, True, False]
        assert await store.count_request("acme", 6, 3) is True

    async def test_of_many_requests_at_once_no_more_than_the_most_are_counted(self, store: Store) -> None:
        tries = [store.count_request("acme", 5, 3) for _ in range(8)]
        assert sum(await asyncio.gather(*tries)) == 3

    async def test_what_was_spent_is_summed_over_the_accounts_own_entries_since_a_time(self, store: Store) -> None:
        assert await store.spent("acme", NOON) == Spent(0, 0)
        took: dict[str, Any] = {"input_tokens": 10, "output_tokens": 5, "cost_nanousd": 3_000_000_000}
        await store.append(make_entry(time=NOON - SECOND, **took))
        await store.append(make_entry(time=NOON, **took))
        await store.append(make_entry(time=NOON + SECOND, input_tokens=1))
        await store.append(make_entry(account_id="beta", **took))
        assert await store.spent("acme", NOON) == Spent(16, 3_000_000_000)

    async def test_credentials_and_settings_need_their_account(self, store: Store) -> None:
        await refused(store.put_credential("nobody", _NAME, MARK.encode(), make_entry(account_id="nobody")))
        await refused(store.change_settings("nobody", 0, {"fallback": True}, make_entry(account_id="nobody")))

    async def test_a_change_whose_entry_cannot_be_written_did_not_happen(self, store: Store) -> None:
        taken = make_entry(id="added-acme", content=MARK)
        await refused(store.add_account(Account("gamma", "gamma", "hook-gamma"), evolve(taken, account_id="gamma")))
        await refused(store.put_credential("acme", _NAME, b"x", taken))
        await refused(store.change_settings("acme", 0, {"fallback": True}, taken))
        assert await store.settings("acme") == Stored()
        assert await store.account("gamma") is None
        assert await store.credential("acme", _NAME) is None
        assert len(await store.entries("acme")) == 1
