import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest

import raum_jsonl
from raum.api import Entry
from raum.model import Change
from raum_jsonl import JsonlOptions, JsonlSink

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit" / "entries.jsonl"


def make_entry(number=1, **fields):
    return Entry(f"entry-{number}", NOON, "acme", "generate", "system:worker", "posted_note", **fields)


def test_the_part_is_a_sink_that_stays_on_the_host():
    (part,) = raum_jsonl.raum_audit_sinks()
    assert (part.name, part.options) == ("jsonl", JsonlOptions)
    assert part.data_use(JsonlOptions()).regions == ()
    assert part.data_use(JsonlOptions()).goes_to == "a file on the host"
    assert part.data_use(JsonlOptions(path="-")).goes_to == "the host's standard output"
    assert isinstance(part.build(JsonlOptions()), JsonlSink)


async def test_an_entry_is_one_line_with_sorted_keys_and_the_time_in_utc(path):
    tokyo = timezone(timedelta(hours=9))
    await JsonlSink(str(path)).write(
        Entry(
            "entry-1",
            datetime(2026, 3, 1, 21, tzinfo=tokyo),
            "acme",
            "generate",
            "system:worker",
            "posted_note",
            ticket_id=7,
            placeholders=("[REDACTED_NAME]",),
            content="Dear [REDACTED_NAME],\nGrüße\u2028bye",
        )
    )
    assert path.read_text() == (
        '{"account_id": "acme", "actor": "system:worker", "cache_read_tokens": null, "changes": [], '
        '"completion": null, "content": "Dear [REDACTED_NAME],\\nGr\\u00fc\\u00dfe\\u2028bye", "cost_nanousd": null, '
        '"duration_ms": 0, "id": "entry-1", "impersonator": null, "input_tokens": 0, "job_id": null, "model": null, '
        '"operation": "generate", "outcome": "posted_note", "output_tokens": 0, '
        '"placeholders": ["[REDACTED_NAME]"], "provider": null, "reason": null, "reasoning_tokens": null, '
        '"request_id": "", "source_ip": "", "ticket_id": 7, "time": "2026-03-01T12:00:00.000000Z", "unresolved": []}\n'
    )


async def test_changes_are_triples(path):
    changes = (Change("fallback", None, "on"), Change("role", "agent", "owner"))
    await JsonlSink(str(path)).write(make_entry(changes=changes))
    assert json.loads(path.read_text())["changes"] == [["fallback", None, "on"], ["role", "agent", "owner"]]


async def test_entries_written_at_once_are_whole_lines_in_order(path):
    sink = JsonlSink(str(path))
    await asyncio.gather(*(sink.write(make_entry(number, content="x" * 20_000)) for number in range(20)))
    written = [json.loads(line)["id"] for line in path.read_text().splitlines()]
    assert written == [f"entry-{number}" for number in range(20)]


async def test_entries_are_added_to_those_of_an_earlier_run(path):
    await JsonlSink(str(path)).write(make_entry(1))
    await JsonlSink(str(path)).write(make_entry(2))
    assert len(path.read_text().splitlines()) == 2


async def test_a_file_that_was_renamed_away_is_begun_anew(path):
    sink = JsonlSink(str(path))
    await sink.write(make_entry(1))
    path.rename(path.with_suffix(".1"))
    await sink.write(make_entry(2))
    assert json.loads(path.read_text())["id"] == "entry-2"


async def test_the_file_and_its_folder_are_their_owners_alone(path):
    await JsonlSink(str(path)).write(make_entry())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_hyphen_means_the_standard_output(capsys):
    await JsonlSink("-").write(make_entry())
    assert json.loads(capsys.readouterr().out)["id"] == "entry-1"


async def test_a_file_that_cannot_be_written_is_an_error(path):
    path.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        await JsonlSink(str(path)).write(make_entry())
