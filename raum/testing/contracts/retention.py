"""What every store does about the end of what it keeps."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
from attrs import evolve

from raum.api import Role, Store
from raum.audit.actions import HOST
from raum.identity.users import Session, SessionKey, User
from raum.ids import utc_now
from raum.retention.records import Deletion, Expired, Hold, Kind, Subject
from raum.storage.identities import Slowing
from raum.testing.contracts.audit import sealed_all
from raum.testing.contracts.entries import NOON, SECOND, make_entry, refused
from raum.testing.contracts.parts import MARK

_DAY: Final = timedelta(days=1)
_SAID: Final[dict[str, Any]] = {
    "content": "redacted", "completion": "answer", "placeholders": ("[X]",), "unresolved": ("[Y]",),
}  # fmt: skip
_HOLD: Final = Hold(NOON, "CASE-2026/17")


def make_deletion(deletion_id: str, **fields: Any) -> Deletion:
    """A deletion of the account acme, about the tickets 1 and 2."""
    defaults: dict[str, Any] = {
        "account_id": "acme",
        "subject": Subject.REQUESTER,
        "requested_at": NOON,
        "due_at": NOON + 30 * _DAY,
        "ticket_ids": (1, 2),
        "tickets": 2,
    }
    return Deletion(id=deletion_id, **(defaults | fields))


class RetentionContract:
    """The share of StoreContract that is about retention."""

    pytestmark = pytest.mark.asyncio

    async def test_old_segments_go_oldest_first_and_their_checkpoints_stay(self, store: Store) -> None:
        for days in range(5):  # the entry with which the store was made is of the first day as well
            await store.append(make_entry(id=f"day-{days}", time=NOON + days * _DAY, **_SAID))
        await store.append(make_entry(id="foreign", account_id="beta", time=NOON - _DAY))
        checkpoints = await sealed_all(store)
        await store.append(make_entry(id="not-sealed", time=NOON))
        expired = await store.expired("acme", Kind.AUDIT, NOON + 2 * _DAY + SECOND)
        assert (expired.number, expired.segment) == (4, 3)
        assert await store.purge(expired, limit=1) == 2  # one segment at least
        assert await store.sealed("acme", 1, 2) == []
        assert [await store.purge(expired, limit=1) for _ in range(3)] == [1, 1, 0]
        assert [entry.id for entry in await store.entries("acme")] == ["day-4", "day-3", "not-sealed"]
        assert await store.checkpoints("acme") == checkpoints
        assert {entry.id for entry in await store.entries("beta")} == {"foreign", "added-beta"}
        assert (await store.expired("acme", Kind.AUDIT, NOON + 2 * _DAY + SECOND)).number == 0

    async def test_several_segments_go_at_once_if_there_is_room(self, store: Store) -> None:
        for days in range(5):
            await store.append(make_entry(time=NOON + days * _DAY))
        await sealed_all(store)
        expired = await store.expired("acme", Kind.AUDIT, NOON + 9 * _DAY)
        assert [await store.purge(expired, limit=4) for _ in range(3)] == [4, 2, 0]

    async def test_a_segment_stays_as_long_as_one_of_its_entries_does(self, store: Store) -> None:
        for seconds in (1, 5):
            await store.append(make_entry(time=NOON + seconds * SECOND))
        await sealed_all(store)
        assert (await store.expired("acme", Kind.AUDIT, NOON + 5 * SECOND)).number == 0
        assert (await store.expired("acme", Kind.AUDIT, NOON + 6 * SECOND)).number == 3

    async def test_what_a_sink_has_not_got_goes_with_the_entry(self, store: Store) -> None:
        store.copy_to(["archive"])
        await store.append(make_entry(time=NOON))
        await sealed_all(store)
        expired = await store.expired("acme", Kind.AUDIT, NOON + _DAY)
        while await store.purge(expired, limit=9):
            pass
        assert await store.undelivered("archive", NOON + 9 * _DAY) == []

    async def test_what_was_said_goes_and_the_entries_stay(self, store: Store) -> None:
        entries = [make_entry(time=NOON + number * _DAY, ticket_id=number, **_SAID) for number in (1, 2, 3)]
        silent = make_entry(time=NOON + _DAY, outcome="failed")
        for entry in (*entries, silent, foreign := make_entry(account_id="beta", **_SAID)):
            await store.append(entry)
        expired = await store.expired("acme", Kind.TICKETS, NOON + 2 * _DAY + SECOND)
        assert (expired.number, expired.entry_ids) == (2, (entries[0].id, entries[1].id))
        assert [await store.purge(expired, limit=1) for _ in range(3)] == [1, 1, 0]
        assert (await store.expired("acme", Kind.TICKETS, NOON + 2 * _DAY + SECOND)).number == 0
        found = {entry.id: entry for account in ("acme", "beta") for entry in await store.entries(account)}
        assert [found[entry.id] for entry in entries] == [
            entries[0].without_content(), entries[1].without_content(), entries[2],
        ]  # fmt: skip
        assert (found[silent.id], found[foreign.id]) == (silent, foreign)

    async def test_no_content_of_another_account_goes(self, store: Store) -> None:
        entry = make_entry(account_id="beta", **_SAID)
        await store.append(entry)
        await store.purge(Expired("acme", Kind.TICKETS, NOON + _DAY, 1, entry_ids=(entry.id,)), limit=9)
        assert (await store.entries("beta"))[0].content == "redacted"

    async def test_what_goes_with_its_entries_can_be_left_alone(self, store: Store) -> None:
        old, new = (make_entry(time=NOON + number * _DAY, **_SAID) for number in (1, 3))
        for entry in (old, new):
            await store.append(entry)
            await sealed_all(store)
        never_sealed = make_entry(time=NOON + _DAY, **_SAID)
        await store.append(never_sealed)
        expired = await store.expired("acme", Kind.TICKETS, NOON + 9 * _DAY, since=NOON + 2 * _DAY)
        assert (expired.number, expired.entry_ids) == (2, (never_sealed.id, new.id))
        assert await store.purge(expired, limit=9) == 2
        content = {entry.id: entry.content for entry in await store.entries("acme")}
        assert (content[old.id], content[never_sealed.id], content[new.id]) == ("redacted", None, None)

    async def test_an_erasure_is_remembered_until_it_is_old(self, store: Store) -> None:
        for account_id, ticket_ids in (("acme", [1, 2]), ("acme", [2, 2]), ("beta", [1])):
            await store.erase_tickets(account_id, ticket_ids, make_entry(account_id=account_id))
        young = await store.expired("acme", Kind.JOBS, utc_now() - 60 * SECOND)
        assert (young.number, await store.purge(young, limit=9)) == (0, 0)
        assert (await store.append(make_entry(ticket_id=1, content="redacted"))).content is None
        old = await store.expired("acme", Kind.JOBS, utc_now() + SECOND)
        assert (old.number, await store.purge(old, limit=9)) == (2, 2)
        assert (await store.append(make_entry(ticket_id=1, content="redacted"))).content == "redacted"
        foreign = await store.append(make_entry(account_id="beta", ticket_id=1, content="redacted"))
        assert foreign.content is None

    async def test_a_class_that_a_store_keeps_nothing_of_has_nothing_to_purge(self, store: Store) -> None:
        for kind in (Kind.METRICS, Kind.ACCOUNT):
            expired = await store.expired("acme", kind, NOON + _DAY)
            assert (expired.number, await store.purge(expired, limit=9)) == (0, 0)

    async def test_tidying_removes_nothing_that_still_means_something(self, store: Store) -> None:
        user, later = User("ada", Role.ADMIN, "acme", NOON, "ada@example.com"), NOON + _DAY
        await store.add_user(user, None, make_entry())
        await store.add_session(Session("live", "ada", NOON, later), make_entry())
        await store.add_session_key(SessionKey("old", b"x", NOON), None, make_entry(account_id=HOST))
        await store.add_session_key(SessionKey("new", b"y", NOON), later, make_entry(account_id=HOST))
        await store.lock("lease", "one", NOON, later)
        await store.mark(b"\x01" * 32, later, NOON)
        await store.attempt([Slowing(b"\x02" * 32, 0, 900.0)], NOON)
        assert await store.count_request("acme", int(NOON.timestamp()) // 60, 1)
        await store.tidy(NOON)
        assert await store.standing("live") is not None
        assert await store.session_key("old") is not None
        assert await store.session_key("new") is not None
        assert not await store.lock("lease", "two", NOON, later)
        assert await store.is_marked(b"\x01" * 32, NOON)
        assert await store.attempt([Slowing(b"\x02" * 32, 0, 900.0)], NOON) > 0
        assert not await store.count_request("acme", int(NOON.timestamp()) // 60, 1)

    async def test_its_files_can_be_made_to_forget(self, store: Store) -> None:
        assert await store.scrub() is True

    async def test_a_legal_hold_lasts_until_it_is_lifted(self, store: Store) -> None:
        assert await store.holds() == {}
        await store.hold("acme", Hold(NOON), make_entry())
        await store.hold("acme", _HOLD, entry := make_entry(time=NOON + SECOND, operation="legal_hold"))
        assert await store.holds() == {"acme": _HOLD}
        assert (await store.entries("acme"))[0] == entry
        await store.hold("acme", None, make_entry())
        assert await store.holds() == {}
        await asyncio.gather(*(store.hold("acme", _HOLD, make_entry()) for _ in range(4)))
        assert await store.holds() == {"acme": _HOLD}

    async def test_a_hold_and_a_deletion_need_an_account_and_an_entry(self, store: Store) -> None:
        taken = make_entry(id="added-acme", content=MARK)
        await refused(store.hold("nobody", _HOLD, make_entry()))
        await refused(store.hold("acme", _HOLD, taken))
        await refused(store.add_deletion(make_deletion("one", account_id="nobody"), make_entry()))
        await refused(store.add_deletion(make_deletion("one"), taken))
        assert await store.holds() == {}
        assert await store.deletions() == []

    async def test_a_deletion_comes_back_as_it_was_asked_for(self, store: Store) -> None:
        deletion = make_deletion("one", ticket_ids=tuple(range(1, 3000)), tickets=2999)
        await store.add_deletion(deletion, entry := make_entry(time=NOON + SECOND))
        assert await store.deletions("acme") == [deletion]
        assert await store.open_deletions() == [deletion]
        assert (await store.entries("acme"))[0] == entry

    async def test_a_deletion_that_is_done_tells_no_tickets(self, store: Store) -> None:
        deletion = make_deletion("one")
        await store.add_deletion(deletion, make_entry())
        await refused(store.finish_deletion(deletion, NOON, make_entry(id="added-acme", content=MARK)))
        assert await store.open_deletions() == [deletion]
        await store.finish_deletion(deletion, NOON + _DAY, entry := make_entry(time=NOON + _DAY))
        assert await store.open_deletions() == []
        assert await store.deletions("acme") == [evolve(deletion, ticket_ids=(), finished_at=NOON + _DAY)]
        assert (await store.entries("acme"))[0] == entry
        await refused(store.finish_deletion(deletion, NOON + _DAY, make_entry()))

    async def test_deletions_are_listed_of_one_account_or_of_all(self, store: Store) -> None:
        for number, (name, account) in enumerate((("a", "acme"), ("b", "beta"), ("c", "acme"), ("d", "acme"))):
            due = NOON + (9 - number) * _DAY
            deletion = make_deletion(name, account_id=account, requested_at=NOON + number * SECOND, due_at=due)
            await store.add_deletion(deletion, make_entry(account_id=account))
        await store.finish_deletion(make_deletion("d"), NOON, make_entry())
        assert [each.id for each in await store.deletions()] == ["c", "b", "a", "d"]
        assert [each.id for each in await store.deletions("acme")] == ["c", "a", "d"]
        assert [each.id for each in await store.deletions(limit=2)] == ["c", "b"]
        assert await store.deletions("nobody") == []
        assert [each.id for each in await store.open_deletions()] == ["c", "b", "a"]

    async def test_a_deletion_that_is_done_goes_with_the_audit_log(self, store: Store) -> None:
        for name in ("open", "old", "new"):
            await store.add_deletion(make_deletion(name), make_entry(time=NOON + 9 * _DAY))
        await store.finish_deletion(make_deletion("old"), NOON + _DAY, make_entry(time=NOON + 9 * _DAY))
        await store.finish_deletion(make_deletion("new"), NOON + 3 * _DAY, make_entry(time=NOON + 9 * _DAY))
        expired = await store.expired("acme", Kind.AUDIT, NOON + 2 * _DAY)
        assert (expired.number, await store.purge(expired, limit=9)) == (1, 1)
        assert {each.id for each in await store.deletions()} == {"open", "new"}
