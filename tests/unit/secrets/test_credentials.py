import traceback
from datetime import UTC, datetime

import pytest

from raum.api import Account, Entry, OperatorError, Secret, SqlStore
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET, Credentials
from raum_localkeys import LocalKeys
from raum_sqlite import sqlite_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_entry(name):
    return Entry(name, NOON, "acme", "api_key_rotation", "system:cli", "returned")


@pytest.fixture
async def store(tmp_path):
    async with SqlStore(lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True) as store:
        for name in ("acme", "beta"):
            await store.add_account(Account(name, name, f"hook-{name}"), make_entry(f"added-{name}"))
        yield store


@pytest.fixture
async def credentials(store, tmp_path):
    async with LocalKeys(tmp_path / "keys" / "raum.keys") as keys:
        yield Credentials(store, keys)


async def test_a_secret_comes_back_as_it_was_set(credentials):
    await credentials.set("acme", WEBHOOK_SECRET, Secret("s3cret ü"), make_entry("set"))
    assert await credentials.get("acme", WEBHOOK_SECRET) == Secret("s3cret ü")


async def test_a_secret_is_replaced_and_each_change_has_its_entry(credentials, store):
    await credentials.set("acme", HELPDESK_TOKEN, Secret("old"), make_entry("first"))
    await credentials.set("acme", HELPDESK_TOKEN, Secret("new"), make_entry("second"))
    assert await credentials.get("acme", HELPDESK_TOKEN) == Secret("new")
    assert {"first", "second"} <= {entry.id for entry in await store.entries("acme")}


async def test_the_store_holds_no_secret_in_the_clear(credentials, tmp_path):
    await credentials.set("acme", HELPDESK_TOKEN, Secret("SEVEN-LEMONS"), make_entry("set"))
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"SEVEN-LEMONS" not in file.read_bytes()


async def test_a_missing_secret_is_an_error_that_says_how_to_set_it(credentials):
    with pytest.raises(OperatorError) as failure:
        await credentials.get("acme", "openai")
    assert str(failure.value) == (
        "account 'acme' has no credential 'openai'; set it with `raum credential set acme openai`"
    )


@pytest.mark.parametrize(("account", "name"), [("beta", HELPDESK_TOKEN), ("acme", WEBHOOK_SECRET)])
async def test_a_ciphertext_that_is_copied_to_another_place_does_not_decrypt(credentials, store, account, name):
    await credentials.set("acme", HELPDESK_TOKEN, Secret("s3cret"), make_entry("set"))
    await store.put_credential(account, name, await store.credential("acme", HELPDESK_TOKEN), make_entry("copied"))
    with pytest.raises(OperatorError) as failure:
        await credentials.get(account, name)
    assert str(failure.value) == "an encrypted value was changed, or it was encrypted for another place"


async def test_a_secret_that_is_no_text_is_refused_without_showing_it(credentials):
    secret = Secret("SEVEN-LEMONS \ud800")
    with pytest.raises(OperatorError) as failure:
        await credentials.set("acme", HELPDESK_TOKEN, secret, make_entry("set"))
    assert str(failure.value) == "the credential 'helpdesk-token' is not text that can be stored"
    assert "SEVEN-LEMONS" not in "".join(traceback.format_exception(failure.value))
