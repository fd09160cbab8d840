"""Tells who a token belongs to."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from attrs import frozen

from raum.identity import jwts
from raum.identity.actors import Actor, ImpersonatedActor, Role, Scope
from raum.identity.tokens import digest, is_service_token
from raum.identity.users import Standing
from raum.ids import utc_now
from raum.model import Account
from raum.secrets.secret import Secret
from raum.storage.identities import Identities


@frozen
class Caller:
    """Who sends a request; all of it comes from the token that the request brought, and from what is known about it.

    `home` is None for an operator of the host. A user has a `role` and a `session_id`; a service token has neither, but
    `scopes`.
    """

    home: Account | None
    actor: Actor
    role: Role | None = None
    session_id: str | None = None
    scopes: frozenset[Scope] = frozenset()

    @property
    def account(self) -> Account:
        """The account that everything the request does is about. A route that operators may use must not ask for it."""
        if self.home is None:
            raise RuntimeError("an operator of the host has no account")
        return self.home


@frozen
class Doorman:
    """Knows the bearers of tokens. The store is asked each time, so that what is revoked is refused at once."""

    store: Identities
    find_key: Callable[[str, datetime], Awaitable[bytes | None]]

    async def identify(self, token: str) -> Caller | None:
        """Whom a token belongs to; None for one that is not valid, or not any more."""
        return await (self._automation(token) if is_service_token(token) else self._user(token))

    async def _automation(self, token: str) -> Caller | None:
        known = await self.store.token(digest(Secret(token)))
        if known is None:
            return None
        account, found = known
        now = utc_now()
        if not account.is_active(now) or found.expires_at <= now:
            return None
        return Caller(account, Actor("token", found.label), scopes=found.scopes)

    async def _user(self, token: str) -> Caller | None:
        now = utc_now()
        claims = await jwts.read(token, lambda key_id: self.find_key(key_id, now))
        standing = await self.store.standing(claims.session_id) if claims else None
        if claims is None or standing is None or not claims.are_of(standing) or not standing.is_good(now):
            return None
        return Caller(standing.account, actor_of(standing), standing.user.role, standing.session.id)


def actor_of(standing: Standing) -> Actor:
    """Who does what is done in a session."""
    actor = standing.user.actor
    if standing.impersonator is None:
        return actor
    return ImpersonatedActor(actor.kind, actor.id, standing.impersonator.actor)
