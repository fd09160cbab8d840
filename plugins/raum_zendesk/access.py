"""What a call is authorized with: an OAuth grant that is renewed, or a token that somebody stored."""

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog
from attrs import frozen

from raum.api import HelpdeskFailed, Login, Secret
from raum_zendesk import oauth
from raum_zendesk.oauth import Grant, TokenEndpoint

_log = structlog.get_logger("raum.zendesk")

LEGACY_END: Final = "2027-04-30"
"""The day on which Zendesk's API tokens stop (https://support.zendesk.com, "Migrating from API tokens to OAuth")."""

_warned: set[str] = set()
_renewals: set[asyncio.Task[Secret]] = set()


def _now() -> datetime:
    return datetime.now(UTC)


class Access(Protocol):
    """What a client authorizes its calls with."""

    async def header(self) -> str:
        """The header of the next call. Raises HelpdeskFailed."""

    async def renew(self) -> bool:
        """Get another token in place of one that Zendesk takes no more; False if this one cannot be renewed."""


@frozen
class FixedToken:
    """A token that is not stored yet, so that it cannot be renewed."""

    token: Secret | None

    async def header(self) -> str:
        """The header. Raises HelpdeskFailed."""
        return authorization(self.token or Secret(""))

    async def renew(self) -> bool:
        """It stays as it is."""
        return False


class RenewedToken:
    """The authorization of one account, for as long as one ticket is read or written.

    The credential is read once. A grant that ends soon, or that Zendesk takes no more, is renewed: under the login's
    lock, because two renewals at once would lock the account out, and stored before it is used.
    """

    def __init__(
        self, account_id: str, login: Login, tokens: TokenEndpoint, clock: Callable[[], datetime] = _now
    ) -> None:
        self._account_id = account_id
        self._login = login
        self._tokens = tokens
        self._clock = clock
        self._token: Secret | None = None
        self._renewable = False

    async def header(self) -> str:
        """The header of the next call. Raises HelpdeskFailed, or OperatorError if nothing is stored."""
        if self._token is None:
            credential = await self._login.secret()
            self._renewable = oauth.is_grant(credential)
            if self._renewable:
                grant = oauth.read(credential)
                self._token = _usable(grant)
                if grant.expires_soon(self._clock()):
                    self._token = await self._renewed(self._token)
            else:
                self._token = credential
                _warn_of_the_end(self._account_id, credential)
        return authorization(self._token)

    async def renew(self) -> bool:
        """Get another token in place of one that Zendesk takes no more; False if this one cannot be renewed."""
        if self._token is None or not self._renewable:
            return False
        self._token = await self._renewed(self._token)
        return True

    async def _renewed(self, stale: Secret) -> Secret:
        # Not to be cancelled between the refresh, after which the old pair is dead, and the storing of the new one.
        renewal = asyncio.create_task(self._renew(stale))
        _renewals.add(renewal)
        renewal.add_done_callback(_renewals.discard)
        return await asyncio.shield(renewal)

    async def _renew(self, stale: Secret) -> Secret:
        async with self._login.exclusively():
            grant = oauth.read(await self._login.secret())
            current = _usable(grant)
            if current != stale and not grant.expires_soon(self._clock()):
                return current  # somebody else was here first
            renewed = await self._tokens.refresh(grant, self._clock())
            if renewed is None:
                stored = oauth.read(await self._login.secret())
                if stored != grant:  # this process was held up for so long that its lock had ended
                    return _usable(stored)
                await self._login.replace(grant.revoked().written(), "helpdesk_reconnect_needed")
                _log.error("Zendesk has revoked raum's access; run `raum zendesk connect`", account=self._account_id)
                raise oauth.reconnect()
            await self._login.replace(renewed.written(), "helpdesk_token_refresh")
            return _usable(renewed)


def _warn_of_the_end(account_id: str, token: Secret) -> None:
    """Once for each account, as long as the process runs."""
    if is_legacy(token) and account_id not in _warned:
        _warned.add(account_id)
        _log.warning(
            "the account uses a Zendesk API token; connect it with `raum zendesk connect`",
            account=account_id,
            ends=LEGACY_END,
        )


def is_legacy(token: Secret) -> bool:
    """Whether a stored token is an API token, written `email/token:token`, which ends with Zendesk's API tokens."""
    return "/token:" in token.reveal()


def authorization(token: Secret) -> str:
    """The header for a token: an OAuth access token, or a legacy API token as `email/token:token`.

    Raises HelpdeskFailed for what can be neither.
    """
    value = token.reveal()
    if not value or not all("!" <= character <= "~" for character in value):
        raise HelpdeskFailed(
            "the account's Zendesk token is empty or holds characters that no token has; store it again",
            code="helpdesk_unauthorized",
        )
    if is_legacy(token):
        return f"Basic {base64.b64encode(value.encode('ascii')).decode('ascii')}"
    return f"Bearer {value}"


def _usable(grant: Grant) -> Secret:
    if grant.access_token is None:
        raise oauth.reconnect()
    return grant.access_token
