"""Passwords: what is taken, what is stored, and that unknown users cost what known ones do."""

import asyncio
import threading
import unicodedata

import pytest
from argon2 import PasswordHasher

from raum.errors import OperatorError, TooManyAttempts
from raum.identity import passwords as module
from raum.identity.passwords import DUMMY, Passwords
from raum.secrets.secret import Secret


async def test_v11_4_2_a_password_is_verified_against_its_argon2id_hash():
    passwords = Passwords()
    stored = await passwords.hash(Secret("correct horse"))
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.verify(stored, Secret("correct horse")) is True
    assert await passwords.verify(stored, Secret("correct house")) is False
    assert await passwords.hash(Secret("correct horse")) != stored


@pytest.mark.parametrize("password", ["", "seven c", "x" * 129])
async def test_v6_2_1_a_password_that_is_too_short_or_too_long_is_refused(password):
    with pytest.raises(OperatorError, match="a password has 8 to 128 characters"):
        await Passwords().hash(Secret(password))


async def test_v6_2_5_any_characters_make_a_password_in_whatever_way_they_are_typed():
    stored = await Passwords().hash(Secret("pa\u0308sswo\u0308rter 🙂"))
    assert await Passwords().verify(stored, Secret("pässwörter 🙂")) is True


async def test_the_longest_password_can_be_typed_with_all_its_marks_apart():
    stored = await Passwords().hash(Secret("\u1f82" * 128))
    assert await Passwords().verify(stored, Secret("\u03b1\u0313\u0300\u0345" * 128)) is True
    assert await Passwords().verify(stored, Secret("\u03b1\u0313\u0300\u0345" * 129)) is False


async def test_of_what_is_longer_than_any_password_no_more_is_put_in_order_than_of_one(monkeypatch):
    lengths = []
    normalize = unicodedata.normalize
    monkeypatch.setattr(unicodedata, "normalize", lambda form, text: lengths.append(len(text)) or normalize(form, text))
    endless = Secret("a" + "\u0301\u0316" * 100_000)
    assert await Passwords().verify(DUMMY, endless) is False
    with pytest.raises(OperatorError, match="a password has 8 to 128 characters"):
        await Passwords().hash(endless)
    assert max(lengths) <= 4 * 128 + 1


async def test_v6_3_8_without_a_hash_the_same_work_is_done_and_nothing_fits(monkeypatch):
    done = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda *args: done.append(args[1]) or verify(*args))
    assert await Passwords().verify(None, Secret("correct horse")) is False
    assert done == [DUMMY]
    assert PasswordHasher().check_needs_rehash(DUMMY) is False


@pytest.mark.parametrize("stored", ["", "no hash", "$argon2id$v=19$m=65536,t=3,p=4$broken"])
async def test_a_broken_hash_fits_nothing(stored):
    assert await Passwords().verify(stored, Secret("correct horse")) is False


async def test_passwords_are_hashed_two_at_a_time_and_a_flood_is_turned_away(monkeypatch):
    gate, both, inside = threading.Event(), threading.Event(), []

    def slow(*_):
        inside.append(1)
        if len(inside) == 2:
            both.set()
        gate.wait(30)
        return True

    monkeypatch.setattr(PasswordHasher, "verify", slow)
    passwords = Passwords()
    waiting = [asyncio.create_task(passwords.verify("x", Secret("y"))) for _ in range(module._MOST_WAITING)]
    await asyncio.to_thread(both.wait, 30)
    with pytest.raises(TooManyAttempts):
        await passwords.verify("x", Secret("y"))
    assert len(inside) == 2
    gate.set()
    assert all(await asyncio.gather(*waiting))
