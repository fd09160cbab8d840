"""Tells who a token belongs to."""

from attrs import frozen

from raum.api import Store
from raum.identity.actors import Actor, Scope
from raum.identity.callers import Caller
from raum.secret import Secret
from raum.tokens import digest


@frozen
class Doorman:
    """Knows the bearers of tokens."""

    store: Store

    async def identify(self, token: str) -> Caller | None:
        """Whom a token belongs to; None for one that is not valid, or not any more."""
        known = await self.store.account_of_token(digest(Secret(token)))
        if known is None:
            return None
        account, label = known
        return Caller(account, Actor("token", label), scopes=frozenset(Scope))
