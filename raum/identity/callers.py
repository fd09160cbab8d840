"""Who sends a request."""

from attrs import frozen

from raum.identity.actors import Actor, Role, Scope
from raum.model import Account


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
