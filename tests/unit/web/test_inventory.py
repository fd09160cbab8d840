"""Every route that changes something or runs an operation makes exactly one entry; what makes none is listed, too.

A new route without a row here is a failing test.
"""

import asyncio
import json

import pytest

from raum.app import ROUTES
from raum.assembly import assemble
from raum.audit.actions import action_entry
from raum.commands.options import default_config
from raum.model import Actor
from raum.secret import Secret


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
    "POST /v1/credentials/{name}/test": (try_a_key, "credential_test"),
    "GET /v1/audit": (get("/v1/audit"), "audit_read"),
    "GET /v1/audit/export": (get("/v1/audit/export"), "audit_export"),
    "POST /v1/deletions": (ask("/v1/deletions", ticket_id=1), "deletion_request"),
    "GET /v1/deletions": (get("/v1/deletions"), None),
    # a dry run asks no AI and keeps nothing; the others are figures of the host
    "POST /v1/redactions": (ask("/v1/redactions", ticket_id=1), None),
    "GET /health/live": (get("/health/live"), None),
    "GET /health/ready": (get("/health/ready"), None),
    "GET /metrics": (get("/metrics"), None),
}
"""Each route with a request that succeeds, and the operation of the entry that it makes."""


OF_SESSIONS = {
    "POST /v1/sessions",
    "POST /v1/sessions/zendesk",
    "POST /v1/sessions/current",
    "DELETE /v1/sessions/current",
    "POST /v1/impersonations",
}
"""Routes that no service token opens; tests/unit/web/identity looks at the entries of each."""


def test_every_route_has_a_row():
    routes = [*ROUTES, *(route for routes in assemble(default_config()).hook.raum_routes() for route in routes)]
    found = {f"{method} {route.path}" for route in routes for method in route.methods - {"HEAD"}}
    assert found == {*ROWS, *OF_SESSIONS}


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
    assert response.status_code in (200, 202, 404), response.text
    async with asyncio.timeout(10):
        new = await settled(site, before, 0 if operation is None else 1)
    assert [entry.operation for entry in new] == ([] if operation is None else [operation])
    for entry in new:
        assert (entry.actor, entry.request_id != "") in (("token:sidebar", True), ("system:webhook", True))
        assert entry.client_ip == entry.peer_ip == "127.0.0.1"
