"""Who may import what: plugins import `raum.api` and nothing else of raum, and the core imports no plugin."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import TypeVar

import pytest

from raum import api

ROOT = Path(__file__).parents[2]
PLUGIN_FILES = sorted((ROOT / "plugins").rglob("*.py"))
CORE_FILES = sorted((ROOT / "raum").rglob("*.py"))


def imports(path):
    """Every module that a file imports, anywhere in it, and every name that it imports from `raum` itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from (f"raum.{alias.name}" for alias in node.names) if node.module == "raum" else (node.module,)


def top(module):
    return module.partition(".")[0]


def shown(path):
    return str(path.relative_to(ROOT))


def offered():
    """The public names that the module of the API defines, and those that it imports from the rest of raum."""
    for node in ast.parse(Path(api.__file__).read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.ImportFrom(module=module, names=names) if top(module) == "raum":
                yield from (alias.asname or alias.name for alias in names)
            case ast.Assign(targets=[ast.Name(id=name)]) if name != "__all__":
                if not isinstance(getattr(api, name), TypeVar):
                    yield name


def test_the_api_exports_all_that_it_offers_and_nothing_else():
    assert sorted(offered()) == sorted(api.__all__)


def test_the_exported_names_are_there_once_and_in_order():
    constants = sorted(name for name in api.__all__ if name.isupper())
    types = sorted(name for name in api.__all__ if name[0].isupper() and not name.isupper())
    functions = sorted(name for name in api.__all__ if name[0].islower())
    assert api.__all__ == [*constants, *types, *functions]
    assert all(hasattr(api, name) for name in api.__all__)


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=shown)
def test_a_plugin_imports_nothing_of_raum_but_its_api(path):
    assert {module for module in imports(path) if top(module) == "raum"} <= {"raum.api"}


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=shown)
def test_a_plugin_imports_no_other_plugin(path):
    own = path.relative_to(ROOT / "plugins").parts[0]
    assert {top(module) for module in imports(path) if module.startswith("raum_")} <= {own}


@pytest.mark.parametrize("path", CORE_FILES, ids=shown)
def test_the_core_imports_no_plugin(path):
    assert [module for module in imports(path) if module.startswith("raum_")] == []


def test_the_fakes_need_no_test_framework():
    code = "import sys, raum.testing; print([name for name in ('pytest', 'hypothesis') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
