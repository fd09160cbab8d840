"""The keys that sign sessions: shared through the store, encrypted where they lie."""

import base64
from datetime import timedelta

import pytest

from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import OperatorError
from raum.identity.actors import Actor
from raum.identity.keys import SessionKeys
from raum.identity.users import SessionKey
from raum.ids import utc_now
from raum.testing import FakeKeyManager, FakeStore

OPERATOR = Actor("operator", "opal")


@pytest.fixture
def hosts():
    """Two hosts of one store."""
    store, manager = FakeStore(), FakeKeyManager()
    return [SessionKeys(store, manager, Journal(store)) for _ in range(2)]


async def test_the_first_key_is_made_when_it_is_needed_and_all_hosts_have_it(hosts):
    here, there = hosts
    key_id, key = await here.signing()
    assert len(key) == 32
    assert await there.signing() == (key_id, key)
    assert await there.verifying(key_id, utc_now()) == key
    assert [entry.operation for entry in await here._store.entries("_host")] == ["session_key_rotation"]


async def test_v13_3_1_no_key_is_stored_in_the_clear(hosts):
    key_id, key = await hosts[0].signing()
    stored = (await hosts[0]._store.session_key(key_id)).ciphertext
    for form in (key, key.hex().encode(), base64.b64encode(key)):
        assert form not in stored
    assert "ciphertext" not in repr(await hosts[0]._store.session_key(key_id))


async def test_a_key_verifies_until_it_retires_and_signs_no_more(hosts):
    here, there = hosts
    old, key = await here.signing()
    new = await there.rotate(timedelta(minutes=15), OPERATOR)
    assert (await here.signing())[0] == new != old
    now = utc_now()
    assert await here.verifying(old, now) == key
    assert await here.verifying(old, now + timedelta(minutes=16)) is None
    assert await here.verifying(new, now + timedelta(days=365)) is not None


async def test_a_key_of_unknown_id_is_none(hosts):
    assert await hosts[0].verifying("nothing", utc_now()) is None


async def test_a_ciphertext_that_was_put_elsewhere_does_not_decrypt(hosts):
    """Whoever writes to the store cannot make a key of their own, nor one key another (V11.3.2)."""
    here, _ = hosts
    key_id, _ = await here.signing()
    stolen = (await here._store.session_key(key_id)).ciphertext
    await here._store.add_session_key(SessionKey("mine", stolen, utc_now()), None, action_entry("x", "_host", OPERATOR))
    with pytest.raises(OperatorError):
        await here.verifying("mine", utc_now())
