"""`raum dataflow` says of every part where which data goes, and says what the parts themselves say."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from raum.assembly import assemble
from raum.cli import raum
from raum.dataflow.table import as_json, as_markdown, as_text, flows

DEFAULT = Path(__file__).parents[3] / "config" / "raum.toml"
ON_THE_HOST = "on the host"


@pytest.fixture(scope="module")
def found():
    return flows(assemble(DEFAULT))


def test_nothing_leaves_the_embedded_default_but_what_goes_back_to_zendesk(found):
    assert {(flow.part, flow.region) for flow in found if flow.region != ON_THE_HOST} == {("zendesk", "origin")}


def test_every_stage_is_in_the_table_in_the_order_of_the_data(found):
    assert [flow.part for flow in found] == [stage.name for stage in assemble(DEFAULT).stages]


def test_a_provider_and_a_store_see_no_raw_text(found):
    for flow in found:
        if flow.kind in ("provider", "store", "queue", "audit sink", "key manager"):
            assert "raw" not in flow.receives


def test_the_table_for_a_terminal_has_a_line_for_each_part(found):
    lines = as_text(found).splitlines()
    assert lines[0].split() == ["PART", "KIND", "RECEIVES", "GOES", "TO", "REGION", "KEPT"]
    assert len(lines) == len(found) + 1


def test_the_markdown_table_has_the_same_cells(found):
    head, rule, *rows = as_markdown(found).splitlines()
    assert head == "| Part | Kind | Receives | Goes to | Region | Kept |"
    assert set(rule) == set("| -")
    store = next(row for row in rows if row.startswith("| sqlite "))
    forms = "redacted, ids, secrets, settings, metrics"
    assert store == f"| sqlite | store | {forms} | a file on the host | on the host | as [retention] says |"


def test_the_json_table_is_for_programs(found):
    assert json.loads(as_json(found))[-1] == {
        "part": "localkeys",
        "kind": "key manager",
        "receives": ["secrets"],
        "goes_to": "memory, encrypted there with keys from a file on the host",
        "region": "on the host",
        "kept": "not kept",
    }


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_command_prints_each_form(form):
    result = CliRunner().invoke(raum, ["dataflow", "--format", form, "--config", str(DEFAULT)])
    assert result.exit_code == 0
    assert "zendesk" in result.output
