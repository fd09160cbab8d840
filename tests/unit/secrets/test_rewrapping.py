"""Moving all that is stored encrypted to another key, while it is read and set."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import LargeBinary, select

from raum.api import KeysUnavailable, NotDecryptable, Secret, SqlStore
from raum.audit.actions import HOST
from raum.audit.journal import Journal
from raum.identity.keys import SessionKeys
from raum.model import Account, Actor, Change, Entry
from raum.sealing.keys import SigningKeys
from raum.secrets.credentials import Credentials
from raum.secrets.rewrapping import Moved, Rewrapping, keys_in_use
from raum.storage.ciphertexts import Place
from raum.storage.reach import EVERY_ACCOUNT
from raum.storage.tables import Ciphertext, metadata
from raum_localkeys import LocalKeys
from raum_sqlite import sqlite_engine

NAMES = ("helpdesk-token", "openai", "webhook-secret")
ACCOUNTS = ("acme", "beta")
PLACES = [(account, name) for account in ACCOUNTS for name in NAMES]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OPERATOR = Actor("user", "olga")
_numbers = count(1)


def entry(account="acme"):
    return Entry(f"entry-{next(_numbers)}", NOON, account, "credential_set", "system:cli", "done")


def line(key_id, byte):
    return f"{key_id} {base64.b64encode(bytes([byte]) * 32).decode()}\n"


@pytest.fixture
async def store(tmp_path):
    async with SqlStore(lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True) as store:
        for name in ACCOUNTS:
            await store.add_account(Account(name, name, f"hook-{name}"), entry(name))
        yield store


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "raum.keys"
    file.write_text(line("first", 1))
    file.chmod(0o600)
    return file


@pytest.fixture
async def old_host(store, file):
    """A host that was started before the new key, with everything stored under the old one."""
    async with LocalKeys(file) as keys:
        credentials = Credentials(store, keys)
        for account, name in PLACES:
            await credentials.set(account, name, Secret(f"{account} {name}"), entry(account))
        yield credentials


@pytest.fixture
async def credentials(store, old_host, file):
    """A host that was started with the new key."""
    file.write_text(line("first", 1) + line("second", 2))
    async with LocalKeys(file) as keys:
        yield Credentials(store, keys)


@pytest.fixture
def rewrapping(credentials, store):
    return Rewrapping(store, credentials.keys, Journal(store), OPERATOR)


@pytest.fixture
async def own_keys(old_host, store):
    """The keys that the host has made for itself: two that sign sessions, and two that sign the audit log."""
    sessions = SessionKeys(store, old_host.keys, Journal(store))
    log = SigningKeys(store, old_host.keys, Journal(store))
    await sessions.signing()
    await sessions.rotate(timedelta(days=1), OPERATOR)
    for _ in range(2):
        await log.add(OPERATOR)


def in_use(credentials):
    return keys_in_use(credentials.store, credentials.keys)


async def moves(rewrapping):
    return [moved async for moved in rewrapping.run()]


async def rewraps(store, account):
    return [each for each in await store.entries(account) if each.operation == "credential_rewrap"]


async def test_every_value_is_moved_once_and_each_has_its_entry(rewrapping, credentials, store):
    assert await in_use(credentials) == {"first": 6}
    assert await moves(rewrapping) == [Moved(Place(*place), "first", "second") for place in PLACES]
    assert await in_use(credentials) == {"second": 6}
    told = await rewraps(store, "beta")
    assert [(each.actor, each.changes) for each in reversed(told)] == [
        (str(OPERATOR), (Change(f"key of {name}", "first", "second"),)) for name in NAMES
    ]
    assert await moves(rewrapping) == [Moved(Place(*place), "second", "second") for place in PLACES]
    assert len(await rewraps(store, "beta")) == len(NAMES)


async def test_a_run_that_was_stopped_is_gone_on_with(rewrapping, credentials, store):
    async for moved in rewrapping.run():
        if moved.place == Place("acme", "openai"):
            break
    assert await in_use(credentials) == {"first": 4, "second": 2}
    await moves(rewrapping)
    assert await in_use(credentials) == {"second": 6}
    assert len(await rewraps(store, "acme")) == len(NAMES)


async def test_no_read_fails_meanwhile_on_this_host_or_on_one_with_the_older_keys(rewrapping, credentials, old_host):
    reads, running = 0, True

    async def read(host):
        nonlocal reads
        while running:
            for account, name in PLACES:
                assert await host.get(account, name) == Secret(f"{account} {name}")
                reads += 1

    readers = [asyncio.create_task(read(host)) for host in (credentials, old_host)]
    await moves(rewrapping)
    before = reads
    while reads < before + 2 * len(PLACES):
        await asyncio.sleep(0)
        assert not any(reader.done() for reader in readers)
    running = False
    await asyncio.gather(*readers)


async def test_a_credential_that_is_set_meanwhile_is_not_written_over(rewrapping, credentials, old_host, store):
    keys, rewrap = credentials.keys, credentials.keys.rewrap

    async def slow(ciphertext, context):
        moved = await rewrap(ciphertext, context)
        if (context["account"], context["row"]) == ("acme", "openai") and context not in seen:
            seen.append(context)
            await old_host.set("acme", "openai", Secret("set meanwhile"), entry())
        return moved

    seen = []
    keys.rewrap = slow
    await moves(rewrapping)
    assert seen
    assert await credentials.get("acme", "openai") == Secret("set meanwhile")
    assert await in_use(credentials) == {"second": 6}


async def test_a_value_that_does_not_decrypt_is_told_and_left_and_the_others_are_moved(rewrapping, credentials, store):
    copied = await store.credential("acme", "openai")
    await store.put_credential("beta", "openai", copied, entry("beta"))
    await store.put_credential("beta", "webhook-secret", b"\x09", entry("beta"))
    faults = {moved.place: moved.fault for moved in await moves(rewrapping) if moved.fault}
    assert faults == {
        Place("beta", "openai"): "an encrypted value was changed, or it was encrypted for another place",
        Place("beta", "webhook-secret"): "an encrypted value has a format that this version of raum does not know",
    }
    assert await in_use(credentials) == {"first": 1, "second": 4, "unknown format": 1}
    with pytest.raises(NotDecryptable):
        await credentials.get("beta", "openai")


async def test_an_outage_ends_the_run_and_leaves_what_was_moved(rewrapping, credentials):
    rewrap = credentials.keys.rewrap

    async def failing(ciphertext, context):
        if context["account"] == "beta":
            raise KeysUnavailable
        return await rewrap(ciphertext, context)

    credentials.keys.rewrap = failing
    with pytest.raises(KeysUnavailable):
        await moves(rewrapping)
    assert await in_use(credentials) == {"first": 3, "second": 3}


COLUMNS = [column for table in metadata.tables.values() for column in table.columns]
NO_CIPHERTEXTS = {
    "attempts.digest", "entries.body_hash", "entries.said_hash", "marks.digest", "segments.signature",
    "signing_keys.public_key", "tokens.digest",
}  # fmt: skip
"""Columns of bytes that are digests, signatures or public."""


def test_every_column_of_bytes_is_said_to_be_one_of_ciphertexts_or_is_none():
    kept = {str(each) for each in COLUMNS if isinstance(each.type, LargeBinary)}
    assert {str(each) for each in COLUMNS if isinstance(each.type, Ciphertext)} == kept - NO_CIPHERTEXTS
    assert kept > NO_CIPHERTEXTS


async def under(store, column):
    """The keys that the values of a column are under."""
    async with store.reading(EVERY_ACCOUNT) as connection:
        return [value[2 : 2 + value[1]].decode() for (value,) in await connection.execute(select(column))]


@pytest.mark.usefixtures("own_keys")
@pytest.mark.parametrize("column", [each for each in COLUMNS if isinstance(each.type, Ciphertext)], ids=str)
async def test_whatever_is_stored_encrypted_is_moved(rewrapping, store, column):
    """A new column of ciphertexts has to be filled by the fixtures of this test."""
    before = await under(store, column)
    assert set(before) == {"first"}
    await moves(rewrapping)
    assert await under(store, column) == ["second"] * len(before)


@pytest.mark.usefixtures("own_keys")
async def test_the_keys_of_the_host_are_moved_with_entries_in_its_own_log_and_go_on_to_work(
    rewrapping, credentials, old_host, store, tmp_path
):
    sessions, log = (kind(store, old_host.keys, Journal(store)) for kind in (SessionKeys, SigningKeys))
    signing, signer = await sessions.signing(), await log.signer()
    assert await in_use(credentials) == {"first": 10}
    moved = [each for each in await moves(rewrapping) if each.place.account_id == HOST]
    assert [each.place.table for each in moved] == ["session_keys"] * 2 + ["signing_keys"] * 2
    told = [each for each in await store.entries(HOST) if each.operation == "host_key_rewrap"]
    assert {each.changes for each in told} == {
        (Change(f"key of {each.place.name}", "first", "second"),) for each in moved
    }
    assert await in_use(credentials) == {"second": 10}
    async with LocalKeys(tmp_path / "second.keys") as alone:
        alone._ciphers = {"second": credentials.keys._ciphers["second"]}
        assert await SessionKeys(store, alone, Journal(store)).signing() == signing
        assert (await SigningKeys(store, alone, Journal(store)).signer()).kid == signer.kid


@pytest.mark.usefixtures("own_keys")
async def test_no_session_is_refused_meanwhile(rewrapping, credentials, old_host, store):
    hosts = [SessionKeys(store, each.keys, Journal(store)) for each in (credentials, old_host)]
    signing = await hosts[0].signing()
    async for _ in rewrapping.run():
        for host in hosts:
            assert await host.signing() == signing
            assert await host.verifying(signing[0], NOON) == signing[1]
