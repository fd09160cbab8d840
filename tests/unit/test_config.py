"""The settings of the host: what they are called, their defaults, and what is refused."""

import tomllib
from pathlib import Path

import attrs
import pytest

from raum.config import Config, Limits, Pipeline, Server, configure
from raum.toml.lines import Document, line_numbers, read

PIPELINE = """\
[pipeline]
helpdesk = "zendesk"
detectors = ["email"]
providers = ["offline"]
store = "sqlite"
keys = "localkeys"
"""


def document(text, folder=Path()):
    return Document("raum.toml", folder, tomllib.loads(text), line_numbers(text))


@pytest.mark.parametrize("types", ['["cc"]', '["CC", "CC"]', '["LITERAL"]', '["NAME_1"]'])
@pytest.mark.parametrize("key", ["never_restore", "block"])
def test_an_action_is_for_types_as_placeholders_have_them(key, types):
    faults = []
    assert configure(document(f"plugins = []\n{PIPELINE}[redaction]\n{key} = {types}\n"), faults) is None
    assert [str(fault).partition("; allowed: types as in placeholders")[0] for fault in faults] == [
        f"raum.toml:9: redaction.{key}: value not allowed"
    ]


def test_what_is_not_said_has_its_default():
    faults = []
    assert configure(document(f'plugins = ["zendesk"]\n{PIPELINE}'), faults) == Config(
        plugins=("zendesk",),
        pipeline=Pipeline("zendesk", ("email",), ("offline",), "sqlite", "localkeys", audit=()),
        plugin_dirs=(),
        server=Server(host="127.0.0.1", port=8080, log_level="INFO"),
        limits=Limits(body_bytes=524_288, ticket_characters=2_000_000, detection_seconds=10.0, attempts=12),
    )
    assert faults == []


def test_the_tables_of_parts_are_no_business_of_the_core():
    faults = []
    assert configure(document(f"plugins = []\n{PIPELINE}[offline]\nanything = 1\n"), faults)
    assert faults == []


def test_the_default_configuration_is_valid_and_states_the_defaults():
    faults = []
    found = read(Path(__file__).parents[2] / "config" / "raum.toml")
    config = configure(found, faults)
    assert faults == []
    assert config == Config(
        plugins=("zendesk", "documents", "patterns", "ids", "addresses", "secrets", "offline", "sqlite", "localkeys"),
        pipeline=Pipeline(
            "zendesk",
            config.pipeline.detectors,
            ("offline",),
            "sqlite",
            "localkeys",
            extractors=config.pipeline.extractors,
        ),
    )
    assert {"email", "card", "phone", "name"} <= set(config.pipeline.detectors)
    assert found.tree["sqlite"] == {"path": "data/raum.db"}
    assert found.tree["localkeys"] == {"path": "keys/raum.keys"}


@pytest.mark.parametrize("cls", [Config, Pipeline, Server, Limits])
def test_every_setting_says_what_it_is(cls):
    assert all(setting.metadata["help"] for setting in attrs.fields(cls))
