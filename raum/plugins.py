"""Finds and imports the plugins that a configuration names, and no others.

A plugin is a single file `<name>.py` in one of `plugin_dirs`, or an entry point of the group `raum` in an installed
distribution (https://packaging.python.org/en/latest/specifications/entry-points/). Text of exceptions from plugins is
not shown, because it may hold anything; their type and place are, and what the import system itself says.
"""

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from attrs import field, frozen

from raum import hookspecs
from raum.errors import OperatorError
from raum.toml.lines import Document, Fault, KeyPath
from raum.toml.structuring import one_line, suggestion

GROUP = "raum"

# Frames of these are the host's way into a plugin, not the place where the plugin failed.
_WAY_IN = (str(Path(__file__).parent) + os.sep, str(Path(importlib.__file__).parent) + os.sep, "<frozen ")


@frozen
class Candidate:
    """A plugin that could be imported. `distribution` is the file's path, without a version, for a single file."""

    name: str
    distribution: str
    version: str
    source: Path | EntryPoint = field(repr=False)

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".rstrip()


@frozen
class Plugin:
    """An imported plugin and the place where the configuration names it."""

    candidate: Candidate
    path: KeyPath
    module: Any = field(repr=False)

    def __str__(self) -> str:
        return f"plugin '{self.candidate.name}' ({self.candidate})"


@frozen
class Plugins:
    """The imported plugins in the order of the configuration; `complete` if none of those it names is missing."""

    manager: pluggy.PluginManager
    imported: tuple[Plugin, ...]
    complete: bool


def candidates(document: Document, faults: list[Fault]) -> dict[str, list[Candidate]]:
    """Everything that could be imported, by plugin name. A folder of `plugin_dirs` that is not there is a fault."""
    found: dict[str, list[Candidate]] = {}
    for candidate in [*_files(document, faults), *_installed()]:
        found.setdefault(candidate.name, []).append(candidate)
    return dict(sorted(found.items()))


def load(document: Document, faults: list[Fault]) -> Plugins:
    """Import the plugins that the document names and check their hooks; every problem is added to the faults."""
    manager = pluggy.PluginManager("raum")
    manager.add_hookspecs(hookspecs)
    available = candidates(document, faults)
    named = {name: path for path, name in reversed(document.strings("plugins"))}
    imported = []
    for name, path in sorted(named.items(), key=lambda item: item[1]):
        try:
            plugin = _load(manager, name, path, available)
        except _UnusableError as error:
            faults += [document.fault(path, message) for message in error.messages]
        else:
            imported.append(plugin)
    stated = document.tree.get("plugins")
    well_stated = isinstance(stated, list) and all(isinstance(name, str) for name in stated)
    return Plugins(manager, tuple(imported), complete=well_stated and len(imported) == len(named))


def failure(error: BaseException, origin: object) -> str:
    """What may be told about an exception out of a plugin: its type and its place, or else the plugin's origin.

    Its text only if it cannot quote data: an OperatorError's, and those of the import system.
    """
    if isinstance(error, OperatorError):
        return one_line(error)
    told = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{told}: {error.msg} (from {_shown(error.filename)}:{error.lineno})"
    if isinstance(error, ImportError):
        told += f": {'; '.join(str(error).splitlines())}"
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith(_WAY_IN):
            return f"{told} (from {_shown(frame.filename)}:{frame.lineno})"
    return f"{told} (from {origin})"


class _UnusableError(Exception):
    """A plugin that cannot be used, and all that is wrong with it."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


def _files(document: Document, faults: list[Fault]) -> Iterator[Candidate]:
    folders: dict[Path, Path] = {}
    for path, name in document.strings("plugin_dirs"):
        folder = document.folder / name
        if folder.is_dir():
            folders.setdefault(folder.resolve(), folder)
        else:
            faults.append(document.fault(path, "no such folder; allowed: a folder, relative to the configuration file"))
    for folder in folders.values():
        for file in sorted(folder.glob("[!_]*.py")):
            yield Candidate(file.stem, _shown(str(file)), "", file)


def _installed() -> list[Candidate]:
    found = [(entry_point, entry_point.dist) for entry_point in entry_points(group=GROUP)]
    offered = [Candidate(entry.name, dist.name, dist.version, entry) for entry, dist in found if dist is not None]
    return sorted(offered, key=lambda candidate: candidate.distribution)


def _load(manager: pluggy.PluginManager, name: str, path: KeyPath, available: Mapping[str, list[Candidate]]) -> Plugin:
    found = available.get(name, [])
    if not found:
        listed = ", ".join(available) or "none"
        raise _UnusableError(f"unknown plugin '{name}'; available: {listed}{suggestion(name, available)}")
    if len(found) > 1:
        origins = " and by ".join(str(candidate) for candidate in found)
        raise _UnusableError(f"plugin '{name}' is offered by {origins}; allowed: one plugin of a name")
    try:
        module = _import(found[0])
    except (Exception, SystemExit) as error:  # noqa: BLE001  # plugins raise what they like
        problem = f"plugin '{name}' failed to import: {failure(error, found[0])}"
    else:
        _register(manager, name, module)
        return Plugin(found[0], path, module)
    raise _UnusableError(problem)


def _import(candidate: Candidate) -> Any:
    if isinstance(candidate.source, EntryPoint):
        return candidate.source.load()
    return _import_file(candidate.name, candidate.source)


def _import_file(name: str, path: Path) -> ModuleType:
    module_name = f"_raum_plugin_{name}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # before it runs: classes look up their own module while they are defined
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def _register(manager: pluggy.PluginManager, name: str, module: Any) -> None:
    hooks = {item: manager.parse_hookimpl_opts(module, item) for item in dir(module)}
    marked = {item: options for item, options in hooks.items() if options is not None}
    problems = [_hook_problem(manager, module, item, options) for item, options in marked.items()]
    if not marked:
        problems = ["implements no hook; allowed: functions marked with raum.api.hookimpl"]
    elif manager.is_registered(module):
        problems = ["is the same module as another plugin; allowed: each module once"]
    told = [f"plugin '{name}': {problem}" for problem in problems if problem]
    if told:
        raise _UnusableError(*told)
    manager.register(module, name)


def _hook_problem(manager: pluggy.PluginManager, module: Any, item: str, options: pluggy.HookimplOpts) -> str | None:
    hooks: dict[str, pluggy.HookCaller] = vars(manager.hook)
    name, function = options.get("specname") or item, getattr(module, item)
    if name not in hooks:
        return f"unknown hook '{name}'; allowed: {', '.join(sorted(hooks))}{suggestion(name, hooks)}"
    if options.get("wrapper") or options.get("hookwrapper"):
        return f"hook '{name}' is a wrapper; allowed: a plain function, so that no plugin changes another's parts"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return f"hook '{name}' is async; allowed: a plain function"
    spec = hooks[name].spec
    known = spec.argnames if spec else ()
    parameters = inspect.signature(function).parameters.values()
    wrong = [item.name for item in parameters if item.default is item.empty and item.name not in known]
    if wrong:
        return f"hook '{name}' has no argument '{wrong[0]}'; allowed: {', '.join(known) or 'none'}"
    return None


def _shown(file: str | None) -> str:
    """A path as the operator knows it: from the working directory where it is below that."""
    path = Path(os.path.normpath(file or ""))
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
