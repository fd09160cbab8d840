"""Deletions over HTTP: who may ask for one, what it tells, and where overdue ones show."""

import json
from datetime import timedelta

import pytest
from attrs import evolve

from raum.api import HelpdeskFailed
from raum.audit.actions import action_entry
from raum.identity.actors import Role, Scope
from raum.identity.doorman import Caller
from raum.ids import utc_now
from raum.model import Actor
from raum.retention.records import Deletion, Hold, Subject

TESTER = Actor("user", "tester")


async def asked(site, document):
    return await site.ask(json.dumps(document), "/v1/deletions")


async def listed(site):
    headers = {"authorization": f"Bearer {site.token}"}
    answer = await site.client.get("/v1/deletions", headers=headers)
    assert answer.status_code == 200
    return answer.json()["deletions"]


async def metrics(site):
    lines = (await site.client.get("/metrics")).text.splitlines()
    return {name: value for name, _, value in (line.partition(" ") for line in lines if line.startswith("raum_del"))}


async def test_a_ticket_is_taken_on_until_a_day(site):
    answer = await asked(site, {"ticket_id": 7})
    assert answer.status_code == 202
    told = answer.json()["deletion"]
    assert (told["subject"], told["state"], told["tickets"], told["finished_at"]) == ("ticket", "open", 1, None)
    (deletion,) = await site.host.store.open_deletions()
    assert (deletion.id, deletion.ticket_ids) == (told["id"], (7,))
    assert deletion.due_at - deletion.requested_at == timedelta(days=30)
    entry = (await site.host.store.entries("acme"))[0]
    assert (entry.operation, entry.actor, entry.request_id) == (
        "deletion_request",
        "token:sidebar",
        answer.json()["request_id"],
    )


async def test_a_requester_is_not_told_nor_kept(site):
    site.host.helpdesk.asked_by[4711471147] = [7, 8]
    told = (await asked(site, {"requester_id": 4711471147})).json()["deletion"]
    assert (told["subject"], told["tickets"]) == ("requester", 2)
    assert "4711471147" not in json.dumps([told, await listed(site)]) + repr(vars(site.host.store))


@pytest.mark.parametrize(
    "document",
    [{}, {"ticket_id": 0}, {"ticket_id": True}, {"ticket_id": "7"}, {"ticket_id": 2**63}, {"requester_id": -1},
     {"account_id": "beta"}, {"ticket_id": 7, "requester_id": 8}, {"ticket_id": 7, "why": "because"}],
)  # fmt: skip
async def test_anything_else_is_refused(site, document):
    answer = await asked(site, document)
    assert answer.status_code == 400
    assert await site.host.store.deletions() == []


async def test_a_helpdesk_that_cannot_be_asked_refuses_it_for_now(site, monkeypatch):
    async def busy(*_arguments):
        raise HelpdeskFailed("the helpdesk is busy", retryable=True)

    monkeypatch.setattr(site.host.helpdesk, "tickets_of", busy)
    assert (await asked(site, {"requester_id": 5})).status_code == 503
    assert await site.host.store.deletions() == []


async def test_only_an_owner_has_the_account_deleted(site, monkeypatch):
    assert (await asked(site, {"account_id": "acme"})).status_code == 403
    assert await site.host.store.deletions() == []

    async def owner(_doorman, _token):
        return Caller(site.account, Actor("user", "olga"), Role.OWNER)

    monkeypatch.setattr(type(site.host.doorman), "identify", owner)
    answer = await asked(site, {"account_id": "acme"})
    assert (answer.status_code, answer.json()["deletion"]["subject"]) == (202, "account")


async def test_a_token_needs_the_scope(site):
    scopes = frozenset(Scope) - {Scope.DELETIONS}
    token = await site.host.administration(TESTER).create_token("acme", "narrow", scopes)
    narrow = evolve(site, token=token.reveal())
    assert (await asked(narrow, {"ticket_id": 7})).status_code == 403


async def test_the_account_sees_its_own_and_how_they_stand(site):
    store, now = site.host.store, utc_now()
    await site.host.administration(TESTER).create_account("beta", "beta-help")
    for name, account, days in (("open", "acme", 1), ("late", "acme", 31), ("other", "beta", 31)):
        then = now - timedelta(days=days)
        deletion = Deletion(name, account, Subject.TICKET, then, then + timedelta(days=30), (7,), 1)
        await store.add_deletion(deletion, action_entry("deletion_request", account, TESTER))
    assert {each["id"]: each["state"] for each in await listed(site)} == {"open": "open", "late": "overdue"}
    ready = (await site.client.get("/health/ready")).json()
    assert ready == {"status": "ok", "details": {"overdue_deletions": 2, "parts_in_trouble": []}}
    assert await metrics(site) == {"raum_deletions_open": "3", "raum_deletions_overdue": "2"}
    await store.hold("acme", Hold(now), action_entry("legal_hold", "acme", TESTER))
    assert {each["state"] for each in await listed(site)} == {"held"}
    await store.hold("acme", None, action_entry("legal_release", "acme", TESTER))
    await store.finish_deletion((await store.deletions("acme"))[1], now, action_entry("deletion", "acme", TESTER))
    assert {each["id"]: each["state"] for each in await listed(site)} == {"open": "open", "late": "done"}
