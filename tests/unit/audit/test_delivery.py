"""Sinks get every entry, at once or later; and nothing is begun while one of them does not take entries."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from raum.administration import Administration
from raum.audit import delivery
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import AuditUnavailable
from raum.model import Account, Actor
from raum.secrets.credentials import Credentials
from raum.secrets.secret import Secret
from raum.testing import FakeAuditSink, FakeKeyManager, FakeStore

ACME = Account("acme", "acme-help", "hook-acme")
ADA = Actor("user", "ada")


@pytest.fixture
def store():
    return FakeStore(ACME)


@pytest.fixture
def sink():
    return FakeAuditSink()


def administration(store, journal):
    return Administration(store, Credentials(store, FakeKeyManager()), journal, ADA)


def ids(entries):
    return [entry.id for entry in entries]


async def kept(store):
    return sorted(ids(await store.entries("acme")))


async def test_a_sink_that_is_down_gets_what_it_missed_before_anything_else_is_begun(store, sink):
    journal = Journal(store, {"archive": sink})
    admin = administration(store, journal)
    sink.fails = OSError("away")
    await admin.set_credential("acme", "openai", Secret("first"))  # it was up when that was begun
    for _ in range(2):
        with pytest.raises(AuditUnavailable, match="'archive' does not take entries"):
            await admin.set_credential("acme", "openai", Secret("second"))
    assert await Credentials(store, FakeKeyManager()).get("acme", "openai") == Secret("first")
    assert len(await kept(store)) == 1
    sink.fails = None
    await admin.set_credential("acme", "openai", Secret("third"))
    assert sorted(ids(sink.entries)) == await kept(store)
    assert await store.undelivered("archive", datetime.max.replace(tzinfo=UTC)) == []


async def test_with_continue_the_sink_gets_later_what_it_missed(store, sink):
    journal = Journal(store, {"archive": sink}, stops=False)
    admin = administration(store, journal)
    sink.fails = OSError("away")
    for text in ("first", "second", "third"):
        await admin.set_credential("acme", "openai", Secret(text))
    assert sink.entries == []
    sink.fails = None
    await journal.catch_up()
    assert sorted(ids(sink.entries)) == await kept(store)


async def test_a_sink_that_is_up_does_not_wait_for_one_that_is_down(store, sink):
    broken = FakeAuditSink()
    broken.fails = OSError("away")
    journal = Journal(store, {"broken": broken, "archive": sink})
    await administration(store, journal).set_credential("acme", "openai", Secret("first"))
    assert ids(sink.entries) == await kept(store)


async def test_what_a_killed_process_left_behind_is_brought_by_another(store, sink):
    Journal(store, {"archive": sink})
    old = evolve(action_entry("account_create", "acme", ADA), time=datetime.now(UTC) - timedelta(minutes=5))
    await store.append(old)  # and killed before the sink was told
    await store.append(action_entry("account_create", "acme", ADA))
    await Journal(store, {"archive": sink}).catch_up()
    assert sink.entries[0] == old


async def test_one_process_at_a_time_brings_what_was_missed(store, sink):
    journal = Journal(store, {"archive": sink})
    sink.fails = OSError("away")
    await journal.write(action_entry("account_create", "acme", ADA))
    sink.fails = None
    now = datetime.now(UTC)
    assert await store.lock("audit-delivery:archive", "another", now, now + timedelta(seconds=60))
    with pytest.raises(AuditUnavailable):
        await journal.ready()
    await store.unlock("audit-delivery:archive", "another")
    await journal.ready()
    assert len(sink.entries) == 1


async def test_a_sink_that_hangs_is_one_that_is_down(store, monkeypatch):
    import asyncio

    class Hanging(FakeAuditSink):
        async def write(self, entry):
            await asyncio.Event().wait()

    monkeypatch.setattr(delivery, "_SECONDS", 0.01)
    journal = Journal(store, {"archive": Hanging()})
    await journal.write(action_entry("account_create", "acme", ADA))
    with pytest.raises(AuditUnavailable):
        await journal.ready()


async def test_an_entry_that_the_store_does_not_take_is_no_change_at_all(store, sink):
    admin = administration(store, Journal(store, {"archive": sink}))
    store.fails = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        await admin.set_credential("acme", "openai", Secret("first"))
    assert await store.credential("acme", "openai") is None
    assert sink.entries == []
