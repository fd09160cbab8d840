"""Identifiers that sort by the time they were made."""

import secrets
import time
from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> str:
    """A ULID: 48 bits of Unix time in milliseconds and 80 random bits, in base 32 (github.com/ulid/spec)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def new_salt() -> str:
    """128 random bits, in hexadecimal: what keeps a hash from being guessed."""
    return secrets.token_hex(16)


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
