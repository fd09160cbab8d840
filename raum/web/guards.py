"""The guard before every route: nobody gets in whom the route's row does not name."""

from collections.abc import Iterable
from typing import Final

from attrs import frozen
from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from raum.identity import actors
from raum.identity.actors import Role
from raum.identity.doorman import Caller
from raum.web.problems import Problem


@frozen
class Access:
    """Who may use a route: users in these roles, and service tokens with this scope. Nobody else, and nobody else's.

    `open`: whoever comes, without a token, because the route itself knows whom it answers.
    """

    roles: frozenset[Role] = frozenset()
    scope: actors.Scope | None = None
    open: bool = False

    def admits(self, caller: Caller) -> bool:
        """Whether the caller may use the route."""
        if caller.role is None:
            return self.scope in caller.scopes
        return caller.role in self.roles


OPEN: Final = Access(open=True)
"""The row of a route that asks for no token."""


class Guarded(BaseRoute):
    """A route behind its guard. `rows` are its rows by method, `""` for every method."""

    def __init__(self, route: BaseRoute, rows: dict[str, Access]) -> None:
        self.route = route
        self.rows = rows
        self.path = str(getattr(route, "path", ""))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """What the route itself says."""
        return self.route.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or end it: Problem 401 without a valid token, 403 with one that does not open this."""
        if self.route.matches(scope)[0] is Match.FULL:
            await self._admit(Request(scope), scope.get("method", ""))
        await self.route.handle(scope, receive, send)

    async def _admit(self, request: Request, method: str) -> None:
        access = self.rows.get("GET" if method == "HEAD" else method) or self.rows.get("", Access())
        if access.open:
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = await request.state.host.doorman.identify(token) if scheme.lower() == "bearer" else None
        if known is None:
            raise Problem(401, "unauthorized", "Send a valid token as 'Authorization: Bearer ...'.")
        if not access.admits(known):
            raise Problem(403, "forbidden", "Your role, or the scope of your token, does not include this.")
        request.state.caller = known


def guarded(
    route: BaseRoute,
    roles: Iterable[Role] = (),
    *,
    scope: actors.Scope | None = None,
    open: bool = False,  # noqa: A002
) -> Guarded:
    """A plugin's route with its row: the roles that may use it, and the scope that a service token needs.

    With `open=True` it asks for no token.
    """
    return Guarded(route, {"": Access(frozenset(roles), scope, open)})
