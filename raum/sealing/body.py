"""The form in which an entry is hashed: canonical JSON, in two parts.

The *facts* say who did what and when. What was *said*, in placeholder form, is hashed apart from them and with a salt,
so that it can be erased early: its hash stays and gives nothing away, and the facts still verify.

Canonical JSON has sorted keys, no blanks and nothing but ASCII. A field at its default is left out, so that a field
that a later version adds leaves the hashes of older entries as they are.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import attrs

from raum.model import Entry

ENTRY_DOMAIN: Final = b"raum/entry/1\n"

SAID: Final = ("completion", "content", "placeholders", "unresolved")
"""The fields that hold what was said. They go when what was said is erased, and the salt with them."""

_SALT: Final = "salt"
_DEFAULTS: Final = {field.name: field.default for field in attrs.fields(Entry)}
_FACTS: Final = tuple(name for name in sorted(_DEFAULTS) if name not in (*SAID, _SALT))


def canonical(document: Mapping[str, Any]) -> bytes:
    """Canonical JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")


def facts_document(entry: Entry) -> dict[str, Any]:
    """Who did what and when, without what is at its default."""
    return _document(entry, _FACTS)


def said_document(entry: Entry) -> dict[str, Any]:
    """What was said, without what is at its default."""
    return _document(entry, SAID)


def facts_of(entry: Entry) -> bytes:
    """The facts, as they are hashed."""
    return canonical(facts_document(entry))


def said_of(entry: Entry) -> bytes:
    """What was said, with the salt, as it is hashed."""
    return canonical({**said_document(entry), _SALT: entry.salt})


def said_hash(said: bytes) -> bytes:
    """The hash that stays when what was said is erased."""
    return sha256(said).digest()


def body_hash(facts: bytes, said: bytes) -> bytes:
    """The hash of a whole entry, of its facts and of the hash of what was said."""
    return sha256(ENTRY_DOMAIN + said + facts).digest()


def hashes_of(entry: Entry) -> tuple[bytes, bytes]:
    """The hash of what was said, and that of the whole."""
    said = said_hash(said_of(entry))
    return said, body_hash(facts_of(entry), said)


def body_hash_of(entry: Entry) -> str:
    """The hash of the whole of an entry, in hexadecimal."""
    return hashes_of(entry)[1].hex()


def utc_text(time: datetime) -> str:
    """A time as RFC 3339 in UTC, with microseconds."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _document(entry: Entry, names: tuple[str, ...]) -> dict[str, Any]:
    document = {}
    for name in names:
        value = getattr(entry, name)
        if value is not None and value != _DEFAULTS[name]:
            document[name] = utc_text(value) if name == "time" else value
    return document
