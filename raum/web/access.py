"""Who may do what over HTTP: one table, route by role. What is not in it is not allowed."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from raum.errors import OperatorError
from raum.identity.actors import Role, Scope
from raum.identity.doorman import Caller
from raum.model import Operation
from raum.web.guards import OPEN, Access, Guarded

_STAFF: Final = frozenset({Role.OWNER, Role.ADMIN, Role.AGENT})
_EVERYBODY: Final = frozenset(Role)
_MANAGERS: Final = frozenset({Role.OWNER, Role.ADMIN})
_AUDITORS: Final = frozenset({Role.OWNER, Role.ADMIN, Role.AUDITOR})

ACCESS: Final[Mapping[str, Access]] = {
    "POST /webhooks/zendesk/{webhook_key}": OPEN,  # it is the signature that is checked
    **{f"POST /v1/{each}": Access(_STAFF, Scope.OPERATIONS) for each in Operation},
    "POST /v1/redactions": Access(_STAFF, Scope.OPERATIONS),
    "GET /v1/audit": Access(_AUDITORS, Scope.AUDIT),
    "GET /v1/audit/export": Access(_AUDITORS, Scope.AUDIT),
    "GET /v1/settings": Access(_MANAGERS, Scope.SETTINGS_READ),
    "PATCH /v1/settings": Access(_MANAGERS, Scope.SETTINGS_WRITE),
    "GET /v1/credentials": Access(_MANAGERS, Scope.CREDENTIALS),
    "GET /v1/credentials/{name}": Access(_MANAGERS, Scope.CREDENTIALS),
    "PUT /v1/credentials/{name}": Access(_MANAGERS, Scope.CREDENTIALS),
    "DELETE /v1/credentials/{name}": Access(_MANAGERS, Scope.CREDENTIALS),
    "POST /v1/credentials/{name}/rotate": Access(_MANAGERS, Scope.CREDENTIALS),
    "POST /v1/credentials/{name}/test": Access(_MANAGERS, Scope.CREDENTIALS),
    "GET /openapi.json": OPEN,
    "POST /v1/sessions": OPEN,  # the password is checked
    "POST /v1/sessions/zendesk": OPEN,  # the helpdesk's signature is checked
    "POST /v1/sessions/current": Access(_EVERYBODY),
    "DELETE /v1/sessions/current": Access(_EVERYBODY),
    "POST /v1/impersonations": Access(frozenset({Role.OPERATOR, Role.OWNER})),
    "POST /v1/deletions": Access(_MANAGERS, Scope.DELETIONS),
    "GET /v1/deletions": Access(_AUDITORS, Scope.DELETIONS),
    "GET /health/live": OPEN,
    "GET /health/ready": OPEN,
    "GET /metrics": OPEN,
}
"""Every route of the core, by method and path, with the roles and the token's scope that it takes."""


def caller(request: Request) -> Caller:
    """Who sends the request. The guard has checked the token, and that the route's row names the caller."""
    known: Caller = request.state.caller
    return known


def guarded_by_table(routes: Iterable[Route]) -> list[Guarded]:
    """The core's routes behind their guards. Raises KeyError for one that the table does not name."""
    return [
        Guarded(route, {method: ACCESS[f"{method} {route.path}"] for method in _methods(route)}) for route in routes
    ]


def guarded_by_plugin(routes: Iterable[BaseRoute]) -> list[Guarded]:
    """The plugins' routes, each of which must bring its row along. Raises OperatorError for one that does not."""
    checked = []
    for route in routes:
        if not isinstance(route, Guarded):
            path = getattr(route, "path", type(route).__name__)
            raise OperatorError(
                f"a plugin's route {path} does not say who may use it; "
                "its author must yield it as raum.api.guarded(route, roles)"
            )
        checked.append(route)
    return checked


def _methods(route: Route) -> list[str]:
    return sorted((route.methods or set()) - {"HEAD"})
