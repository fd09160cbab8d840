"""What is packaged is what is there, and the README's commands are the ones that CI runs."""

import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
FOLDERS = sorted(f"plugins/{path.name}" for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").exists())


def test_every_plugin_folder_is_in_the_wheel_and_nothing_else():
    assert ["raum", *FOLDERS] == WHEEL["packages"]


def test_every_first_party_plugin_has_an_entry_point():
    assert {f"raum_{name}": f"raum_{name}" for name in PROJECT["project"]["entry-points"]["raum"]} == {
        Path(folder).name: Path(folder).name for folder in FOLDERS
    }


@pytest.mark.parametrize(("name", "module"), PROJECT["project"]["entry-points"]["raum"].items())
def test_every_entry_point_leads_to_a_module(name, module):
    assert find_spec(module) is not None, name


@pytest.mark.parametrize("source", WHEEL["force-include"])
def test_every_file_that_is_included_by_hand_exists(source):
    assert (ROOT / source).is_file()


def test_all_is_every_extra_that_adds_to_a_host():
    extras = PROJECT["project"]["optional-dependencies"]
    apart = ("all", "gemini-legacy", "testing")  # the first is the rest, the second is an SDK that has ended
    others = {requirement for name in extras if name not in apart for requirement in extras[name]}
    assert others == set(extras["all"])


def test_ci_runs_exactly_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for line in readme.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[1] == (ROOT / ".ci" / "run").read_text().splitlines()[-1]
