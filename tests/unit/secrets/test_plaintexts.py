"""Decrypted credentials: how long they are used, and what ends their use."""

import asyncio
import pickle

import pytest

from raum.errors import KeyRefused, KeysUnavailable, NotDecryptable
from raum.secrets import plaintexts
from raum.secrets.plaintexts import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, Plaintexts
from raum.secrets.secret import Secret
from raum.storage.ciphertexts import Place

PLACE, OTHER = Place("acme", "openai"), Place("beta", "openai")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class KeyService:
    """Decrypts to the ciphertext in capitals; raises `fails`, if there is one; waits for `turn`."""

    def __init__(self):
        self.calls = []
        self.fails = None
        self.turn = asyncio.Event()
        self.turn.set()

    async def decrypt(self, place, ciphertext):
        self.calls.append((place, ciphertext))
        await self.turn.wait()
        if self.fails:
            raise self.fails
        return Secret(ciphertext.decode().upper())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def service():
    return KeyService()


@pytest.fixture
async def kept(service, clock):
    return Plaintexts(service.decrypt, clock)


async def test_a_secret_is_decrypted_once_in_five_minutes(kept, service, clock):
    for _ in range(3):
        assert await kept.get(PLACE, b"key") == Secret("KEY")
        clock.now += FRESH_SECONDS / 3 - 0.1
    assert len(service.calls) == 1
    clock.now += 1
    assert await kept.get(PLACE, b"key") == Secret("KEY")
    assert len(service.calls) == 2


async def test_a_hundred_first_uses_at_once_make_one_call(kept, service):
    service.turn.clear()
    uses = [asyncio.create_task(kept.get(PLACE, b"key")) for _ in range(100)]
    await asyncio.sleep(0)
    uses[0].cancel()  # who began the call may go away
    await asyncio.sleep(0)
    service.turn.set()
    assert await asyncio.gather(*uses[1:]) == [Secret("KEY")] * 99
    assert len(service.calls) == 1


async def test_the_failure_of_one_call_is_everybodys_and_the_next_use_tries_again(kept, service):
    service.fails = KeysUnavailable()
    results = await asyncio.gather(*(kept.get(PLACE, b"key") for _ in range(10)), return_exceptions=True)
    assert [type(each) for each in results] == [KeysUnavailable] * 10
    assert len(service.calls) == 1
    service.fails = None
    assert await kept.get(PLACE, b"key") == Secret("KEY")


async def test_a_ciphertext_that_was_replaced_ends_the_use_of_the_secret_at_once(kept, service):
    await kept.get(PLACE, b"old")
    assert await kept.get(PLACE, b"new") == Secret("NEW")
    service.fails = KeysUnavailable()
    with pytest.raises(KeysUnavailable):
        await kept.get(PLACE, b"newest")


async def test_a_secret_is_used_for_fifteen_minutes_more_while_the_key_manager_is_away_and_then_no_more(
    kept, service, clock
):
    await kept.get(PLACE, b"key")
    clock.now += FRESH_SECONDS - 1  # the outage begins when the secret is as old as it can be
    service.fails = KeysUnavailable()
    for _ in range(900):
        assert await kept.get(PLACE, b"key") == Secret("KEY")
        clock.now += 1
    assert len(service.calls) - 1 <= 900 / PAUSE_SECONDS + 1
    clock.now += PAUSE_SECONDS
    with pytest.raises(KeysUnavailable) as failure:
        await kept.get(PLACE, b"key")
    assert failure.value.retryable
    service.fails = None
    assert await kept.get(PLACE, b"key") == Secret("KEY")


async def test_the_end_of_an_outage_is_noticed_within_a_few_seconds(kept, service, clock):
    await kept.get(PLACE, b"key")
    clock.now += FRESH_SECONDS + 1
    service.fails = KeysUnavailable()
    await kept.get(PLACE, b"key")
    service.fails, before = None, len(service.calls)
    await kept.get(PLACE, b"key")
    assert len(service.calls) == before
    clock.now += PAUSE_SECONDS
    await kept.get(PLACE, b"key")
    await kept.get(PLACE, b"key")
    assert len(service.calls) == before + 1


async def test_an_account_without_a_decrypted_secret_fails_during_an_outage(kept, service):
    await kept.get(PLACE, b"key")
    service.fails = KeysUnavailable()
    with pytest.raises(KeysUnavailable):
        await kept.get(OTHER, b"key")
    assert await kept.get(PLACE, b"key") == Secret("KEY")


async def test_a_refused_key_ends_the_use_of_every_secret_at_once(kept, service, clock):
    await kept.get(PLACE, b"key")
    clock.now += 10
    await kept.get(OTHER, b"key")
    clock.now += FRESH_SECONDS - 10
    service.fails = KeyRefused("disabled")
    with pytest.raises(KeyRefused):
        await kept.get(PLACE, b"key")
    for place in (PLACE, OTHER):
        service.fails = KeysUnavailable()
        with pytest.raises(KeysUnavailable):
            await kept.get(place, b"key")


async def test_a_value_that_does_not_decrypt_ends_the_use_of_its_own_secret(kept, service, clock):
    await kept.get(PLACE, b"key")
    clock.now += FRESH_SECONDS
    await kept.get(OTHER, b"key")
    service.fails = NotDecryptable()
    with pytest.raises(NotDecryptable):
        await kept.get(PLACE, b"key")
    service.fails = KeysUnavailable()
    with pytest.raises(KeysUnavailable):
        await kept.get(PLACE, b"key")
    assert await kept.get(OTHER, b"key") == Secret("KEY")


async def test_a_key_manager_that_does_not_answer_is_waited_for_only_so_long(kept, service, monkeypatch):
    monkeypatch.setattr(plaintexts, "PATIENCE_SECONDS", 0.01)
    service.turn.clear()
    with pytest.raises(KeysUnavailable):
        await kept.get(PLACE, b"key")


async def test_a_secret_that_nobody_asks_for_is_forgotten(kept, clock, monkeypatch):
    timers = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda *timer: timers.append(timer) or timer)
    await kept.get(PLACE, b"key")
    clock.now += 1
    await kept.get(OTHER, b"key")
    ((seconds, sweep),) = timers
    assert seconds == FRESH_SECONDS + STALE_SECONDS
    clock.now += seconds - 1
    sweep()
    assert list(kept._kept) == [OTHER]
    clock.now += seconds
    timers[-1][1]()
    assert kept._kept == {}
    assert len(timers) == 2


async def test_what_is_kept_is_limited_in_number_and_the_oldest_goes_first(kept, service, monkeypatch):
    monkeypatch.setattr(plaintexts, "_MOST_KEPT", 2)
    for number in range(3):
        await kept.get(Place("acme", str(number)), b"key")
    service.calls.clear()
    for number in (2, 1, 0):
        await kept.get(Place("acme", str(number)), b"key")
    assert service.calls == [(Place("acme", "0"), b"key")]


async def test_what_holds_secrets_shows_none_and_is_not_pickled(kept):
    await kept.get(PLACE, b"seven-lemons")
    (entry,) = kept._kept.values()
    for holder in (kept, entry, kept._kept, [entry.secret], {"key": entry.secret}):
        assert "lemons" not in f"{holder!r} {holder} {str(holder)!r}".lower()
        with pytest.raises(TypeError):
            pickle.dumps(holder)
