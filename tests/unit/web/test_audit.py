"""`/v1/audit` and `/v1/audit/export`: the account's own entries, page by page or whole; who reads is an entry."""

import base64
import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from raum.audit.actions import action_entry
from raum.model import Actor, Entry
from raum.sealing.verify import head_of, verify

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def filled(site):
    for number in range(7):
        fields = {"ticket_id": number % 2 + 1, "content": f"Dear [REDACTED_NAME] {number}", "completion": "Noted."}
        time = NOON + timedelta(minutes=number // 2)
        operation = "rewrite" if number == 3 else "generate"
        await site.host.store.append(Entry(f"e-{number}", time, "acme", operation, "user:ada", "returned", **fields))
    await site.host.store.append(Entry("foreign", NOON, "beta", "generate", "user:bob", "returned", content="beta's"))
    return site


async def get(site, path, **params):
    return await site.client.get(path, params=params, headers={"authorization": f"Bearer {site.token}"})


async def pages(site, **params):
    """All pages, one after the other: the ids."""
    found, cursor = [], None
    while True:
        response = await get(site, "/v1/audit", **params, **({"cursor": cursor} if cursor else {}))
        assert response.status_code == 200, response.text
        found.append([entry["id"] for entry in response.json()["entries"] if entry["id"].startswith("e-")])
        cursor = response.json()["next"]
        if cursor is None:
            return found


async def test_entries_come_page_by_page_newest_first(filled):
    found = await pages(filled, to="2026-03-02T00:00:00Z", limit=3)
    assert found == [["e-6", "e-5", "e-4"], ["e-3", "e-2", "e-1"], ["e-0"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"operation": "rewrite"}, ["e-3"]),
        ({"ticket": "2", "operation": "generate"}, ["e-5", "e-1"]),
        ({"actor": "user:ada", "from": "2026-03-01T12:03:00Z"}, ["e-6"]),
        ({"outcome": "returned", "to": "2026-03-01T13:01:00+01:00"}, ["e-1", "e-0"]),
        ({"outcome": "failed"}, []),
        ({"actor": "user:bob"}, []),
    ],
)
async def test_entries_are_found_by_what_is_asked_for(filled, query, expected):
    assert [entry for page in await pages(filled, **query) for entry in page] == expected


async def test_who_reads_the_log_is_an_entry_of_it(filled):
    before = len(await filled.host.store.entries("acme"))
    await get(filled, "/v1/audit", operation="rewrite", ticket="2")
    await get(filled, "/v1/audit/export", format="csv")
    export, read, *rest = await filled.host.store.entries("acme")
    assert len(rest) == before
    assert (read.operation, read.actor, read.target) == ("audit_read", "token:sidebar", "operation=rewrite ticket_id=2")
    assert (export.operation, export.target) == ("audit_export", "format=csv")
    assert read.request_id


async def test_without_its_entry_nothing_is_read(filled):
    for path in ("/v1/audit", "/v1/audit/export"):
        filled.host.store.fails = ValueError("no")
        response = await get(filled, path)
        assert response.status_code == 500
        assert "REDACTED" not in response.text


async def test_the_sealed_export_verifies_and_is_the_accounts_own(filled):
    response = await get(filled, "/v1/audit/export")
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["content-disposition"] == 'attachment; filename="audit-acme.jsonl"'
    lines = [line.encode() + b"\n" for line in response.text.splitlines()]
    verdict = verify(lines, head_of(lines[0]).keys, account_id="acme")
    assert (verdict.faults, verdict.not_sealed) == ([], 0)
    assert verdict.entries == len(await filled.host.store.entries("acme"))
    assert "beta" not in response.text


async def test_csv_and_ocsf_can_be_filtered(filled):
    rows = csv.DictReader(io.StringIO((await get(filled, "/v1/audit/export", format="csv", ticket="1")).text))
    assert [row["id"] for row in rows] == ["e-6", "e-4", "e-2", "e-0"]
    events = (await get(filled, "/v1/audit/export", format="ocsf", operation="rewrite")).text.splitlines()
    assert [json.loads(event)["metadata"]["uid"] for event in events] == ["e-3"]


async def test_of_an_erased_entry_the_page_says_so(filled):
    record = action_entry("ticket_erase", "acme", Actor("system", "webhook"))
    await filled.host.store.erase_tickets("acme", [2], record)
    entries = (await get(filled, "/v1/audit")).json()["entries"]
    erased = {entry["id"]: (entry["is_erased"], entry["content"]) for entry in entries}
    assert erased["e-1"] == (True, None)
    assert erased["e-0"] == (False, "Dear [REDACTED_NAME] 0")


def cursor_to(entry_id):
    return base64.urlsafe_b64encode(json.dumps([NOON.isoformat(), entry_id]).encode()).decode()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/audit", {"limit": "0"}),
        ("/v1/audit", {"limit": "201"}),
        ("/v1/audit", {"limit": "٣"}),
        ("/v1/audit", {"ticket": "x"}),
        ("/v1/audit", {"ticket": "9" * 19}),
        ("/v1/audit", {"ticket": "9" * 5000}),
        ("/v1/audit", {"from": "2026-03-01"}),
        ("/v1/audit", {"from": "2026-03-01T00:00:00"}),
        ("/v1/audit", {"to": "0001-01-01T00:00:00+14:00"}),
        ("/v1/audit", {"to": "tomorrow"}),
        ("/v1/audit", {"account": "beta"}),
        ("/v1/audit", {"operation": ""}),
        ("/v1/audit", {"operation": "a\x00b"}),
        ("/v1/audit", {"actor": "x" * 300}),
        ("/v1/audit", {"cursor": "!"}),
        ("/v1/audit", {"cursor": "W10="}),
        ("/v1/audit", {"cursor": "WyIyMDI2IiwxXQ=="}),
        ("/v1/audit", {"cursor": cursor_to("a\x00b")}),
        ("/v1/audit", {"cursor": cursor_to("\ud800")}),
        ("/v1/audit", {"cursor": "Ü"}),
        ("/v1/audit/export", {"format": "xml"}),
        ("/v1/audit/export", {"format": "jsonl", "ticket": "1"}),
        ("/v1/audit/export", {"cursor": "x"}),
    ],
)
async def test_a_query_that_cannot_be_is_refused_and_no_entry(filled, path, query):
    before = len(await filled.host.store.entries("acme"))
    response = await get(filled, path, **query)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_query")
    assert len(await filled.host.store.entries("acme")) == before


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/export"])
async def test_without_a_token_nobody_reads(site, path):
    assert (await site.client.get(path)).status_code == 401
