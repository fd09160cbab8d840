"""What every store does for the audit log."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raum.api import Checkpoint, Store
from raum.model import Change
from raum.sealing.body import body_hash, facts_of, hashes_of, said_of
from raum.sealing.chain import Signer, root_of
from raum.storage.audit import SigningKey, Wanted
from raum.testing.contracts.entries import NOON, SECOND, make_entry, refused
from raum.testing.contracts.parts import MARK

_DAY: Final = timedelta(days=1)
LATER: Final = NOON + 365 * _DAY
SIGNER: Final = Signer(Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))


async def sealed_all(store: Store, account_id: str = "acme", until: datetime = LATER) -> list[Checkpoint]:
    """Seal what there is of an account; the checkpoints."""
    checkpoints = []
    while checkpoint := await store.seal(account_id, until, SIGNER.close):
        checkpoints.append(checkpoint)
    return checkpoints


class AuditContract:
    """Part of `StoreContract`. The store has one entry each of the accounts acme and beta, from noon."""

    async def test_an_entry_comes_back_as_it_was_written(self, store: Store) -> None:
        entry = make_entry(
            time=NOON + SECOND,
            peer_ip="2001:db8::1",
            client_ip="192.0.2.9",
            request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
            impersonator="user:root",
            impersonation_reason="asked on the phone",
            target="user:ada",
            job_id="job",
            ticket_id=7,
            reason="timeout",
            provider="offline",
            model="offline-1",
            input_tokens=3,
            output_tokens=4,
            cache_read_tokens=0,
            duration_ms=5,
            placeholders=("[REDACTED_NAME]", "[REDACTED_EMAIL_1]"),
            unresolved=("[REDACTED_EMAIL_9]",),
            content="Grüße, [REDACTED_NAME] 🙂",
            completion="",
            changes=(Change("fallback", None, "on"),),
            erased=("entry-x",),
        )
        await store.append(entry)
        (kept, *_) = await store.entries("acme")
        assert (kept, kept.salt) == (entry, entry.salt)

    async def test_entries_are_the_accounts_own_newest_first_and_limited(self, store: Store) -> None:
        for name, seconds in (("b", 2), ("a", 1), ("d", 3), ("e", 3)):
            await store.append(make_entry(id=name, time=NOON + seconds * SECOND))
        await store.append(make_entry(id="foreign", account_id="beta", time=NOON + 9 * SECOND))
        assert [entry.id for entry in await store.entries("acme")] == ["e", "d", "b", "a", "added-acme"]
        assert [entry.id for entry in await store.entries("acme", limit=2)] == ["e", "d"]

    async def test_entries_are_read_page_by_page(self, store: Store) -> None:
        for number in range(7):
            await store.append(make_entry(id=f"page-{number}", time=NOON + (number // 3) * SECOND))
        await store.append(make_entry(id="foreign", account_id="beta"))
        found: list[str] = []
        after = None
        while page := await store.entries("acme", after=after, limit=2):
            found += [entry.id for entry in page]
            after = (page[-1].time, page[-1].id)
        assert found == ["page-6", "page-5", "page-4", "page-3", "page-2", "page-1", "page-0", "added-acme"]
        assert await store.entries("acme", after=(NOON, "foreign")) == []

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (Wanted(operation="rewrite"), ["b"]),
            (Wanted(actor="user:ada"), ["c"]),
            (Wanted(outcome="failed"), ["d"]),
            (Wanted(ticket_id=7), ["c", "b"]),
            (Wanted(ticket_id=7, operation="rewrite"), ["b"]),
            (Wanted(since=NOON + 3 * SECOND), ["d", "c"]),
            (Wanted(since=NOON + SECOND, until=NOON + 3 * SECOND), ["b", "a"]),
        ],
    )
    async def test_entries_are_found_by_what_is_wanted(self, store: Store, wanted: Wanted, expected: list[str]) -> None:
        await store.append(make_entry(id="a", time=NOON + SECOND))
        await store.append(make_entry(id="b", time=NOON + 2 * SECOND, operation="rewrite", ticket_id=7))
        await store.append(make_entry(id="c", time=NOON + 3 * SECOND, actor="user:ada", ticket_id=7))
        await store.append(make_entry(id="d", time=NOON + 4 * SECOND, outcome="failed"))
        assert [entry.id for entry in await store.entries("acme", wanted)] == expected

    async def test_an_entry_exists_once(self, store: Store) -> None:
        await refused(store.append(make_entry(id="added-acme", content=MARK)))
        assert [entry.content for entry in await store.entries("acme")] == [None]

    async def test_what_was_said_on_a_ticket_is_erased_and_nothing_else(self, store: Store) -> None:
        said: dict[str, Any] = {"content": "redacted", "completion": "answer", "placeholders": ("[X]",)}
        for number in (1, 2, 3):
            await store.append(make_entry(id=f"said-{number}", ticket_id=number, **said))
        await store.append(make_entry(id="silent", ticket_id=1))
        await store.append(make_entry(id="other", account_id="beta", ticket_id=1, **said))
        record = await store.erase_tickets("acme", [1, 3, *range(10, 1500)], make_entry(id="erasure"))
        assert (record.id, record.erased) == ("erasure", ("said-1", "said-3"))
        assert (await store.erase_tickets("acme", [], make_entry())).erased == ()
        assert (await store.erase_tickets("acme", [1], make_entry())).erased == ()
        found = {entry.id: entry for account in ("acme", "beta") for entry in await store.entries(account)}
        assert found["erasure"] == record
        left = {name: found[name].content for name in ("said-1", "said-2", "said-3", "other")}
        assert left == {"said-1": None, "said-2": "redacted", "said-3": None, "other": "redacted"}
        erased = found["said-1"]
        assert (erased.completion, erased.placeholders, erased.ticket_id, erased.salt) == (None, (), 1, "")
        assert found["silent"].salt

    async def test_sealing_gives_every_entry_a_place_that_it_keeps(self, store: Store) -> None:
        entries = [make_entry(time=NOON + number * SECOND) for number in range(5)]
        for entry in entries[:3]:
            await store.append(entry)
        (first,) = await sealed_all(store)
        for entry in entries[3:]:
            await store.append(entry)
        (second,) = await sealed_all(store)
        assert await sealed_all(store) == []
        assert (first.number, first.first, first.last, second.number, second.first, second.last) == (1, 1, 4, 2, 5, 6)
        assert second.previous == first.digest
        assert await store.checkpoints("acme") == [first, second]
        assert await store.checkpoints("beta") == []
        kept = await store.sealed("acme", 2, 6)
        assert [(each.entry.id, each.position) for each in kept] == [
            (entry.id, place) for place, entry in enumerate(entries, 2)
        ]

    async def test_a_segment_is_chained_from_what_its_entries_say(self, store: Store) -> None:
        await store.append(make_entry(content="said", time=NOON + SECOND))
        (checkpoint,) = await sealed_all(store)
        hashes = [hashes_of(kept.entry)[1] for kept in await store.sealed("acme", 1, 2)]
        assert root_of("acme", checkpoint.previous, hashes).hex() == checkpoint.root
        assert checkpoint.is_signed_by(SIGNER.public_key)

    async def test_a_segment_is_of_one_day_and_a_day_may_have_several(self, store: Store) -> None:
        for days in (0, 1, 0, 1):
            await store.append(make_entry(time=NOON + days * _DAY))
        found = [(checkpoint.day, checkpoint.count) for checkpoint in await sealed_all(store)]
        assert found == [(date(2026, 3, 1), 3), (date(2026, 3, 2), 2)]
        await store.append(make_entry(time=NOON))
        (late,) = await sealed_all(store)
        assert (late.day, late.number, late.first) == (date(2026, 3, 1), 3, 6)

    async def test_only_what_is_old_enough_is_sealed(self, store: Store) -> None:
        await store.append(make_entry(id="young", time=NOON + _DAY))
        assert await store.unsealed(NOON) == []
        assert await store.unsealed(NOON + SECOND) == ["acme", "beta"]
        assert [checkpoint.count for checkpoint in await sealed_all(store, until=NOON + SECOND)] == [1]
        assert await store.unsealed(NOON + SECOND) == ["beta"]
        assert [kept.entry.id for kept in await store.behind("acme", 1)] == ["young"]
        assert [kept.entry.id for kept in await store.behind("acme", 0)] == ["added-acme", "young"]

    async def test_what_is_written_about_an_erased_ticket_says_nothing(self, store: Store) -> None:
        said: dict[str, Any] = {"content": "redacted", "completion": "answer", "placeholders": ("[X]",)}
        await store.erase_tickets("acme", [1], make_entry())
        late = make_entry(time=NOON + SECOND, ticket_id=1, unresolved=("[Y]",), outcome="posted_note", **said)
        written = await store.append(late)
        assert written == late.without_content()
        assert (await store.entries("acme"))[0] == written
        for other in (make_entry(ticket_id=2, **said), make_entry(account_id="beta", ticket_id=1, **said)):
            assert await store.append(other) == other

    async def test_however_an_erasure_and_entries_meet_nothing_that_was_said_is_left(self, store: Store) -> None:
        entries = [make_entry(ticket_id=1, content="redacted") for _ in range(20)]
        erasing = store.erase_tickets("acme", [1], make_entry())
        await asyncio.gather(*map(store.append, entries[:10]), erasing, *map(store.append, entries[10:]))
        assert [entry.content for entry in await store.entries("acme") if entry.ticket_id == 1] == [None] * 20

    async def test_the_hash_of_what_was_erased_stays(self, store: Store) -> None:
        entry = make_entry(ticket_id=7, content="said")
        await store.append(entry)
        await sealed_all(store)
        await store.erase_tickets("acme", [7], make_entry())
        (_, kept) = await store.sealed("acme", 1, 2)
        said, body = hashes_of(entry)
        assert (kept.is_erased, kept.said_hash) == (True, said)
        assert body_hash(facts_of(kept.entry), kept.said_hash) == body
        assert said_of(kept.entry) != said_of(entry)

    async def test_signing_keys_are_kept_newest_first(self, store: Store) -> None:
        keys = [SigningKey(f"kid-{at}", bytes([at]) * 32, b"cipher", NOON + at * SECOND) for at in (1, 2)]
        for key in keys:
            await store.add_signing_key(key, make_entry())
        assert await store.signing_keys() == keys[::-1]
        await refused(store.add_signing_key(keys[0], make_entry()))

    async def test_what_a_sink_has_not_got_is_kept_in_mind(self, store: Store) -> None:
        store.copy_to(["one", "two"])
        for number in range(3):
            await store.append(make_entry(id=f"copy-{number}", time=NOON + number * SECOND))

        async def missed(sink: str, before: datetime = LATER, limit: int = 100) -> Sequence[str]:
            return [entry.id for entry in await store.undelivered(sink, before, limit=limit)]

        assert await missed("one") == await missed("two") == ["copy-0", "copy-1", "copy-2"]
        assert await missed("one", limit=1) == await missed("one", before=NOON + SECOND) == ["copy-0"]
        await store.delivered("one", ["copy-0", "copy-2"])
        assert (await missed("one"), len(await missed("two"))) == (["copy-1"], 3)
        await refused(store.append(make_entry(id="copy-1")))
        assert await missed("three") == []
