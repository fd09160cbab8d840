"""Every route, with every kind of caller, for what is their own and for what is somebody else's (ASVS 5.0, V8.2, V8.3).

What is expected is written down here a second time, apart from the table that the host works with: a route that is
missing here, or that lets in somebody else than it says here, fails.
"""

import re
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from raum.api import OperatorError
from raum.app import ROUTES
from raum.identity.actors import Role, Scope
from raum.model import Operation
from raum.web.access import ACCESS, guarded_by_plugin, guarded_by_table

DOCUMENT = Path(__file__).parents[4] / "docs" / "identity.md"
STAFF = {Role.OWNER, Role.ADMIN, Role.AGENT}
MANAGERS = {Role.OWNER, Role.ADMIN}
AUDITORS = {*MANAGERS, Role.AUDITOR}
ALL = set(Role)
OPEN = None

EXPECTED = {
    "POST /webhooks/zendesk/{webhook_key}": OPEN,
    **{f"POST /v1/{operation}": (STAFF, Scope.OPERATIONS) for operation in Operation},
    "POST /v1/redactions": (STAFF, Scope.OPERATIONS),
    "GET /v1/settings": (MANAGERS, Scope.SETTINGS_READ),
    "PATCH /v1/settings": (MANAGERS, Scope.SETTINGS_WRITE),
    "GET /v1/credentials": (MANAGERS, Scope.CREDENTIALS),
    "GET /v1/credentials/{name}": (MANAGERS, Scope.CREDENTIALS),
    "PUT /v1/credentials/{name}": (MANAGERS, Scope.CREDENTIALS),
    "DELETE /v1/credentials/{name}": (MANAGERS, Scope.CREDENTIALS),
    "POST /v1/credentials/{name}/rotate": (MANAGERS, Scope.CREDENTIALS),
    "POST /v1/credentials/{name}/test": (MANAGERS, Scope.CREDENTIALS),
    "GET /v1/audit": (AUDITORS, Scope.AUDIT),
    "GET /v1/audit/export": (AUDITORS, Scope.AUDIT),
    "POST /v1/deletions": (MANAGERS, Scope.DELETIONS),
    "GET /v1/deletions": (AUDITORS, Scope.DELETIONS),
    "GET /openapi.json": OPEN,
    "POST /v1/sessions": OPEN,
    "POST /v1/sessions/zendesk": OPEN,
    "POST /v1/sessions/current": (ALL, None),
    "DELETE /v1/sessions/current": (ALL, None),
    "POST /v1/impersonations": ({Role.OPERATOR, Role.OWNER}, None),
    "GET /health/live": OPEN,
    "GET /health/ready": OPEN,
    "GET /metrics": OPEN,
}
"""Who may use which route: users in these roles, and service tokens with this scope."""

ALL_ROUTES = sorted(f"{method} {route.path}" for route in ROUTES for method in (route.methods or set()) - {"HEAD"})


def path_of(route, name="nothing"):
    """The path of a route, with a name in the place of each parameter."""
    _, _, path = route.partition(" ")
    return "/".join(name if part.startswith("{") else part for part in path.split("/"))


def test_every_route_is_expected_and_nothing_else():
    assert set(EXPECTED) == set(ALL_ROUTES)


async def outcome(people, route, token):
    """Whether a request gets past the guard: what its route says to an empty body does not matter here."""
    response = await people.request(route.partition(" ")[0], path_of(route), token, {})
    is_problem = response.headers.get("content-type") == "application/problem+json"
    code = response.json()["code"] if is_problem else None
    if response.status_code == 401 and code == "unauthorized":
        return "unknown"
    return "refused" if (response.status_code, code) == (403, "forbidden") else "admitted"


@pytest.mark.parametrize("route", ALL_ROUTES)
async def test_a_route_admits_those_roles_and_scopes_that_it_is_for_and_nobody_else(people, route):
    expected = EXPECTED[route]
    answers = {"nobody": await outcome(people, route, None), "a stranger": await outcome(people, route, "raum_x")}
    for role in Role:
        answers[role] = await outcome(people, route, await people.token(role))
    for scope in Scope:
        answers[scope] = await outcome(people, route, await people.service_token(scope))
    everybody = await people.service_token(*Scope)
    answers["all scopes"] = await outcome(people, route, everybody)
    answers["no scope"] = await outcome(people, route, await people.service_token())
    if expected is OPEN:
        assert set(answers.values()) == {"admitted"}
        return
    roles, wanted = expected
    allowed = {*roles, *([wanted, "all scopes"] if wanted else [])}
    assert answers == {
        caller: "unknown" if caller in ("nobody", "a stranger") else "admitted" if caller in allowed else "refused"
        for caller in answers
    }


FOREIGN = {
    "GET /v1/credentials/{name}": {},
    "PUT /v1/credentials/{name}": {"secret": "x"},
    "DELETE /v1/credentials/{name}": {},
    "POST /v1/credentials/{name}/rotate": {"secret": "x"},
    "POST /v1/credentials/{name}/test": {},
    "POST /v1/impersonations": {"user": "ID", "reason": "to look"},
}
"""Every route that takes the id of something, and the body that goes with it; ID is a user of the other account."""


def test_every_route_that_takes_an_id_is_tried_with_a_foreign_one():
    taking = {route for route in ALL_ROUTES if "{" in route and EXPECTED[route] is not OPEN}
    assert taking <= set(FOREIGN)


@pytest.mark.parametrize("route", FOREIGN)
async def test_what_is_another_accounts_is_not_found(people, route):
    """A token of beta works for beta alone: what acme has is not found with it (V8.2.2)."""
    ada = await people.user(Role.AGENT)
    await people.store.put_credential("acme", "locked", b"x", people.entry())
    await people.store.change_settings("beta", 0, {"impersonation": True}, people.entry())
    body = {name: ada.id if value == "ID" else value for name, value in FOREIGN[route].items()}
    token = await people.token(Role.OWNER, "beta")
    response = await people.request(route.partition(" ")[0], path_of(route, "locked"), token, body)
    assert response.status_code == 404, response.text
    assert ada.id not in response.text


async def test_a_route_that_no_row_names_is_not_served():
    with pytest.raises(KeyError):
        guarded_by_table([Route("/v1/forgotten", lambda request: PlainTextResponse("hello"), methods=["GET"])])


async def test_a_plugins_route_without_a_row_stops_the_start():
    with pytest.raises(OperatorError, match="/v1/forgotten does not say who may use it"):
        guarded_by_plugin([Route("/v1/forgotten", lambda request: PlainTextResponse("hello"))])


def test_the_documented_table_is_the_one_that_the_host_works_with():
    columns = [*Role, "scope"]
    rows = re.findall(r"^\| `([A-Z]+ /\S+)` \|(.*)\|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {}
    for route, cells in rows:
        marks = dict(zip(columns, (cell.strip() for cell in cells.split("|")), strict=True))
        scope = marks.pop("scope").strip("`")
        documented[route] = ({role for role, mark in marks.items() if mark == "yes"}, Scope(scope) if scope else None)
    assert documented == {
        route: (set(access.roles), access.scope) for route, access in ACCESS.items() if not access.open
    }
