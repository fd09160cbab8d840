"""What every store does with users, sessions and service tokens."""

import asyncio
from typing import Any, Final

from attrs import evolve

from raum.api import Entry, Role, Scope, Store, Stored
from raum.audit.actions import HOST
from raum.identity.users import ServiceToken, Session, SessionKey, User, UserState
from raum.model import AccountState
from raum.storage.identities import Slowing
from raum.testing.contracts.entries import ACME, BETA, NOON, SECOND, make_entry, refused
from raum.testing.contracts.parts import MARK

_DIGEST: Final = b"\x01" * 32
_HOUR: Final = 3600 * SECOND
_ADA: Final = User("ada", Role.ADMIN, "acme", NOON, "ada@example.com")
_BEN: Final = User("ben", Role.AGENT, "acme", NOON, person_id=77)
_OPAL: Final = User("opal", Role.OPERATOR, None, NOON, "opal@example.org")
_TOKEN: Final = ServiceToken("T1", "acme", "reports", frozenset({Scope.OPERATIONS, Scope.AUDIT}), NOON, NOON + _HOUR)
_SLOWLY: Final = Slowing(_DIGEST, 2, 60.0)


def _session(user: User, **fields: Any) -> Session:
    defaults: dict[str, Any] = {"id": f"s-{user.id}", "created_at": NOON, "expires_at": NOON + _HOUR}
    return Session(user_id=user.id, **(defaults | fields))


def _entry_of(user: User) -> Entry:
    return make_entry(account_id=user.account_id or HOST)


async def _with_users(store: Store) -> None:
    for user in (_ADA, _BEN, _OPAL):
        await store.add_user(user, f"hash of {user.id}" if user.email else None, _entry_of(user))


class IdentitiesContract:
    """The share of the contract of stores that is about identities."""

    async def test_an_account_is_suspended_terminated_and_given_an_app(self, store: Store) -> None:
        changes: list[dict[str, Any]] = [
            {"state": AccountState.SUSPENDED},
            {"state": AccountState.ACTIVE, "ends_at": NOON + _HOUR},
            {"app": "12", "installation": "34"},
        ]
        for change in changes:
            await store.change_account("acme", change, make_entry())
        changed = evolve(ACME, ends_at=NOON + _HOUR, app="12", installation="34")
        assert await store.account("acme") == changed
        assert await store.accounts_of_installation("34") == [changed]
        assert await store.accounts_of_installation("12") == []
        assert len(await store.entries("acme")) == 4
        await refused(
            store.change_account("nobody", {"state": AccountState.SUSPENDED}, make_entry(account_id="nobody"))
        )

    async def test_of_a_deleted_account_its_name_is_left(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_ADA), make_entry())
        await store.add_session(_session(_OPAL), _entry_of(_OPAL))
        await store.add_token(_TOKEN, _DIGEST, make_entry())
        await store.put_credential("acme", "key", b"x", make_entry())
        await store.change_settings("acme", 0, {"fallback": True}, make_entry())
        await store.change_account("acme", {"installation": "34"}, make_entry())
        await store.delete_account("acme", "another-key", make_entry(id="last"))
        account = await store.account("acme")
        assert account == evolve(ACME, subdomain="deleted", webhook_key="another-key", state=AccountState.DELETED)
        assert await store.account_of_webhook(ACME.webhook_key) is None
        assert await store.users("acme") == []
        assert await store.tokens("acme") == []
        assert await store.credential("acme", "key") is None
        assert await store.settings("acme") == Stored()
        assert await store.standing("s-ada") is None
        assert await store.standing("s-opal") is not None
        assert "last" in {entry.id for entry in await store.entries("acme")}
        await refused(store.add_account(ACME, make_entry()))
        await refused(store.delete_account("acme", "a-third-key", make_entry()))
        await refused(store.change_account("acme", {"state": AccountState.ACTIVE}, make_entry()))

    async def test_a_deleted_account_gets_nothing_any_more(self, store: Store) -> None:
        """A job that renews a credential may still be under way, and a command be typed with the name of yesterday."""
        await store.delete_account("acme", "another-key", make_entry())
        await refused(store.put_credential("acme", "key", b"x", make_entry()))
        await refused(store.change_settings("acme", 0, {"fallback": True}, make_entry()))
        await refused(store.add_token(_TOKEN, _DIGEST, make_entry()))
        await refused(store.add_user(_ADA, "hash", make_entry()))
        await refused(store.add_session(_session(_BEN), make_entry(), _BEN))
        assert await store.credential("acme", "key") is None
        assert (await store.settings("acme"), await store.tokens("acme"), await store.users("acme")) == (
            Stored(),
            [],
            [],
        )

    async def test_a_service_token_leads_to_its_account_until_it_is_removed(self, store: Store) -> None:
        await store.add_token(_TOKEN, _DIGEST, make_entry())
        assert await store.token(_DIGEST) == (ACME, _TOKEN)
        assert await store.token(b"\x02" * 32) is None
        assert await store.tokens("acme") == [_TOKEN]
        assert await store.tokens("beta") == []
        await refused(store.remove_token("beta", "T1", make_entry(account_id="beta")))
        await store.remove_token("acme", "T1", make_entry())
        assert await store.token(_DIGEST) is None

    async def test_a_service_token_and_its_label_exist_once(self, store: Store) -> None:
        await store.add_token(_TOKEN, _DIGEST, make_entry())
        await refused(
            store.add_token(evolve(_TOKEN, id="T2", account_id="beta"), _DIGEST, make_entry(account_id="beta"))
        )
        await refused(store.add_token(evolve(_TOKEN, id="T2"), b"\x02" * 32, make_entry()))
        await refused(
            store.add_token(evolve(_TOKEN, id="T2", account_id="nobody"), b"\x02" * 32, make_entry(account_id="nobody"))
        )
        assert await store.token(_DIGEST) == (ACME, _TOKEN)

    async def test_users_are_found_by_id_address_and_person(self, store: Store) -> None:
        await _with_users(store)
        assert await store.user("ada") == _ADA
        assert await store.user("nobody") is None
        assert await store.user_of_email("ada@example.com") == (_ADA, "hash of ada")
        assert await store.user_of_email("nobody@example.com") is None
        assert await store.user_of_person("acme", 77) == _BEN
        assert await store.user_of_person("beta", 77) is None
        assert await store.users("acme") == [_ADA, _BEN]
        assert await store.users(None) == [_OPAL]

    async def test_an_address_is_one_users_and_a_person_one_of_an_account(self, store: Store) -> None:
        await _with_users(store)
        await refused(store.add_user(evolve(_ADA, id="x", account_id="beta"), MARK, make_entry(account_id="beta")))
        await refused(store.add_user(evolve(_BEN, id="x"), MARK, make_entry()))
        await refused(store.add_user(evolve(_BEN, id="x", account_id="nobody"), MARK, make_entry(account_id="nobody")))
        await store.add_user(evolve(_BEN, id="x", account_id="beta"), None, make_entry(account_id="beta"))

    async def test_a_session_tells_of_everybody_in_it(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_OPAL), _entry_of(_OPAL))
        inside = _session(_ADA, impersonator_id="opal", parent_id="s-opal")
        await store.add_session(inside, make_entry())
        alone, both = await store.standing("s-opal"), await store.standing("s-ada")
        assert alone is not None
        assert both is not None
        assert (alone.session, alone.user, alone.account, alone.impersonator) == (_session(_OPAL), _OPAL, None, None)
        assert (both.session, both.user, both.account, both.impersonator) == (inside, _ADA, ACME, _OPAL)
        assert await store.standing("nothing") is None

    async def test_a_session_ends_with_those_that_began_in_it(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_OPAL), _entry_of(_OPAL))
        await store.add_session(_session(_ADA, impersonator_id="opal", parent_id="s-opal"), make_entry())
        await store.add_session(_session(_BEN), make_entry())
        await store.end_session("s-opal", _entry_of(_OPAL))
        assert await store.standing("s-opal") is None
        assert await store.standing("s-ada") is None
        assert await store.standing("s-ben") is not None

    async def test_what_begins_in_a_session_that_has_just_ended_is_worth_nothing(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_ADA, impersonator_id="opal", parent_id="s-opal"), make_entry())
        assert await store.standing("s-ada") is None

    async def test_a_session_begins_with_the_password_that_the_user_has_by_then(self, store: Store) -> None:
        await _with_users(store)
        entry = make_entry()
        assert await store.add_session(_session(_ADA), entry, None, "hash of an old password") is False
        assert await store.standing("s-ada") is None
        assert entry not in await store.entries("acme")
        assert await store.add_session(_session(_ADA), entry, None, "hash of ada") is True
        assert await store.standing("s-ada") is not None

    async def test_a_change_of_a_user_ends_whatever_the_user_is_in(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_OPAL), _entry_of(_OPAL))
        await store.add_session(_session(_ADA, impersonator_id="opal", parent_id="s-opal"), make_entry())
        await store.add_session(_session(_BEN), make_entry())
        await store.change_user("opal", {"state": UserState.DISABLED}, _entry_of(_OPAL))
        await store.change_user("ben", {"role": Role.OWNER, "password_hash": "new"}, make_entry())
        for session_id in ("s-opal", "s-ada", "s-ben"):
            assert await store.standing(session_id) is None
        assert await store.user("opal") == evolve(_OPAL, state=UserState.DISABLED)
        assert await store.user("ben") == evolve(_BEN, role=Role.OWNER)
        await refused(store.change_user("nobody", {"role": Role.OWNER}, make_entry()))

    async def test_a_hash_is_renewed_unless_the_password_is_another_by_now(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_ADA), make_entry())
        await store.renew_hash("ada", "hash of another password", "x")
        assert await store.user_of_email("ada@example.com") == (_ADA, "hash of ada")
        await store.renew_hash("ada", "hash of ada", "another hash")
        assert await store.user_of_email("ada@example.com") == (_ADA, "another hash")
        assert await store.standing("s-ada") is not None

    async def test_a_session_brings_its_new_user_along_or_neither_is_there(self, store: Store) -> None:
        taken = make_entry(id="added-acme")
        await refused(store.add_session(_session(_BEN), taken, _BEN))
        assert await store.user("ben") is None
        await store.add_session(_session(_BEN), make_entry(), _BEN)
        assert await store.user("ben") == _BEN
        assert await store.standing("s-ben") is not None

    async def test_no_change_of_identities_without_its_entry(self, store: Store) -> None:
        await _with_users(store)
        await store.add_session(_session(_ADA), make_entry())
        await store.add_token(_TOKEN, _DIGEST, make_entry())
        taken = make_entry(id="added-acme", content=MARK)
        await refused(store.change_account("acme", {"state": AccountState.SUSPENDED}, taken))
        await refused(store.delete_account("acme", "another-key", taken))
        await refused(store.remove_token("acme", "T1", taken))
        await refused(store.add_token(evolve(_TOKEN, id="T2", label="two"), b"\x02" * 32, taken))
        await refused(store.add_user(evolve(_BEN, id="x", account_id="beta"), None, evolve(taken, account_id="beta")))
        await refused(store.change_user("ada", {"state": UserState.DISABLED}, taken))
        await refused(store.end_session("s-ada", taken))
        await refused(store.add_session_key(SessionKey("k", b"x", NOON), None, evolve(taken, account_id=HOST)))
        assert await store.account("acme") == ACME
        assert await store.tokens("acme") == [_TOKEN]
        assert await store.users("beta") == []
        assert await store.user("ada") == _ADA
        assert await store.standing("s-ada") is not None
        assert await store.newest_session_key() is None

    async def test_the_newest_key_signs_and_the_others_retire(self, store: Store) -> None:
        first, second = SessionKey("k1", b"one", NOON), SessionKey("k2", b"two", NOON + SECOND)
        assert await store.newest_session_key() is None
        await store.add_session_key(first, None, make_entry())
        assert await store.newest_session_key() == first
        await store.add_session_key(second, NOON + _HOUR, make_entry())
        assert await store.newest_session_key() == second
        assert await store.session_key("k1") == evolve(first, retires_at=NOON + _HOUR)
        assert await store.session_key("k9") is None
        third = SessionKey("k3", b"three", NOON + 2 * SECOND)
        await store.add_session_key(third, NOON + 2 * SECOND, make_entry())
        assert [await store.session_key(name) for name in ("k1", "k2", "k3")] == [None, None, third]

    async def test_attempts_wait_longer_each_time_until_they_are_forgiven(self, store: Store) -> None:
        assert await store.attempt([_SLOWLY], NOON) == 0
        assert await store.attempt([_SLOWLY], NOON) == 0
        assert await store.attempt([_SLOWLY], NOON) == 1
        assert await store.attempt([_SLOWLY], NOON + SECOND) == 0
        assert await store.attempt([_SLOWLY], NOON + SECOND) == 2
        other = Slowing(b"\x02" * 32, 2, 60.0)
        assert await store.attempt([other], NOON + SECOND) == 0
        assert await store.attempt([other, _SLOWLY], NOON + SECOND) == 2
        await store.forgive([_DIGEST], [other.digest], NOON + SECOND)
        assert await store.attempt([other, _SLOWLY], NOON + SECOND) == 0

    async def test_of_many_attempts_at_once_only_the_free_ones_are_looked_at(self, store: Store) -> None:
        waits = await asyncio.gather(*(store.attempt([_SLOWLY], NOON) for _ in range(12)))
        assert sorted(waits) == [0.0, 0.0, *[1.0] * 10]

    async def test_attempts_are_forgotten_after_a_day(self, store: Store) -> None:
        for number in range(4):
            assert await store.attempt([_SLOWLY], NOON + number * _HOUR) == 0
        assert await store.attempt([_SLOWLY], NOON + 28 * _HOUR) == 0
        assert await store.attempt([_SLOWLY], NOON + 28 * _HOUR) == 0
        assert await store.attempt([_SLOWLY], NOON + 28 * _HOUR) == 1

    async def test_attempts_and_forgiving_at_once_do_not_wait_for_each_other(self, store: Store) -> None:
        digests = [bytes([number]) * 32 for number in range(4)]
        slowings = [Slowing(digest, 1000, 60.0) for digest in digests]
        orders = (slowings, slowings[::-1])
        for number in range(5):
            await asyncio.gather(
                *(store.attempt(order, NOON) for order in orders),
                *(store.forgive(digests[number % 3 :], digests[: number % 3], NOON) for _ in orders),
                *(store.attempt(order, NOON) for order in orders),
            )

    async def test_a_digest_is_marked_once_until_its_time(self, store: Store) -> None:
        until = NOON + _HOUR
        marked = await asyncio.gather(*(store.mark(_DIGEST, until, NOON) for _ in range(8)))
        assert sorted(marked) == [False] * 7 + [True]
        assert await store.is_marked(_DIGEST, NOON) is True
        assert await store.is_marked(b"\x02" * 32, NOON) is False
        assert await store.is_marked(_DIGEST, until) is False
        assert await store.mark(_DIGEST, until + _HOUR, until) is True

    async def test_accounts_do_not_see_each_others_identities(self, store: Store) -> None:
        await _with_users(store)
        await store.add_token(_TOKEN, _DIGEST, make_entry())
        assert await store.users("beta") == []
        assert await store.tokens("beta") == []
        await store.delete_account("beta", "another-key", make_entry(account_id="beta"))
        assert await store.users("acme") == [_ADA, _BEN]
        assert await store.token(_DIGEST) == (ACME, _TOKEN)
        assert await store.account("beta") == evolve(
            BETA, subdomain="deleted", webhook_key="another-key", state=AccountState.DELETED
        )
