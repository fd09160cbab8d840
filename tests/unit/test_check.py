"""A configuration is checked as a whole: one run tells every fault, each on one line with its place."""

import shutil
import sys
from datetime import date
from pathlib import Path

import pytest
from attrs import evolve

from raum.api import Secret
from raum.assembly import assemble, list_plugins, render_check, render_plugins
from raum.config import Retention
from raum.errors import ConfigurationError
from raum.host import warnings_of

DATA = Path(__file__).parents[1] / "data"

VALID = """\
plugins = ["desk"]
plugin_dirs = ["plugins/files", "plugins/broken"]
[pipeline]
helpdesk = "desk"
detectors = ["finder"]
providers = ["echo"]
store = "memory"
keys = "keyring"
[server]
port = 8080
[echo]
token = { env = "ECHO_TOKEN" }
"""


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    """A working directory with the plugins of the tests, in which no other plugin is installed."""
    for folder in ("config", "plugins"):
        shutil.copytree(DATA / folder, tmp_path / folder)
    (tmp_path / "plugins" / "broken" / "unfinished.py").write_text("def find(text:\n")
    elsewhere = [folder for folder in sys.path if not any(Path(folder).glob("raum-*.dist-info"))]
    monkeypatch.setattr(sys, "path", [str(tmp_path / "plugins" / "installed"), *elsewhere])
    for module in ("fake_parts", "fake_rival"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setenv("ECHO_TOKEN", "s3cret")
    monkeypatch.chdir(tmp_path)


def configuration(changes, *more):
    """The valid configuration with some lines (counted from 1) replaced and others added (from line 13 on)."""
    lines = VALID.splitlines()
    for number, line in changes.items():
        lines[number - 1] = line
    path = Path("raum.toml")
    path.write_text("\n".join([*lines, *more, ""]), encoding="utf-8")
    return path


def faults_of(path):
    with pytest.raises(ConfigurationError) as caught:
        assemble(path)
    assert str(caught.value) == "\n".join(caught.value.faults)
    return list(caught.value.faults)


@pytest.mark.parametrize("case", sorted(file.stem for file in (DATA / "config").glob("*.toml")))
def test_every_fault_of_a_broken_configuration_is_told_at_its_line(case):
    assert faults_of(Path(f"config/{case}.toml")) == Path(f"config/{case}.txt").read_text().splitlines()


def test_a_file_that_is_not_there_is_said_so():
    assert faults_of(Path("none.toml")) == ["none.toml: cannot be read: No such file or directory"]


def test_a_file_that_is_not_in_utf_8_is_refused():
    Path("latin.toml").write_bytes(b"# a\n# \xe9\n")
    assert faults_of(Path("latin.toml")) == ["latin.toml:2: not valid TOML: not in UTF-8"]


def test_no_fault_shows_a_value_of_the_file():
    marked = "jane-doe-s3cret"
    path = configuration(
        {10: f'port = "{marked}"', 12: f'token = "{marked}"\nregion = "{marked}"\ntone = "{marked}"'},
        f'stray = "{marked}"',
    )
    told = faults_of(path)
    assert len(told) == 5
    assert marked not in "".join(told)


def test_an_error_of_the_configuration_holds_on_to_no_other_exception():
    with pytest.raises(ConfigurationError) as caught:
        assemble(configuration({1: 'plugins = ["desk", "raises"]', 12: 'token = "s3cret"'}))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_valid_configuration_becomes_stages_with_built_parts():
    path = configuration(
        {
            1: 'plugins = ["desk", "shout"]',
            5: 'detectors = ["shouting", "finder"]',
            8: 'keys = "keyring"\naudit = ["log"]',
        }
    )
    assembly = assemble(path)
    told = [
        (stage.kind, stage.name, stage.plugin, stage.distribution, stage.version, stage.line)
        for stage in assembly.stages
    ]
    assert told == [
        ("helpdesk", "desk", "desk", "plugins/files/desk.py", "", 4),
        ("detector", "shouting", "shout", "fake-parts", "1.2", 5),
        ("detector", "finder", "desk", "plugins/files/desk.py", "", 5),
        ("provider", "echo", "desk", "plugins/files/desk.py", "", 6),
        ("store", "memory", "desk", "plugins/files/desk.py", "", 7),
        ("queue", "embedded", "desk", "plugins/files/desk.py", "", 3),
        ("key manager", "keyring", "desk", "plugins/files/desk.py", "", 8),
        ("audit sink", "log", "desk", "plugins/files/desk.py", "", 9),
    ]
    assert [type(stage.part).__name__ for stage in assembly.detectors] == ["Shouting", "Finder"]
    assert assembly.detectors[0].summary == "words in capitals"
    assert assembly.config.server.port == 8080


def test_a_part_gets_its_table_as_options():
    assembly = assemble(configuration({}, "pieces = 4", 'models = ["small", "large"]'))
    options = assembly.providers[0].part.options
    assert (options.pieces, options.models, options.tone, options.token) == (
        4,
        ("small", "large"),
        "brief",
        Secret("s3cret"),
    )


def test_the_table_of_a_part_that_is_offered_but_not_used_is_not_read():
    assert assemble(
        configuration({5: 'detectors = ["words"]', 1: 'plugins = ["desk", "more"]'}, "[finder]", "words = 3")
    )


def test_an_assembly_does_not_show_its_parts():
    assert "s3cret" not in repr(assemble(configuration({})))
    assert "Echo" not in repr(assemble(configuration({})))


def test_the_check_shows_each_stage_in_the_order_of_the_data():
    path = configuration({1: 'plugins = ["desk", "shout"]', 5: 'detectors = ["finder", "shouting"]'})
    assert (
        render_check(assemble(path), date(2026, 11, 24))
        == """\
KIND         PART      PLUGIN  FROM                   LINE
helpdesk     desk      desk    plugins/files/desk.py  raum.toml:4
detector     finder    desk    plugins/files/desk.py  raum.toml:5
detector     shouting  shout   fake-parts 1.2         raum.toml:5
provider     echo      desk    plugins/files/desk.py  raum.toml:6
store        memory    desk    plugins/files/desk.py  raum.toml:7
queue        embedded  desk    plugins/files/desk.py  raum.toml:3
key manager  keyring   desk    plugins/files/desk.py  raum.toml:8

configuration is valid: raum.toml"""
    )


@pytest.mark.parametrize(("model", "warned"), [("gpt-5", True), ("gpt-6-luna", False)])
def test_the_check_names_models_that_end_with_their_day(model, warned):
    assembly = assemble(configuration({}))
    assembly.providers[0].part.vendor = "openai"
    assembly.providers[0].part.default_model = model
    *_, last_but_one, _ = render_check(assembly, date(2026, 11, 24)).splitlines()
    assert ("switches off the model gpt-5 on 2026-12-11" in last_but_one) is warned


@pytest.mark.parametrize(("days", "told"), [(30, 1), (31, 0)])
async def test_the_check_warns_of_a_log_that_is_kept_for_less_than_the_months_that_limits_are_for(days, told):
    assembly = assemble(configuration({}))
    config = evolve(assembly.config, retention=Retention(audit_days=days))
    warnings = await warnings_of(evolve(assembly, config=config))
    assert sum("[retention] audit_days is less than 31" in warning for warning in warnings) == told


def test_the_list_of_plugins_shows_the_parts_of_the_enabled_ones():
    path = configuration({1: 'plugins = ["shout", "more", "disputed"]', 2: 'plugin_dirs = ["plugins/files"]'})
    assert (
        render_plugins(list_plugins(path))
        == """\
PLUGIN     FROM                        STATUS       KIND      PART      SUMMARY
contested  plugins/files/contested.py  not enabled  -         -
contested  fake-rival 3.0              not enabled  -         -
desk       plugins/files/desk.py       not enabled  -         -
disputed   fake-parts 1.2              faulty       -         -
disputed   fake-rival 3.0              faulty       -         -
more       plugins/files/more.py       enabled      detector  words     finds words
nowhere    fake-parts 1.2              not enabled  -         -
shout      fake-parts 1.2              enabled      detector  shouting  words in capitals
twin       fake-parts 1.2              not enabled  -         -"""
    )


def test_only_the_plugins_that_the_configuration_names_are_imported():
    list_plugins(configuration({1: 'plugins = ["more"]'}))
    assert "fake_parts" not in sys.modules
    assemble(configuration({1: 'plugins = ["desk", "shout"]'}))
    assert "fake_parts" in sys.modules
    assert "fake_rival" not in sys.modules


TYPED = """\
from raum.api import DataClass, DataUse, Part, hookimpl


class Typed:
    types = ("PASSPORT", "ORDER_NUMBER")

    def find(self, text):
        return []


@hookimpl
def raum_detectors():
    yield Part("typed", lambda options: Typed(), DataUse({DataClass.RAW}))
"""


def with_types(detectors, *redaction):
    (Path("plugins") / "files" / "typed.py").write_text(TYPED)
    changes = {1: 'plugins = ["desk", "typed"]', 5: f"detectors = {detectors}"}
    return configuration(changes, "[redaction]", *redaction)


def test_a_type_that_no_detector_finds_is_a_fault_in_its_line():
    path = with_types('["typed"]', 'never_restore = ["PHONE", "ORDER_NUMBERS"]', 'block = ["CC", "PASSPORT"]')
    text = "a type that no configured detector finds; allowed: EMAIL, NAME, ORDER_NUMBER, PASSPORT, PHONE"
    assert faults_of(path) == [
        f"raum.toml:14: redaction.never_restore[1]: {text} (did you mean 'ORDER_NUMBER'?)",
        f"raum.toml:15: redaction.block[0]: {text}",
    ]


def test_a_detector_that_does_not_tell_its_types_may_find_any():
    assert assemble(with_types('["finder", "typed"]', 'block = ["CC"]')).config.redaction.block == ("CC",)


def test_the_key_manager_that_encrypts_is_no_former_one():
    assert faults_of(configuration({8: 'keys = "keyring"\nformer_keys = ["keyring", "memory"]'})) == [
        "raum.toml:9: pipeline.former_keys[0]: part 'keyring' is the one that encrypts; allowed: any other",
        "raum.toml:9: pipeline.former_keys[1]: part 'memory' is of the kind store, not key manager; allowed: keyring",
    ]
