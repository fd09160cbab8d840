"""OAuth: how an account's tokens are got, kept and renewed.

Authorization code with PKCE (RFC 7636), refresh tokens; https://support.zendesk.com/hc/en-us/articles/4408845965210.
A refresh makes both of the old tokens invalid.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from attrs import frozen

from raum.api import HelpdeskFailed, OperatorError, Secret
from raum_zendesk.bodies import capped
from raum_zendesk.budget import retry_after_seconds
from raum_zendesk.documents import Document, Malformed, mapping, parse, text

SCOPE: Final = "read write"
"""What raum asks for: it reads tickets and users, and writes comments and its webhook."""

_SOON: Final = timedelta(seconds=60)
_KEY: Final = "zendesk_oauth"
_UNSTATED_LIFE_SECONDS: Final = 300
_LONGEST_LIFE_SECONDS: Final = 10 * 365 * 86_400
_MAX_ANSWER_BYTES: Final = 65_536
_LONGEST_SECONDS: Final = 60.0
"""For an answer: shorter than the lock in which a grant is renewed."""

_REFUSED: Final = (400, 401)
"""How the token endpoint refuses for good (RFC 6749, section 5.2); other answers may come from something before it."""


@frozen
class OAuthClient:
    """raum as Zendesk knows it: the client's unique identifier, and its secret unless it is a public client."""

    id: str
    secret: Secret | None = None


@frozen
class Grant:
    """An account's tokens. Without tokens the grant was revoked, and the account must be connected again."""

    client: OAuthClient
    access_token: Secret | None = None
    refresh_token: Secret | None = None
    expires_at: datetime | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether the account must be connected again."""
        return self.access_token is None

    def expires_soon(self, now: datetime) -> bool:
        """Whether the access token is too old to begin something with."""
        return self.expires_at is not None and self.expires_at - now < _SOON

    def revoked(self) -> Self:
        """What is left of it once Zendesk takes its tokens no more."""
        return type(self)(self.client)

    def written(self) -> Secret:
        """The grant as the credential that is stored."""
        document = {
            "client_id": self.client.id,
            "client_secret": _revealed(self.client.secret),
            "access_token": _revealed(self.access_token),
            "refresh_token": _revealed(self.refresh_token),
            "expires_at": int(self.expires_at.timestamp()) if self.expires_at else None,
        }
        return Secret(json.dumps({_KEY: document}))


def is_grant(credential: Secret) -> bool:
    """Whether a stored credential is a grant, and not a token that somebody typed."""
    return credential.reveal().startswith("{")


def read(credential: Secret) -> Grant:
    """The grant in a stored credential. Raises HelpdeskFailed if it is none."""
    try:
        document = mapping(parse(credential.reveal().encode("utf-8", "replace")).get(_KEY), "the grant")
        expires_at = document.get("expires_at")
        return Grant(
            OAuthClient(text(document.get("client_id"), "'client_id'"), _secret(document, "client_secret")),
            _secret(document, "access_token"),
            _secret(document, "refresh_token"),
            datetime.fromtimestamp(expires_at, UTC) if isinstance(expires_at, int) else None,
        )
    except (Malformed, ValueError, OverflowError):
        raise reconnect() from None


def reconnect() -> HelpdeskFailed:
    """The state of an account whose tokens Zendesk takes no more."""
    return HelpdeskFailed(
        "Zendesk has revoked raum's access: reconnect needed; run `raum zendesk connect ACCOUNT`",
        code="helpdesk_reconnect",
    )


@frozen
class Request:
    """The way to a grant: the address that a person opens, and what is needed to redeem the code that comes back."""

    client: OAuthClient
    redirect_uri: str
    state: str
    verifier: str

    @classmethod
    def new(cls, client: OAuthClient, redirect_uri: str) -> Self:
        """A request that nobody can guess."""
        return cls(client, redirect_uri, secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    def address(self, url: str) -> str:
        """Where the person who may connect the account goes."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPE,
            "state": self.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{url}/oauth/authorizations/new?{urlencode(query)}"

    def code_in(self, redirected: str) -> str:
        """The code in the address that the person was sent back to. Raises OperatorError."""
        query = parse_qs(urlsplit(redirected.strip()).query)
        if "error" in query:
            raise OperatorError("Zendesk says that access was refused; open the address again and allow it")
        state, code = (query.get(name, [""])[0] for name in ("state", "code"))
        if not secrets.compare_digest(state.encode(), self.state.encode()) or not code:
            raise OperatorError(
                "this is not the address that Zendesk sent you to after you allowed access: it must have the code "
                "and the state of this attempt; start again with `raum zendesk connect`"
            )
        return code


@frozen
class TokenEndpoint:
    """`POST /oauth/tokens` of one account."""

    http: httpx2.AsyncClient
    url: str
    timeout_seconds: float

    async def redeem(self, request: Request, code: str, now: datetime) -> Grant:
        """The grant for a code, which is good for two minutes. Raises HelpdeskFailed."""
        document = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.verifier,
            "scope": SCOPE,
        }
        answer = await self._ask(request.client, document, "redeeming the code")
        if answer is None:
            raise HelpdeskFailed(
                "Zendesk does not take the code: it is good for two minutes, and for this client, secret and redirect "
                "address alone; start again",
                code="helpdesk_unauthorized",
            )
        return _granted(request.client, answer, now)

    async def refresh(self, grant: Grant, now: datetime) -> Grant | None:
        """The next grant, None if Zendesk takes the refresh token no more. Raises HelpdeskFailed."""
        if grant.refresh_token is None:
            return None
        document = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token.reveal()}
        answer = await self._ask(grant.client, document, "renewing the token")
        return None if answer is None else _granted(grant.client, answer, now)

    async def _ask(self, client: OAuthClient, document: dict[str, str], what: LiteralString) -> Document | None:
        """The answer; None for a refusal that trying again cannot change."""
        document = {**document, "client_id": client.id}
        if client.secret is not None:
            document["client_secret"] = client.secret.reveal()
        try:
            async with (
                asyncio.timeout(min(self.timeout_seconds, _LONGEST_SECONDS)),
                self.http.stream("POST", f"{self.url}/oauth/tokens", json=document) as response,
            ):
                if response.status_code in _REFUSED:
                    return None
                body = await capped(response, _MAX_ANSWER_BYTES) if response.is_success else None
            if body is None:
                raise _unavailable(what, retry_after_seconds(response.headers))
            return parse(body)
        except (httpx2.HTTPError, TimeoutError, Malformed):
            raise _unavailable(what, None) from None


def _granted(client: OAuthClient, answer: Document, now: datetime) -> Grant:
    access_token, refresh_token = _secret(answer, "access_token"), _secret(answer, "refresh_token")
    if access_token is None:
        raise _unavailable("reading the tokens", None)
    seconds = answer.get("expires_in")
    if refresh_token is None and seconds is None:  # a token of an old client, which does not end
        return Grant(client, access_token)
    if not isinstance(seconds, int) or not 0 < seconds < _LONGEST_LIFE_SECONDS:
        seconds = _UNSTATED_LIFE_SECONDS
    return Grant(client, access_token, refresh_token, now + timedelta(seconds=seconds))


def _unavailable(what: LiteralString, seconds: float | None) -> HelpdeskFailed:
    return HelpdeskFailed(
        f"Zendesk's token service is not available while {what}; try again later",
        code="helpdesk_unavailable",
        retryable=True,
        retry_after_seconds=seconds,
    )


def _secret(document: Mapping[str, Any], name: LiteralString) -> Secret | None:
    value = text(document.get(name), "a token")
    return Secret(value) if value else None


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None
