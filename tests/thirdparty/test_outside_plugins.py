"""Plugins of outside authors, named in a configuration next to those that come with raum."""

import json
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from raum.assembly import assemble, list_plugins
from raum.cli import raum
from raum.testing.contracts import DetectorContract

HERE = Path(__file__).parent
DISTRIBUTION = HERE / "raum-order-numbers"

CONFIG = """\
plugins = ["zendesk", "patterns", "order-numbers", "customer_numbers", "offline", "sqlite", "localkeys"]
plugin_dirs = ["{folder}"]
[pipeline]
helpdesk = "zendesk"
detectors = ["email", "order-numbers", "customer-numbers"]
providers = ["offline"]
store = "sqlite"
keys = "localkeys"
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The distribution as an installer would leave it on the path, built by nobody."""
    project = tomllib.loads((DISTRIBUTION / "pyproject.toml").read_text())["project"]
    entry_points = [f"{name} = {module}" for name, module in project["entry-points"]["raum"].items()]
    info = tmp_path / "site" / f"raum_order_numbers-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (info / "entry_points.txt").write_text("\n".join(["[raum]", *entry_points]))
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.syspath_prepend(DISTRIBUTION)
    monkeypatch.chdir(tmp_path)
    yield
    sys.modules.pop("raum_order_numbers", None)


@pytest.fixture
def config(installed, tmp_path):
    """A configuration with outside plugins; lines can be added."""

    def write(*more):
        path = tmp_path / "raum.toml"
        path.write_text("\n".join([CONFIG.format(folder=HERE / "plugins"), *more]))
        return path

    return write


class TestCustomerNumbers(DetectorContract):
    examples = (("I am C-204815.", "CUSTOMER", "C-204815"), ("C-000000", "CUSTOMER", "C-000000"))
    innocent = ("C-20481", "ABC-204815", "C-2048155")

    @pytest.fixture
    def part(self, config):
        return detectors(config())["customer-numbers"]


class TestOrderNumbers(DetectorContract):
    examples = (("Where is ORD-123456?", "ORDER", "ORD-123456"),)
    innocent = ("ORD-12345", "WORD-123456")

    @pytest.fixture
    def part(self, config):
        return detectors(config())["order-numbers"]


def detectors(path):
    return {stage.name: stage.part for stage in assemble(path).detectors}


def redacted(path, text):
    run = CliRunner().invoke(raum, ["redact", "--jsonl", "--config", str(path)], input=json.dumps({"text": text}))
    assert run.exit_code == 0, run.exception
    return json.loads(run.stdout)


def test_outside_types_are_redacted_beside_the_built_in_ones(config):
    text = "I am C-204815, jane.doe@example.com. Where are ORD-123456 and ORD-654321?"
    assert redacted(config(), text) == {
        "text": "I am [REDACTED_CUSTOMER], [REDACTED_EMAIL]. Where are [REDACTED_ORDER_1] and [REDACTED_ORDER_2]?",
        "spans": [
            {"start": 5, "end": 13, "type": "CUSTOMER"},
            {"start": 15, "end": 35, "type": "EMAIL"},
            {"start": 47, "end": 57, "type": "ORDER"},
            {"start": 62, "end": 72, "type": "ORDER"},
        ],
    }


def test_an_outside_part_gets_its_options_from_its_table(config):
    path = config("[order-numbers]", 'prefixes = ["HAT", "CAP"]')
    assert redacted(path, "HAT-123456 or ORD-123456")["text"] == "[REDACTED_ORDER] or ORD-123456"


def test_outside_plugins_are_listed_with_where_they_come_from(config):
    origins = {listing.name: (listing.origin, listing.status) for listing in list_plugins(config())}
    assert origins["order-numbers"] == ("raum-order-numbers 1.0.0", "enabled")
    assert origins["customer_numbers"] == (str(HERE / "plugins" / "customer_numbers.py"), "enabled")
