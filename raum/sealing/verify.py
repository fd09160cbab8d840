"""Verifies an export of an audit log, offline: with nothing but the file and what is known of the keys.

The lines of an export, as `raum.audit.export` writes them:

    {"log":{...}}                               whose log it is, and the public keys
    {"entry":{facts},"said":{..., "salt":...}}  an entry
    {"entry":{facts},"said_hash":"..."}         an entry of which what was said is erased
    {"checkpoint":{...},"signature":"..."}      the end of the segment that the entries before it make; without any
                                                entries, one that is purged
    {"end":{...}}                               how much there was

The hashes are taken of the very bytes of the lines. That is sound because inside a JSON string a quotation mark stands
behind a backslash, so that `,"said":` is found where the facts end and nowhere else; and because whoever signed the
hash of an entry made it of these two parts, nothing can stand between or behind them.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from attrs import define, field, frozen

from raum.sealing.body import ENTRY_DOMAIN, canonical
from raum.sealing.chain import NOTHING_BEFORE, Checkpoint, checkpoint_of, fingerprint, root_of

PURGE: Final = "purge"
"""The operation that removes what is old; where it is entries, its target names the last segment that is gone."""

_MOST_FAULTS: Final = 50
_ENTRY: Final = b'{"entry":'
_CHECKPOINT: Final = b'{"checkpoint":'
_SAID: Final = b',"said":'
_SAID_HASH: Final = b',"said_hash":"'
_ERASES: Final = b'"erased":['
_PURGES: Final = b'"operation":"purge"'


@define
class Verdict:
    """What a verification found. The log is as it was written if there is no fault.

    `not_sealed` entries are behind the last checkpoint: nothing is proved of them. `erased` are those whose content was
    erased early, `purged` those that are gone with their age; for both there is a record in the log.
    """

    account_id: str = ""
    faults: list[str] = field(factory=list)
    segments: int = 0
    entries: int = 0
    not_sealed: int = 0
    erased: int = 0
    purged: int = 0
    kids: set[str] = field(factory=set)
    last: Checkpoint | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed."""
        return not self.faults

    def fault(self, text: str) -> None:
        """Note a fault; after so many, more would say nothing new."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(text)


@define
class _Reading:
    """Where the verification is."""

    keys: Mapping[str, bytes]
    newest: Checkpoint | None
    verdict: Verdict = field(factory=Verdict)
    hashes: list[bytes] = field(factory=list)
    begins: int = 0
    ended: bool = False
    before: Checkpoint | None = None
    marked: list[bytes] = field(factory=list)
    erased: dict[str, int] = field(factory=dict)
    erasures: set[str] = field(factory=set)
    purged: int = 0
    purges: int = 0
    saw_newest: bool = False


def verify(
    lines: Iterable[bytes], keys: Mapping[str, bytes], newest: Checkpoint | None = None, account_id: str | None = None
) -> Verdict:
    """Verify an export. `keys` are the public keys that are trusted, by their fingerprints.

    With `newest`, a checkpoint that was kept elsewhere, it is also found out if the log was cut or set back. With
    `account_id`, that it is another account's.
    """
    reading = _Reading(keys, newest)
    numbered = enumerate(lines, 1)
    _begin(reading, next(numbered, (1, b""))[1], account_id)
    for number, line in _others(reading, numbered):
        if reading.ended:
            reading.verdict.fault(f"line {number}: there is something behind the end")
        elif line.startswith(_CHECKPOINT):
            _close(reading, number, line)
        elif line.startswith(b'{"end":'):
            _end(reading, number, line)
        else:
            reading.verdict.fault(f"line {number}: neither an entry nor a checkpoint, or not as it was written")
    _finish(reading)
    return reading.verdict


def kept_checkpoints(lines: Iterable[bytes]) -> list[Checkpoint]:
    """The checkpoints among the lines of a file, which may hold other lines, such as one that an audit sink wrote."""
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            found.append(checkpoint_of(json.loads(line)))
    return found


@frozen
class Head:
    """What the first line of an export says: whose log it is, and the public keys by their fingerprints.

    Whether the keys are to be trusted is another matter.
    """

    account_id: str = ""
    keys: Mapping[str, bytes] = field(factory=dict)


def head_of(line: bytes) -> Head:
    """The head of an export; an empty one if the line is none, which `verify` tells."""
    try:
        log = json.loads(line)["log"]
        head = Head(log["account_id"], {kid: bytes.fromhex(key) for kid, key in log["keys"].items()})
        named = all(fingerprint(key) == kid for kid, key in head.keys.items())
        whole = named and line == canonical({"log": log}) + b"\n" and set(log) == {"account_id", "keys"}
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return Head()
    return head if whole else Head()


def _others(reading: _Reading, numbered: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Hash the entries, and give the lines that are none. This is where the time goes: one loop, few calls."""
    hashes, marked, domain = reading.hashes, reading.marked, ENTRY_DOMAIN
    for number, line in numbered:
        if line[:9] != _ENTRY or reading.ended:
            yield number, line
            continue
        facts, mark, rest = line.partition(_SAID)
        if mark and rest[-2:] == b"}\n":
            said = sha256(rest[:-2]).digest()
        else:
            facts, mark, rest = line.partition(_SAID_HASH)
            said = _hash_of(rest)
            if not said:
                yield number, line
                continue
            marked.append(line)
        facts = facts[9:]
        if _ERASES in facts or _PURGES in facts:
            marked.append(line)
        hashes.append(sha256(domain + said + facts).digest())


def _hash_of(rest: bytes) -> bytes:
    """The hash in the rest of a line whose content is erased; nothing if that is not as it must be."""
    text = rest[:64]
    if rest[64:] != b'"}\n' or text.lower() != text:
        return b""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return b""


def _begin(reading: _Reading, line: bytes, account_id: str | None) -> None:
    reading.verdict.account_id = head_of(line).account_id
    if not reading.verdict.account_id:
        reading.verdict.fault("line 1: this is no head of an audit log, or not as it was written")
    elif account_id is not None and reading.verdict.account_id != account_id:
        reading.verdict.fault(f"line 1: the log is that of another account, not of '{account_id}'")


def _close(reading: _Reading, number: int, line: bytes) -> None:
    """A checkpoint: is it genuine, does it go on from the one before, and is it of the entries before it?"""
    verdict, hashes = reading.verdict, reading.hashes
    try:
        checkpoint = checkpoint_of(json.loads(line))
    except (ValueError, RecursionError):
        verdict.fault(f"line {number}: this is no checkpoint")
        return
    if line != checkpoint.line.encode():
        verdict.fault(f"line {number}: the checkpoint is not as it was written")
    what = f"line {number}: segment {checkpoint.number} ({checkpoint.day})"
    _check_signature(reading, checkpoint, what)
    _check_order(reading, checkpoint, what)
    if not hashes:
        reading.purged = max(reading.purged, checkpoint.number)
        verdict.purged += checkpoint.count
    elif len(hashes) != checkpoint.count:
        verdict.fault(f"{what}: it has {checkpoint.count} entries, and there are {len(hashes)}")
    elif root_of(checkpoint.account_id, checkpoint.previous, hashes).hex() != checkpoint.root:
        verdict.fault(f"{what}: an entry was changed, moved or exchanged")
    else:
        _note(reading, number)
    _compare_with_newest(reading, checkpoint, what)
    verdict.segments += 1
    verdict.entries += len(hashes)
    hashes.clear()
    reading.marked.clear()
    reading.before = verdict.last = checkpoint


def _check_signature(reading: _Reading, checkpoint: Checkpoint, what: str) -> None:
    key = reading.keys.get(checkpoint.kid)
    if key is None:
        reading.verdict.fault(f"{what}: it is signed with a key that is not trusted: {checkpoint.kid}")
    elif not checkpoint.is_signed_by(key):
        reading.verdict.fault(f"{what}: the signature is not that of the key")
    else:
        reading.verdict.kids.add(checkpoint.kid)


def _check_order(reading: _Reading, checkpoint: Checkpoint, what: str) -> None:
    before, verdict = reading.before, reading.verdict
    expected = (before.number + 1, before.last + 1, before.digest) if before else (1, 1, NOTHING_BEFORE)
    if (checkpoint.number, checkpoint.first, checkpoint.previous) != expected or checkpoint.count < 1:
        verdict.fault(f"{what}: it does not follow the segment before it; something was cut out, put in or moved")
    if checkpoint.account_id != verdict.account_id:
        verdict.fault(f"{what}: it belongs to another account")
    if not reading.hashes and before is not None and reading.purged != before.number:
        verdict.fault(f"{what}: its entries are gone, though those before it are there")


def _compare_with_newest(reading: _Reading, checkpoint: Checkpoint, what: str) -> None:
    newest = reading.newest
    if newest is not None and checkpoint.number == newest.number:
        reading.saw_newest = True
        if checkpoint.digest != newest.digest or checkpoint.account_id != newest.account_id:
            reading.verdict.fault(f"{what}: it is not the one that was kept elsewhere")


def _note(reading: _Reading, number: int) -> None:
    """Keep in mind what the proved entries of a segment say about entries that are gone."""
    for line in reading.marked:
        entry = json.loads(line)["entry"]
        if _SAID_HASH in line:
            reading.erased[entry["id"]] = number
        reading.erasures.update(entry.get("erased", ()))
        kind, _, last = str(entry.get("target", "")).partition(":")
        if entry["operation"] == PURGE and kind == "segment" and last.isdecimal():
            reading.purges = max(reading.purges, int(last))


def _end(reading: _Reading, number: int, line: bytes) -> None:
    verdict = reading.verdict
    reading.ended = True
    verdict.not_sealed = len(reading.hashes)
    said = {"end": {"entries": verdict.entries + verdict.not_sealed, "segments": verdict.segments}}
    if line != json.dumps(said, separators=(",", ":")).encode() + b"\n":
        verdict.fault(f"line {number}: there was more in this file, or less")


def _finish(reading: _Reading) -> None:
    verdict, newest = reading.verdict, reading.newest
    if not reading.ended:
        verdict.fault("the file ends before the log does")
    if reading.purged > reading.purges:
        verdict.fault(
            f"the entries up to segment {reading.purged} are gone, and no sealed entry says that they were purged"
        )
    for entry_id, number in reading.erased.items():
        if entry_id not in reading.erasures:
            verdict.fault(
                f"entry {entry_id}, before line {number}: its content is gone, and no sealed entry says who erased it"
            )
    verdict.erased = len(reading.erased)
    if newest is not None and not reading.saw_newest:
        verdict.fault(
            f"the log ends before segment {newest.number} ({newest.day}), whose checkpoint was kept elsewhere"
        )
