"""An export is found to be whole if it is, and not whole whatever was done to it."""

import json
import random
from datetime import date
from hashlib import sha256

import pytest
from attrs import evolve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from unit.sealing.logs import KEYS, NOON, SIGNER, Log, ended, entry, verdict

from raum.sealing.body import canonical
from raum.sealing.chain import Signer, checkpoint_of

TAMPERINGS = 10_000


async def test_a_log_that_nobody_touched_is_whole(log):
    found = verdict(await log.lines(), await log.newest(), "acme")
    assert found.faults == []
    assert (found.account_id, found.entries, found.segments, found.not_sealed) == ("acme", 20, 4, 0)
    assert (found.erased, found.purged, found.kids) == (0, 0, {SIGNER.kid})


async def test_an_empty_log_is_whole():
    assert verdict(await (await Log.of(0, 0)).lines()).is_whole


async def test_what_is_not_sealed_yet_is_told_and_not_proved(log):
    await log.store.append(entry(99))
    lines = await log.lines()
    changed = [line.replace(b"number 99", b"number 98") for line in lines]
    assert changed != lines
    for each in (lines, changed):
        found = verdict(each, await log.newest())
        assert (found.is_whole, found.entries, found.not_sealed) == (True, 20, 1)


async def test_after_an_early_erasure_the_rest_verifies_and_what_was_said_is_gone(log):
    await log.erase(3, 11)
    lines = await log.lines()
    found = verdict(lines, await log.newest())
    assert (found.faults, found.erased, found.entries) == ([], 2, 21)
    text = b"".join(lines)
    assert b'number 3"' not in text
    assert b'number 4"' in text
    assert b'"id":"acme-00003"' in text


async def test_after_a_purge_the_rest_verifies_and_the_purge_is_told(log):
    await log.purge(date(2026, 3, 3))
    lines = await log.lines()
    found = verdict(lines, await log.newest())
    assert (found.faults, found.purged, found.entries, found.segments) == ([], 10, 11, 5)
    assert b'number 3"' not in b"".join(lines)


async def test_a_purge_of_everything_and_several_purges_verify(log):
    await log.purge(date(2026, 3, 2))
    await log.erase(17)
    await log.purge(date(2026, 3, 4))
    found = verdict(await log.lines(), await log.newest())
    assert (found.faults, found.purged, found.erased) == ([], 15, 1)
    await log.purge(date(2027, 1, 1))
    assert verdict(await log.lines(), await log.newest()).faults == []


async def test_an_entry_that_came_late_is_in_a_later_segment_of_its_day(log):
    await log.store.append(entry(77, time=NOON))
    await log.seal()
    found = verdict(await log.lines(), await log.newest())
    assert (found.faults, found.last.day, found.segments) == ([], NOON.date(), 5)


async def test_content_that_looks_like_the_file_is_no_way_out(log):
    trap = '"},"said":{"content":"x"},"said_hash":"' + "0" * 64 + '"}\n{"checkpoint":{}}'
    await log.store.append(entry(50, content=trap, completion=trap, reason=trap, model=trap, provider="\ud800"))
    await log.seal()
    lines = await log.lines()
    assert verdict(lines).is_whole
    assert not verdict([line.replace(b'x\\"}', b'y\\"}') for line in lines]).is_whole


async def test_a_cut_end_shows_by_the_checkpoint_that_was_kept_elsewhere(log):
    lines, newest = await log.lines(), await log.newest()
    cut = ended(lines[:-7])
    assert verdict(cut).is_whole
    assert "the log ends before segment 4" in verdict(cut, newest).faults[-1]


async def test_a_log_that_was_set_back_shows_by_the_checkpoint_that_was_kept_elsewhere(log):
    older = await log.lines()
    await log.store.append(entry(60))
    await log.seal()
    assert verdict(older).is_whole
    assert not verdict(older, await log.newest()).is_whole


async def test_a_log_that_was_written_anew_shows_by_the_checkpoint_that_was_kept_elsewhere(log):
    other = await Log.of(4, 5)  # the same entries, but their salts
    assert verdict(await other.lines()).is_whole
    assert "not the one that was kept elsewhere" in verdict(await other.lines(), await log.newest()).faults[0]


async def test_another_accounts_log_is_not_taken_for_the_accounts_own(log):
    beta = await Log.of(4, 5, "beta")
    assert verdict(await beta.lines()).is_whole
    assert not verdict(await beta.lines(), account="acme").is_whole
    assert not verdict(await beta.lines(), await log.newest()).is_whole


async def test_a_key_that_is_not_trusted_proves_nothing(log):
    found = verdict(await log.lines(), keys={})
    assert all("signed with a key that is not trusted" in fault for fault in found.faults)
    assert not found.is_whole


async def test_who_signs_anew_needs_the_key(log):
    lines = await log.lines()
    mallory = Signer(Ed25519PrivateKey.generate())
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"checkpoint"'))
    checkpoint = checkpoint_of(json.loads(lines[at]))
    for kid in (SIGNER.kid, mallory.kid):
        forged = evolve(checkpoint, kid=kid, root="0" * 64)
        forged = evolve(forged, signature=mallory.key.sign(forged.signed_bytes))
        found = verdict([*lines[:at], forged.line.encode(), *lines[at + 1 :]], keys=KEYS)
        assert not found.is_whole


async def test_an_erasure_needs_its_record(log):
    """Nobody can make an entry say nothing and call it erased."""
    await log.erase(3)
    lines = await log.lines()
    at = next(number for number, line in enumerate(lines) if b'"id":"acme-00007"' in line)
    facts, _, said = lines[at].partition(b',"said":')
    lines[at] = facts + b',"said_hash":"' + sha256(said[:-2]).hexdigest().encode() + b'"}\n'
    (fault,) = verdict(lines, await log.newest()).faults
    assert fault.startswith("entry acme-00007")
    assert "no sealed entry says who erased it" in fault


async def test_a_purge_needs_its_record(log):
    lines = await log.lines()
    assert all(line.startswith(b'{"entry":') for line in lines[1:6])
    assert "no sealed entry says that they were purged" in verdict(ended([lines[0], *lines[6:]])).faults[-1]


@pytest.mark.parametrize("line", [b"", b"\n", b"{}", b"[]\n", b'{"log":{}}\n', b"\xff\n", b"[" * 100_000, b"null\n"])
async def test_what_is_no_export_is_said_to_be_none(line, log):
    assert not verdict([line]).is_whole
    assert not verdict([line, *(await log.lines())[1:]]).is_whole
    assert not verdict([*(await log.lines())[:4], line, *(await log.lines())[4:]]).is_whole


def change(chance, lines, _other):
    """One byte becomes another one."""
    at = chance.randrange(len(lines) - 1)
    line = bytearray(lines[at])
    place = chance.randrange(len(line))
    line[place] = (line[place] + chance.randrange(1, 256)) % 256
    return [*lines[:at], bytes(line), *lines[at + 1 :]]


def change_a_word(chance, lines, _other):
    """Something that somebody would want to be otherwise."""
    at = chance.choice([number for number, line in enumerate(lines) if b"user:ada" in line])
    words = [(b"user:ada", b"user:bob"), (b"192.0.2.7", b"192.0.2.8"), (b"Noted", b"Noted!"), (b"00Z", b"01Z")]
    old, new = chance.choice(words)
    changed = lines[at].replace(old, new)
    return [*lines[:at], changed, *lines[at + 1 :]]


def delete(chance, lines, _other):
    """Some lines in a row are gone, and the end fits."""
    at = chance.randrange(1, len(lines) - 2)
    return ended([*lines[:at], *lines[at + chance.randrange(1, 4) :]])


def insert(chance, lines, other):
    """A line is put in, made up or from elsewhere."""
    at = chance.randrange(1, len(lines) - 1)
    forged = canonical({"entry": {"id": "x", "operation": "generate", "account_id": "acme"}, "said": {"salt": "0"}})
    line = chance.choice([forged + b"\n", chance.choice(lines[1:-1]), chance.choice(other[1:-1])])
    return ended([*lines[:at], line, *lines[at:]])


def reorder(chance, lines, _other):
    """Two lines change places."""
    first, second = sorted(chance.sample(range(1, len(lines) - 1), 2))
    return [*lines[:first], lines[second], *lines[first + 1 : second], lines[first], *lines[second + 1 :]]


def swap_accounts(chance, lines, other):
    """Something of another account takes a place: a line, a segment, or the name."""
    kind = chance.randrange(3)
    if kind == 0:
        at = chance.randrange(1, len(lines) - 1)
        return [*lines[:at], other[at], *lines[at + 1 :]]
    if kind == 1:
        first = 1 + 6 * chance.randrange(4)
        return [*lines[:first], *other[first : first + 6], *lines[first + 6 :]]
    at = chance.randrange(len(lines) - 1)
    return [*lines[:at], *(line.replace(b"acme", b"beta") for line in lines[at : at + 1]), *lines[at + 1 :]]


def cut_the_tail(chance, lines, _other):
    """The end is cut off, and the new end fits."""
    return ended(lines[: chance.randrange(1, len(lines) - 1)])


def roll_back(chance, lines, _other):
    """An older state, whole in itself."""
    return ended(lines[: 1 + 6 * chance.randrange(4)])


WAYS = [change, change_a_word, delete, insert, reorder, swap_accounts, cut_the_tail, roll_back]


async def test_ten_thousand_tamperings_are_all_found():
    acme, beta = await Log.of(4, 5), await Log.of(4, 5, "beta")
    lines, other, newest = await acme.lines(), await beta.lines(), await acme.newest()
    chance = random.Random(20_261_125)
    assert verdict(lines, newest).is_whole
    done = dict.fromkeys(WAYS, 0)
    while sum(done.values()) < TAMPERINGS:
        way = WAYS[sum(done.values()) % len(WAYS)]
        tampered = way(chance, lines, other)
        if tampered == lines:
            continue
        done[way] += 1
        assert not verdict(tampered, newest).is_whole, (way.__name__, done[way])
