"""Every route that changes something or runs an operation makes exactly one entry; what makes none is listed, too.

A new route without a row here is a failing test.
"""

import asyncio
import json
from datetime import timedelta

import pytest

from raum.app import ROUTES
from raum.assembly import assemble
from raum.audit.actions import action_entry
from raum.identity import jwts
from raum.identity.actors import Role
from raum.identity.passwords import Passwords
from raum.identity.users import Session, User
from raum.ids import new_id, utc_now
from raum.model import Actor
from raum.secrets.secret import Secret
from raum.terminal.options import default_config
from raum.testing import FakeHelpdesk

ADA, ROOT = "01ARZ3NDEKTSV4RRFFQ69G5ADA", "01ARZ3NDEKTSV4RRFFQ69GR00T"
PASSWORD = "correct horse battery"
INSTALLATION = "28666254387092"
SECRET = {"secret": "another-long-secret"}


async def deliver(site):
    response = await site.deliver(b'{"event": "e", "ticket": 1}')
    assert response.status_code == 202, response.text
    return response


def ask(path, **document):
    async def run(site):
        return await site.ask(json.dumps(document).encode(), path)

    return run


def get(path):
    async def run(site):
        return await site.client.get(path, headers={"authorization": f"Bearer {site.token}"})

    return run


def request(method, path, status=200, document=None, **headers):
    """A request of somebody who has signed in, or who is about to if `path` says so."""

    async def run(site):
        token = await signed_in(site)
        body = {} if document is None else {"json": document}
        headers_ = {
            "authorization": f"Bearer {token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        response = await site.client.request(method, path, headers=headers_, **body)
        assert response.status_code == status, response.text
        return response

    return run


async def signed_in(site, role=Role.OWNER):
    """A token of a session; what had to be there for it was there before."""
    store, now = site.host.store, utc_now()
    user = User(
        ADA if role is Role.OWNER else ROOT, role, "acme" if role is Role.OWNER else None, now, f"{role}@example.com"
    )
    await store.add_user(user, await Passwords().hash(Secret(PASSWORD)), _entry())
    await site.host.store.change_account("acme", {"app": "1", "installation": INSTALLATION}, _entry())
    session = Session(new_id(), user.id, now, now + timedelta(hours=1))
    await store.add_session(session, _entry())
    key_id, key = await site.host.sessions.keys.signing()
    standing = await store.standing(session.id)
    return jwts.issue(jwts.claims_of(standing), key_id, key, now, now + jwts.LONGEST)


async def impersonate(site):
    await signed_in(site)
    token = await signed_in(site, Role.OPERATOR)
    body = {"user": ADA, "reason": "to look"}
    return await site.client.post("/v1/impersonations", headers={"authorization": f"Bearer {token}"}, json=body)


async def credential(site):
    await site.host.credentials.set("acme", "helpdesk-token", Secret("a-long-enough-secret"), _entry())


def about_a_credential(method, suffix="", document=None):
    async def run(site):
        await credential(site)
        return await request(
            method, f"/v1/credentials/helpdesk-token{suffix}", 204 if method == "DELETE" else 200, document
        )(site)

    return run


async def try_a_key(site):
    site.host.pipeline.asker.providers["echo"].needs_key = True
    await site.host.credentials.set("acme", "echo", Secret("key"), _entry())
    return await site.ask(b"{}", "/v1/credentials/echo/test")


def _entry():
    return action_entry("set_up", "acme", Actor("system", "raum"))


ROWS = {
    "POST /webhooks/zendesk/{webhook_key}": (deliver, "generate"),
    "POST /v1/generate": (ask("/v1/generate", ticket_id=1), "generate"),
    "POST /v1/translate": (ask("/v1/translate", ticket_id=1, target_language="de"), "translate"),
    "POST /v1/rewrite": (ask("/v1/rewrite", ticket_id=1, text="Hi"), "rewrite"),
    "POST /v1/summarize": (ask("/v1/summarize", ticket_id=1), "summarize"),
    "GET /v1/settings": (request("GET", "/v1/settings"), None),
    "PATCH /v1/settings": (
        request("PATCH", "/v1/settings", document={"reply_as": "public"}, if_match='"0"'),
        "admin_settings_change",
    ),
    "GET /v1/credentials": (request("GET", "/v1/credentials"), None),
    "GET /v1/credentials/{name}": (about_a_credential("GET"), None),
    "PUT /v1/credentials/{name}": (about_a_credential("PUT", document=SECRET), "credential_set"),
    "DELETE /v1/credentials/{name}": (about_a_credential("DELETE"), "credential_delete"),
    "POST /v1/credentials/{name}/rotate": (about_a_credential("POST", "/rotate", SECRET), "api_key_rotation"),
    "POST /v1/credentials/{name}/test": (try_a_key, "credential_test"),
    "GET /v1/audit": (get("/v1/audit"), "audit_read"),
    "GET /v1/audit/export": (get("/v1/audit/export"), "audit_export"),
    "POST /v1/deletions": (ask("/v1/deletions", ticket_id=1), "deletion_request"),
    "GET /v1/deletions": (get("/v1/deletions"), None),
    "POST /v1/sessions": (
        request("POST", "/v1/sessions", 201, {"email": "owner@example.com", "password": PASSWORD}),
        "session_start",
    ),
    "POST /v1/sessions/zendesk": (
        request("POST", "/v1/sessions/zendesk", 201, {"token": FakeHelpdesk.app_token(INSTALLATION, 77, "1").reveal()}),
        "session_start",
    ),
    "POST /v1/sessions/current": (request("POST", "/v1/sessions/current", 201), "session_renew"),
    "DELETE /v1/sessions/current": (request("DELETE", "/v1/sessions/current", 204), "session_end"),
    "POST /v1/impersonations": (impersonate, "impersonation_start"),
    # a dry run asks no AI and keeps nothing; the others are figures of the host
    "POST /v1/redactions": (ask("/v1/redactions", ticket_id=1), None),
    "GET /openapi.json": (get("/openapi.json"), None),
    "GET /health/live": (get("/health/live"), None),
    "GET /health/ready": (get("/health/ready"), None),
    "GET /metrics": (get("/metrics"), None),
}
"""Each route with a request that succeeds, and the operation of the entry that it makes."""


def test_every_route_has_a_row():
    routes = [*ROUTES, *(route for routes in assemble(default_config()).hook.raum_routes() for route in routes)]
    found = {f"{method} {route.path}" for route in routes for method in route.methods - {"HEAD"}}
    assert found == set(ROWS)


async def entries_of(site):
    return [entry for entry in await site.host.store.entries("acme", limit=1000) if entry.operation != "set_up"]


async def settled(site, before, expected):
    """The entries since then; a job makes its entry a little later."""
    while len(found := await entries_of(site)) < len(before) + expected:  # noqa: ASYNC110 -- the worker writes it
        await asyncio.sleep(0.01)
    for _ in range(20):  # and no other one
        await asyncio.sleep(0)
    return [entry for entry in found if entry.id not in {known.id for known in before}]


@pytest.mark.parametrize("route", ROWS)
async def test_a_route_makes_the_entry_that_it_must(site, route):
    run, operation = ROWS[route]
    before = await entries_of(site)
    response = await run(site)
    assert response.status_code in (200, 201, 202, 204, 404), response.text
    async with asyncio.timeout(10):
        new = await settled(site, before, 0 if operation is None else 1)
    assert [entry.operation for entry in new] == ([] if operation is None else [operation])
    for entry in new:
        assert entry.request_id
        assert entry.actor.partition(":")[0] in ("token", "user", "operator", "system")
        assert entry.client_ip == entry.peer_ip == "127.0.0.1"
