"""Logs are sealed in the background, by one host at a time, and the sinks get the checkpoints."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from unit.sealing.logs import entry

from raum.audit.actions import HOST
from raum.audit.journal import Journal
from raum.errors import OperatorError
from raum.model import Actor
from raum.sealing.keys import SigningKeys
from raum.sealing.sealer import Sealer
from raum.testing import FakeAuditSink, FakeKeyManager, FakeStore


class Host:
    def __init__(self, store=None):
        self.store, self.sink = store or FakeStore(), FakeAuditSink()
        self.journal = Journal(self.store, {"archive": self.sink})
        self.keys = SigningKeys(self.store, FakeKeyManager(), self.journal)
        self.sealer = Sealer(self.store, self.keys, self.journal, seal_seconds=60)

    async def write(self, number, account="acme", *, age=0):
        await self.store.append(entry(number, account, time=datetime.now(UTC) - timedelta(seconds=age)))


@pytest.fixture
def host():
    return Host()


async def test_what_is_old_enough_is_sealed_and_the_rest_waits(host):
    await host.write(1, age=61)
    await host.write(2, "beta", age=5)
    await host.sealer.seal_old(datetime.now(UTC) - timedelta(seconds=60))
    assert [checkpoint.account_id for checkpoint in host.sink.checkpoints] == ["acme"]
    assert await host.store.checkpoints("beta") == []


async def test_on_demand_all_is_sealed(host):
    for account in ("acme", "beta"):
        await host.write(1, account)
    sealed = await host.sealer.seal()
    assert [(each.account_id, each.count) for each in sealed] == [("acme", 1), ("beta", 1)]
    assert host.sink.checkpoints == list(sealed)


async def test_the_first_sealing_makes_a_key_whose_private_half_is_encrypted(host):
    await host.write(1)
    (checkpoint,) = await host.sealer.seal("acme")
    (key,) = await host.store.signing_keys()
    assert checkpoint.kid == key.kid
    assert checkpoint.is_signed_by(key.public_key)
    assert (await host.keys.signer()).key.private_bytes_raw() not in key.ciphertext
    (record,) = await host.store.entries(HOST)
    assert (record.operation, record.target, record.actor) == ("signing_key_create", key.kid, "system:raum")


async def test_a_new_key_signs_from_now_on_and_the_old_one_still_verifies(host):
    await host.write(1)
    (first,) = await host.sealer.seal("acme")
    key = await host.keys.add(Actor("user", "ada"))
    await host.write(2)
    (second,) = await host.sealer.seal("acme")
    assert (second.kid, second.previous) == (key.kid, first.digest)
    keys = {known.kid: known.public_key for known in await host.store.signing_keys()}
    assert first.is_signed_by(keys[first.kid])
    assert second.is_signed_by(keys[second.kid])


async def test_of_two_hosts_one_seals(host):
    await host.write(1, age=61)
    now = datetime.now(UTC)
    await host.store.lock("audit-seal", "another host", now, now + timedelta(seconds=60))
    await host.sealer.seal_old(now)
    assert host.sink.checkpoints == []
    with pytest.raises(OperatorError, match="another process seals"):
        await host.sealer.seal()


async def test_a_checkpoint_that_a_sink_did_not_take_comes_with_the_next(host):
    host.sink.fails = OSError("away")
    await host.write(1)
    await host.sealer.seal("acme")
    host.sink.fails = None
    await host.write(2)
    await host.sealer.seal("acme")
    assert [checkpoint.number for checkpoint in host.sink.checkpoints] == [1, 2]


async def test_it_seals_in_the_background_until_it_is_stopped_whatever_goes_wrong(host):
    await host.write(1, age=61)
    failing, host.store.unsealed = host.store.unsealed, None
    running = asyncio.create_task(host.sealer.run())
    await asyncio.sleep(0)
    host.store.unsealed = failing
    host.sealer.stop()
    await running
    await host.sealer.seal_old(datetime.now(UTC))
    assert len(host.sink.checkpoints) == 1


async def test_writers_that_come_while_it_seals_do_not_keep_it_from_ending(host):
    await host.write(1)
    told = host.journal.tell_checkpoint

    async def tell(checkpoint):
        await host.write(100 + checkpoint.number)
        await told(checkpoint)

    host.journal.tell_checkpoint = tell
    assert len(await host.sealer.seal("acme")) == 1
