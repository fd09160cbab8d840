"""Service tokens: what an automation shows to say which account it works for."""

import hashlib
import secrets

from raum.secrets.secret import Secret

_PREFIX = "raum_"


def is_service_token(token: str) -> bool:
    """Whether a token looks like one of these, by its prefix."""
    return token.startswith(_PREFIX)


def new_token() -> Secret:
    """A prefix that secret scanners know it by, and 256 random bits."""
    return Secret(_PREFIX + secrets.token_urlsafe(32))


def digest(token: Secret) -> bytes:
    """What is stored of a token. It has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.reveal().encode()).digest()
