"""The login of an account: one at a time renews it, and what is stored is encrypted and on record."""

import asyncio

import pytest

from raum.api import HelpdeskFailed, OperatorError, Secret
from raum.audit.journal import Journal
from raum.model import Account
from raum.secrets.credentials import Credentials
from raum.secrets.logins import StoredLogin
from raum.testing import FakeKeyManager, FakeStore

ACME, BETA = (Account(name, name, f"hook-{name}") for name in ("acme", "beta"))


@pytest.fixture
def login_of():
    store = FakeStore(ACME, BETA)
    credentials = Credentials(store, FakeKeyManager())
    return lambda account: StoredLogin(account.id, credentials, Journal(store))


async def test_what_is_replaced_is_read_and_on_record(login_of):
    login = login_of(ACME)
    with pytest.raises(OperatorError, match="raum credential set acme helpdesk-token"):
        await login.secret()
    await login.replace(Secret("token"), "credential_refresh")
    assert await login_of(ACME).secret() == Secret("token")
    (entry,) = await login.credentials.store.entries("acme")
    assert (entry.operation, entry.actor, entry.outcome) == ("credential_refresh", "system:raum", "done")


async def test_one_is_inside_at_a_time_and_the_accounts_are_apart(login_of):
    order = []

    async def enter(account, name):
        async with login_of(account).exclusively():
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async with login_of(BETA).exclusively():
        await asyncio.gather(enter(ACME, "first"), enter(ACME, "second"))
    assert order in (
        ["first in", "first out", "second in", "second out"],
        ["second in", "second out", "first in", "first out"],
    )


async def test_whoever_waits_too_long_comes_back_later(login_of, monkeypatch):
    monkeypatch.setattr("raum.secrets.logins._PATIENCE_SECONDS", 0.01)
    async with login_of(ACME).exclusively():
        with pytest.raises(HelpdeskFailed) as caught:
            async with login_of(ACME).exclusively():
                raise AssertionError
    assert (caught.value.code, caught.value.retryable) == ("helpdesk_busy", True)


async def test_an_error_inside_gives_the_lock_back(login_of):
    with pytest.raises(ZeroDivisionError):
        async with login_of(ACME).exclusively():
            raise ZeroDivisionError
    async with login_of(ACME).exclusively():
        pass
