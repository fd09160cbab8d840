"""The tokens of sessions: JWTs (RFC 7519, RFC 9068) of one form, from which nothing may differ.

A token says who its bearer is; whether it is still good is the store's to say. Impersonation is told as RFC 8693 does:
`sub` is the user acted for, `act.sub` who acts.
"""

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from attrs import frozen

from raum.audit.actions import HOST
from raum.identity.users import Standing
from raum.ids import new_id

LONGEST: Final = timedelta(minutes=15)
"""How long a token is good at most."""

_ALGORITHM: Final = "HS256"
_TYPE: Final = "at+jwt"
_ISSUER: Final = "urn:raum:host"
_AUDIENCE: Final = "urn:raum:api"
_CLAIMS: Final = ("iss", "aud", "sub", "tenant", "role", "iat", "exp", "jti", "sid")
_WORDS: Final = ("sub", "tenant", "role", "jti", "sid")
_MOST_CHARACTERS: Final = 4096
_SKEW_SECONDS: Final = 30
"""How far the clock of the host that signed a token may be ahead of this one's."""

_KEY_ID: Final = re.compile(r"[0-9A-Z]{26}")  # a ULID; what is none of ours is not looked for in the store
_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@frozen
class Claims:
    """What a token says that was signed by this host. `impersonator_id` is None if nobody acts in another's place."""

    session_id: str
    user_id: str
    tenant: str
    role: str
    impersonator_id: str | None

    def are_of(self, standing: Standing) -> bool:
        """Whether they are about this session, as it is now."""
        return self == claims_of(standing)


def claims_of(standing: Standing) -> Claims:
    """What a token of this session says."""
    user, impersonator = standing.user, standing.impersonator
    tenant = user.account_id or HOST
    return Claims(standing.session.id, user.id, tenant, user.role, impersonator.id if impersonator else None)


def issue(claims: Claims, key_id: str, key: bytes, issued_at: datetime, expires_at: datetime) -> str:
    """A token with these claims, for a quarter of an hour at most."""
    payload: dict[str, Any] = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": claims.user_id,
        "tenant": claims.tenant,
        "role": claims.role,
        "iat": int(issued_at.timestamp()),
        "exp": int(min(expires_at, issued_at + LONGEST).timestamp()),
        "jti": new_id(),
        "sid": claims.session_id,
    }
    if claims.impersonator_id is not None:
        payload["act"] = {"sub": claims.impersonator_id}
    return jwt.encode(payload, key, _ALGORITHM, {"kid": key_id, "typ": _TYPE})


async def read(token: str, find_key: Callable[[str], Awaitable[bytes | None]]) -> Claims | None:
    """The claims of a token that was signed with a key of this host; None for anything else.

    The header must be the very one that `issue` writes: other algorithms, key addresses (`jku`, `x5u`), keys that come
    along (`jwk`, `x5c`) and extensions (`crit`) are not looked at but refused (ASVS 5.0, V9.1.1 to V9.1.3).
    """
    if len(token) > _MOST_CHARACTERS or not _FORM.fullmatch(token):
        return None
    try:
        header = jwt.get_unverified_header(token)
        if set(header) != {"alg", "kid", "typ"} or (header["alg"], header["typ"]) != (_ALGORITHM, _TYPE):
            return None
        key = await find_key(header["kid"]) if _KEY_ID.fullmatch(header["kid"]) else None
        if key is None:
            return None
        options: Any = {"require": list(_CLAIMS), "strict_aud": True, "verify_iat": False}
        payload = jwt.decode(token, key, [_ALGORITHM], options, audience=_AUDIENCE, issuer=_ISSUER)
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    return _checked(payload)


def _checked(payload: Mapping[str, Any]) -> Claims | None:
    """The claims, if all of them are of the right type and the token is good for no longer than it may be."""
    act = payload.get("act")
    impersonator_id = act.get("sub") if isinstance(act, dict) and set(act) == {"sub"} else None
    issued_at, expires_at = payload["iat"], payload["exp"]
    if not all(isinstance(payload[name], str) for name in _WORDS) or type(issued_at) is not int:
        return None
    if issued_at > time.time() + _SKEW_SECONDS:
        return None
    if type(expires_at) is not int or expires_at - issued_at > LONGEST.total_seconds():
        return None
    if "act" in payload and not isinstance(impersonator_id, str):
        return None
    return Claims(payload["sid"], payload["sub"], payload["tenant"], payload["role"], impersonator_id)
