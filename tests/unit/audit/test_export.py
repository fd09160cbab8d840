"""The log for other programs: CSV that no spreadsheet runs, and OCSF as its released schema has it."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import jsonschema
import ocsf_json_schema
import pytest

from raum.audit.export import entry_document, exported
from raum.audit.ocsf import ocsf_event
from raum.model import Change, Entry
from raum.storage.audit import EVERYTHING, Wanted
from raum.testing import FakeStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLASSES = {6003: "api_activity", 3004: "entity_management", 3002: "authentication"}


def make_entry(operation="generate", **fields):
    fields = {"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "time": NOON, "account_id": "acme", "actor": "user:ada", **fields}
    return Entry(operation=operation, outcome=fields.pop("outcome", "done"), **fields)


FULL = make_entry(
    impersonator="user:root",
    impersonation_reason="asked on the phone",
    peer_ip="10.0.0.5",
    client_ip="203.0.113.7",
    request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
    ticket_id=7,
    outcome="failed",
    reason="provider_busy",
    content="Dear [REDACTED_NAME]",
    placeholders=("[REDACTED_NAME]",),
    changes=(Change("fallback", None, "on"),),
)


@cache
def validator(class_uid):
    """What the released schema of OCSF 1.8.0 says of a class, nothing else allowed."""
    schemas = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema(version="1.8.0"))
    schema = schemas.get_class_schema(CLASSES[class_uid])
    return jsonschema.validators.validator_for(schema)(schema)


@pytest.mark.parametrize(
    ("entry", "class_uid", "activity"),
    [
        (FULL, 6003, 99),
        (make_entry("translate", client_ip="2001:db8::7", peer_ip="2001:db8::7"), 6003, 99),
        (make_entry("audit_read", target="operation=generate"), 6003, 2),
        (make_entry("audit_export"), 6003, 2),
        (make_entry("purge", target="segment:3"), 6003, 4),
        (make_entry("ticket_erase", erased=("a", "b")), 6003, 4),
        (make_entry("job_retry"), 6003, 3),
        (make_entry("admin_settings_change", changes=(Change("a", "b", "c"),)), 3004, 3),
        (make_entry("credential_set", target="openai"), 3004, 3),
        (make_entry("credential_test", target="openai", outcome="failed"), 3004, 2),
        (make_entry("api_key_rotation", target="openai"), 3004, 3),
        (make_entry("account_create"), 3004, 1),
        (make_entry("user_delete", target="user:bob", actor="system:raum"), 3004, 4),
        (make_entry("token_create", actor="token:reports"), 3004, 1),
        (make_entry("session_create", target="user:ada"), 3002, 1),
        (make_entry("session_delete"), 3002, 2),
        (make_entry("impersonation_start", impersonator="user:root", target="user:ada"), 3002, 7),
    ],
    ids=lambda value: value.operation if isinstance(value, Entry) else "",
)
def test_an_event_is_what_the_released_schema_says(entry, class_uid, activity):
    event = json.loads(json.dumps(ocsf_event(entry)))
    validator(class_uid).validate(event)
    assert (event["class_uid"], event["activity_id"], event["type_uid"]) == (
        class_uid,
        activity,
        class_uid * 100 + activity,
    )
    assert event["metadata"]["version"] == "1.8.0"
    assert event["time"] == 1_772_366_400_000


@pytest.mark.parametrize("missing", ["actor", "api", "src_endpoint", "metadata", "time", "type_uid", "severity_id"])
def test_the_schema_refuses_an_event_that_lacks_something(missing):
    event = ocsf_event(FULL)
    del event[missing]
    assert not validator(6003).is_valid(event)


def test_the_schema_refuses_what_it_does_not_know():
    assert not validator(6003).is_valid({**ocsf_event(FULL), "surprise": 1})


def test_an_event_says_both_who_acted_and_for_whom_and_where_from():
    event = ocsf_event(FULL)
    assert event["actor"]["user"]["uid"] == "user:root"
    assert event["unmapped"]["actor"] == "user:ada"
    assert event["src_endpoint"] == {"ip": "203.0.113.7", "intermediate_ips": ["10.0.0.5"]}
    assert (event["status"], event["status_code"], event["status_detail"]) == ("Failure", "provider_busy", "failed")


@pytest.fixture
async def store():
    store = FakeStore()
    for number in range(1_203):
        await store.append(make_entry(id=f"entry-{number:04}", time=NOON + timedelta(seconds=number), ticket_id=number))
    await store.append(make_entry(id="foreign", account_id="beta"))
    return store


async def text_of(store, format_, wanted=EVERYTHING):
    return "".join([piece async for piece in exported(store, "acme", format_, wanted)])


async def test_an_export_has_every_entry_of_the_account_once(store):
    rows = list(csv.DictReader(io.StringIO(await text_of(store, "csv"))))
    events = [json.loads(line) for line in (await text_of(store, "ocsf")).splitlines()]
    expected = [f"entry-{number:04}" for number in reversed(range(1_203))]
    assert [row["id"] for row in rows] == [event["metadata"]["uid"] for event in events] == expected


async def test_an_export_is_of_what_is_wanted(store):
    rows = csv.DictReader(io.StringIO(await text_of(store, "csv", Wanted(ticket_id=700))))
    assert [row["id"] for row in rows] == ["entry-0700"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0", "＝1", "\n=1", '="x"', "  @x"],
)
async def test_no_cell_begins_as_a_formula_does(text):
    store = FakeStore()
    await store.append(make_entry(content=text, completion=f'a,"b"\n{text}', target=text, reason=text))
    (row,) = csv.DictReader(io.StringIO(await text_of(store, "csv"), newline=""))
    assert [row[name] for name in ("content", "target", "reason")] == [f"'{text}"] * 3
    assert row["completion"] == f'a,"b"\n{text}'
    assert not [cell for cell in row.values() if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_document_has_all_fields_but_the_salt_and_says_what_is_erased():
    document = entry_document(FULL)
    assert "salt" not in document
    assert (document["client_ip"], document["impersonator"], document["is_erased"]) == (
        "203.0.113.7",
        "user:root",
        False,
    )
    assert json.loads(json.dumps(document))["changes"] == [["fallback", None, "on"]]
    assert entry_document(make_entry(salt=""))["is_erased"] is True
