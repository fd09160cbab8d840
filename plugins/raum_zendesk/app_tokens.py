"""The token that Zendesk signs when somebody opens an app with `signedUrls`, and the key that it is verified with.

https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app/
"""

import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from attrs import frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from raum.api import AppUser, InvalidSignature, Secret, TicketNotFound
from raum_zendesk.client import Client

_ALGORITHM: Final = "RS256"
_LEEWAY: Final = timedelta(seconds=30)
"""How far Zendesk's clock may be off."""
_REQUIRED: Final = ("exp", "iat", "iss", "aud", "sub")
_MOST_CHARACTERS: Final = 8192
_LEAST_KEY_BITS: Final = 2048
_FRESH_SECONDS: Final = 3600.0
_OLD_SECONDS: Final = 60.0

_AUDIENCE: Final = re.compile(r"https?://[^/]+/api/v2/apps/installations/([0-9]{1,20})\.json")
_SUBJECT: Final = re.compile(r"(?:https?://[^/]+/api/v2/users/)?([1-9][0-9]{0,18})(?:\.json)?")


def installation_of(token: Secret) -> str | None:
    """The installation that a token says it is for; nothing is verified."""
    text = token.reveal()
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        audience = jwt.decode(text, options={"verify_signature": False}).get("aud")
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    found = _AUDIENCE.fullmatch(audience) if isinstance(audience, str) else None
    return found[1] if found else None


@frozen
class App:
    """The app of one account: where its Zendesk is, the app's number, and the number of the installation."""

    url: str
    id: str
    installation: str

    def user(self, token: Secret, key: RSAPublicKey) -> AppUser:
        """Who opened the app. Raises InvalidSignature; a signature that is not the key's, as its subclass."""
        text, host = token.reveal(), urlsplit(self.url).netloc
        options: Any = {"require": list(_REQUIRED), "strict_aud": True}
        try:
            claims = jwt.decode(
                text, key, [_ALGORITHM], options, leeway=_LEEWAY, issuer=[host, f"https://{host}"],
                audience=f"{self.url}/api/v2/apps/installations/{self.installation}.json",
            )  # fmt: skip
            expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC) + _LEEWAY
        except jwt.InvalidSignatureError:
            raise _NotTheKeyError from None
        except (jwt.InvalidTokenError, ValueError, OverflowError, OSError, RecursionError):
            raise _invalid() from None
        subject = _SUBJECT.fullmatch(claims["sub"])
        if subject is None:
            raise _invalid()
        # Zendesk does not always give a token an id of its own. What it has signed is the same for every copy.
        once = claims.get("jti") or text.rpartition(".")[0]
        digest = hashlib.sha256(f"{self.url}\0{self.installation}\0{once}".encode()).digest()
        return AppUser(int(subject[1]), digest, expires_at)


class AppKeys:
    """The public keys of apps, each kept for an hour, and fetched anew once a signature does not fit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[App, tuple[RSAPublicKey, float]] = {}

    async def user(self, app: App, client: Client, token: Secret) -> AppUser:
        """Who opened the app. Raises InvalidSignature; HelpdeskFailed if the key cannot be had."""
        key, fetched_at = self._known.get(app, (None, 0.0))
        age = self._clock() - fetched_at
        if key is not None and age < _FRESH_SECONDS:
            try:
                return app.user(token, key)
            except _NotTheKeyError:
                if age < _OLD_SECONDS:
                    raise
        key = await _fetched(app, client)
        self._known[app] = (key, self._clock())
        return app.user(token, key)


class _NotTheKeyError(InvalidSignature):
    """The token was signed with another key than the one at hand."""

    def __init__(self) -> None:
        super().__init__("the app's token is not valid")


def _invalid() -> InvalidSignature:
    return InvalidSignature("the app's token is not valid")


async def _fetched(app: App, client: Client) -> RSAPublicKey:
    try:
        pem = await client.raw(f"apps/{app.id}/public_key.pem", "reading the key of the app")
        key = load_pem_public_key(pem)
    except (TicketNotFound, ValueError, UnsupportedAlgorithm):
        raise _invalid() from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_KEY_BITS:
        raise _invalid()
    return key
