"""What a host in this process has in its memory, and where: every attribute and every global of raum's own code."""

import functools
import gc
import re
import sys
from collections import deque
from collections.abc import Iterator
from types import CellType, FunctionType, MethodType, ModuleType

_CONTAINERS = (dict, list, set, deque)
_FROZEN = (tuple, frozenset)
_OURS = ("raum", "raum_")
_NOT_THE_HOSTS = ("raum.testing", "raum_zendesk.standin")


def leaves_of(*roots: object) -> Iterator[tuple[str, object, object]]:
    """Every value that is reached from some objects and from the globals of all modules: `(place, item, value)`.

    The place is the container that holds it, by class and attribute or by module and name, or the attribute itself;
    the item is what of the container it belongs to. Tasks that run are left out, and of libraries all but what their
    functions keep (`functools.lru_cache`), and the patterns that `re` has compiled.
    """
    walk = _Walk()
    yield from walk.value("re._cache", None, re._cache)
    for kept in [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]:
        name = getattr(kept, "__qualname__", repr(kept))
        yield from walk.value(f"{kept.__module__}.{name}", None, kept)
    for root in roots:
        yield from walk.attributes(root)
    for name, module in sorted(sys.modules.items()):
        if _is_ours(name):
            yield from walk.globals_of(module)


class _Walk:
    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._kept: list[object] = []  # so that no identity is used twice

    def globals_of(self, module: ModuleType) -> Iterator[tuple[str, object, object]]:
        for name, value in list(vars(module).items()):
            if not name.startswith("__") and not isinstance(value, ModuleType):
                yield from self.value(f"{module.__name__}.{name}", None, value)

    def attributes(self, owner: object, place: str = "", item: object = None) -> Iterator[tuple[str, object, object]]:
        kind = type(owner)
        slots = [name for each in kind.__mro__ for name in getattr(each, "__slots__", ())]
        for name in sorted({*getattr(owner, "__dict__", {}), *slots} - {"__dict__", "__weakref__"}):
            value = getattr(owner, name, None)
            own = f"{kind.__module__}.{kind.__qualname__}.{name}"
            yield from self.value(own if not place or isinstance(value, _CONTAINERS) else place, item, value)

    def value(self, place: str, item: object, value: object) -> Iterator[tuple[str, object, object]]:
        if isinstance(value, str | bytes | int):
            yield place, item, value
        elif id(value) not in self._seen:
            self._seen.add(id(value))
            self._kept.append(value)
            if isinstance(value, type):
                yield from self._class(value)
            elif _is_ours(type(value).__module__):
                yield from self.attributes(value, place if item is not None else "", item)
            else:
                for own, each in _children(value):
                    yield from self.value(place, own if item is None else item, each)

    def _class(self, kind: type) -> Iterator[tuple[str, object, object]]:
        if _is_ours(kind.__module__):
            for name, each in list(vars(kind).items()):
                if isinstance(each, _CONTAINERS) or hasattr(each, "cache_info"):
                    yield from self.value(f"{kind.__module__}.{kind.__qualname__}.{name}", None, each)


def _children(value: object) -> Iterator[tuple[object, object]]:
    """What a value is made of, each with the item of the value that it belongs to, if the value is a container."""
    if isinstance(value, dict):
        for item in list(value.items()):
            yield from ((item, each) for each in item)
    elif isinstance(value, (*_CONTAINERS, *_FROZEN)):
        yield from ((each, each) for each in list(value))
    elif hasattr(value, "cache_info"):  # the function behind it, and what it has kept
        yield from ((None, each) for each in gc.get_referents(value))
    elif isinstance(value, functools.partial):
        yield from ((None, each) for each in (value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, MethodType):
        yield None, value.__self__
    elif isinstance(value, FunctionType):
        yield from ((None, _content(cell)) for cell in value.__closure__ or ())


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _is_ours(module: str) -> bool:
    return module.split(".")[0].startswith(_OURS) and not module.startswith(_NOT_THE_HOSTS)
