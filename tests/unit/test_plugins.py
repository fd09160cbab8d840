"""Only the plugins that the configuration names are imported, and each one that cannot be used says why."""

import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from raum.api import OperatorError
from raum.plugins import candidates, failure, load
from raum.toml.lines import Document, line_numbers

DATA = Path(__file__).parents[1] / "data" / "plugins"


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    """A working directory with the plugins of the tests, in which no other plugin is installed."""
    shutil.copytree(DATA, tmp_path / "plugins")
    (tmp_path / "plugins" / "broken" / "unfinished.py").write_text("def find(text:\n")
    elsewhere = [folder for folder in sys.path if not any(Path(folder).glob("raum-*.dist-info"))]
    monkeypatch.setattr(sys, "path", [str(tmp_path / "plugins" / "installed"), *elsewhere])
    for module in ("fake_parts", "fake_rival"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.chdir(tmp_path)


def naming(*names, folders=("files", "broken")):
    """A document that names these plugins, the first on line 2."""
    dirs = ", ".join(f'"plugins/{folder}"' for folder in folders)
    text = "plugins = [\n" + "".join(f'"{name}",\n' for name in names) + f"]\nplugin_dirs = [{dirs}]"
    return Document("raum.toml", Path(), tomllib.loads(text), line_numbers(text))


def loaded(*names):
    faults = []
    found = load(naming(*names), faults)
    return found, [str(fault) for fault in faults]


def test_a_single_file_plugin_knows_its_file():
    found, faults = loaded("desk")
    assert faults == []
    assert [str(plugin) for plugin in found.imported] == ["plugin 'desk' (plugins/files/desk.py)"]


def test_an_installed_plugin_knows_its_distribution_and_version():
    found, faults = loaded("shout")
    assert faults == []
    assert [str(plugin) for plugin in found.imported] == ["plugin 'shout' (fake-parts 1.2)"]
    assert sys.modules["fake_parts"] is found.imported[0].module


def test_plugins_are_in_the_order_of_the_configuration():
    found, _ = loaded("shout", "more", "desk")
    assert [plugin.candidate.name for plugin in found.imported] == ["shout", "more", "desk"]
    assert [plugin.path for plugin in found.imported] == [("plugins", 0), ("plugins", 1), ("plugins", 2)]


def test_the_hooks_of_a_plugin_can_be_called():
    found, _ = loaded("more")
    assert [[part.name for part in parts] for parts in found.manager.hook.raum_detectors()] == [["words"]]


def test_a_single_file_plugin_is_a_module_under_a_private_name_while_it_runs():
    found, _ = loaded("more")
    assert found.imported[0].module.__name__ == "_raum_plugin_more"
    assert "more" not in sys.modules


def test_a_plugin_file_that_fails_leaves_no_module_behind():
    loaded("raises")
    assert "_raum_plugin_raises" not in sys.modules


def test_a_plugin_that_is_not_named_is_not_imported():
    found, _ = loaded("desk")
    assert len(found.imported) == 1
    assert "fake_parts" not in sys.modules


def test_a_file_whose_name_begins_with_an_underscore_is_no_plugin():
    assert "_helper" not in candidates(naming(), [])


def test_a_folder_named_twice_is_searched_once():
    found = candidates(naming(folders=("files", "../plugins/files")), [])
    assert [str(candidate) for candidate in found["desk"]] == ["plugins/files/desk.py"]


PROBLEMS = {
    "raises": ["plugin 'raises' failed to import: ValueError (from plugins/broken/raises.py:3)"],
    "needs": [
        (
            "plugin 'needs' failed to import: ModuleNotFoundError: No module named 'no_such_module_anywhere'"
            " (from plugins/broken/needs.py:3)"
        )
    ],
    "nowhere": [
        (
            "plugin 'nowhere' failed to import: ModuleNotFoundError: No module named 'fake_parts_nowhere'"
            " (from fake-parts 1.2)"
        )
    ],
    "unfinished": [
        "plugin 'unfinished' failed to import: SyntaxError: '(' was never closed (from plugins/broken/unfinished.py:1)"
    ],
    "quits": ["plugin 'quits' failed to import: SystemExit (from plugins/broken/quits.py:3)"],
    "contested": [
        (
            "plugin 'contested' is offered by plugins/files/contested.py and by fake-rival 3.0; "
            "allowed: one plugin of a name"
        )
    ],
    "disputed": ["plugin 'disputed' is offered by fake-parts 1.2 and by fake-rival 3.0; allowed: one plugin of a name"],
    "arguments": [
        "plugin 'arguments': hook 'raum_detectors' has no argument 'text'; allowed: none",
        "plugin 'arguments': hook 'raum_entry_written' has no argument 'ticket'; allowed: entry",
    ],
    "wraps": [
        (
            "plugin 'wraps': hook 'raum_detectors' is a wrapper; "
            "allowed: a plain function, so that no plugin changes another's parts"
        )
    ],
    "awaits": [
        "plugin 'awaits': hook 'raum_detectors' is async; allowed: a plain function",
        "plugin 'awaits': hook 'raum_stores' is async; allowed: a plain function",
    ],
    "idle": ["plugin 'idle': implements no hook; allowed: functions marked with raum.api.hookimpl"],
}


@pytest.mark.parametrize(("name", "problems"), PROBLEMS.items(), ids=PROBLEMS)
def test_a_plugin_that_cannot_be_used_says_why_at_its_line(name, problems):
    found, faults = loaded("desk", name)
    assert faults == [f"raum.toml:3: plugins[1]: {problem}" for problem in problems]
    assert [plugin.candidate.name for plugin in found.imported] == ["desk"]
    assert not found.complete


def test_one_module_cannot_be_two_plugins():
    _, faults = loaded("shout", "twin")
    assert faults == [
        "raum.toml:3: plugins[1]: plugin 'twin': is the same module as another plugin; allowed: each module once"
    ]


def test_a_name_is_never_taken_for_a_path():
    _, faults = loaded("../files/desk")
    assert len(faults) == 1
    assert faults[0].startswith("raum.toml:2: plugins[0]: unknown plugin '../files/desk'; available: arguments, ")


def test_the_text_of_a_plugins_exception_is_told_only_if_the_plugin_wrote_it_for_the_operator():
    assert failure(ValueError("jane.doe@example.com"), "fake 1.0") == "ValueError (from fake 1.0)"
    assert failure(OperatorError("no words\nadd some"), "fake 1.0") == "no words; add some"
    assert (
        failure(ImportError("no engine\ninstall it"), "fake 1.0")
        == "ImportError: no engine; install it (from fake 1.0)"
    )
