"""Tables of a TOML file turned into value types, with every fault told at its line.

A fault is one line, `file:line: key: what is wrong; what is allowed`. It never quotes a value of the file, except for
names of plugins and parts, so that a secret in a wrong place is not shown.
"""

import difflib
import enum
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
from attrs import NOTHING, Attribute, Factory
from cattrs import ClassValidationError, Converter, IterableValidationError
from cattrs.errors import AttributeValidationNote, IterableValidationNote

from raum.errors import OperatorError
from raum.secrets.secret import Secret
from raum.toml.lines import Document, Fault, KeyPath

T = TypeVar("T")


def structure(document: Document, path: KeyPath, value: object, cls: type[T], faults: list[Fault]) -> T | None:
    """An instance of an attrs class from the table at `path`; None, with the faults added, if anything is wrong in it.

    Types are taken as they are written: "30" is no integer and `true` is not 1, but 1 is also 1.0. A field's metadata
    may say under `allowed` in words what its validator allows. What a validator or converter says in an OperatorError
    is told as it is; of other exceptions the type alone, because their text may quote the value.
    """
    found: list[tuple[KeyPath, str]] = []
    instance = structured(value, cls, found, path, document.folder)
    faults += [document.fault(where, text) for where, text in found]
    return instance


def structured(
    value: object, cls: type[T], faults: list[tuple[KeyPath, str]], path: KeyPath = (), folder: Path = Path()
) -> T | None:
    """The same from data that comes from no file; faults are told with the way to the value."""
    try:
        return _converter(folder).structure(value, cls)
    except Exception as error:  # noqa: BLE001  # validators and converters of plugins raise what they like
        faults += [(where, _text(leaf)) for where, leaf in _leaves(error, path)]
    return None


def plain(value: object, *, sparse: bool = False) -> Any:
    """The way back: plain data of an attrs class, without the fields that have their defaults if it is `sparse`."""
    if attrs.has(type(value)):
        fields: dict[str, Any] = attrs.fields_dict(type(value))  # type: ignore[arg-type]
        own = {name: getattr(value, name) for name in fields}
        said = {name for name, each in own.items() if not sparse or each != _default(fields[name])}
        return {name: plain(each, sparse=sparse) for name, each in own.items() if name in said}
    if isinstance(value, Mapping):
        return {key: plain(each, sparse=sparse) for key, each in value.items()}
    if isinstance(value, tuple):
        return [plain(each, sparse=sparse) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _default(attribute: Any) -> object:
    default = attribute.default
    return default.factory() if hasattr(default, "factory") and not default.takes_self else default


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """` (did you mean 'x'?)` if one of the allowed words is near, else nothing."""
    near = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.5)
    return f" (did you mean '{near[0]}'?)" if near else ""


def one_line(error: OperatorError) -> str:
    """The message of an error that the operator can mend, as part of a fault."""
    return "; ".join(str(error).splitlines())


class _RefusedError(ValueError):
    """A value that is not allowed; its text does not quote it."""


def _text(error: Exception) -> str:
    if isinstance(error, _RefusedError):
        return str(error)
    if isinstance(error, OperatorError):
        return one_line(error)
    return f"cannot be read ({type(error).__name__})"


def _leaves(error: Exception, path: KeyPath) -> Iterator[tuple[KeyPath, Exception]]:
    if isinstance(error, ClassValidationError):
        of_fields, others = error.group_exceptions()
        nested = [(inner, (*path, note.name)) for inner, note in of_fields]
    elif isinstance(error, IterableValidationError):
        of_elements, others = error.group_exceptions()
        nested = [(inner, (*path, note.index)) for inner, note in of_elements]
    else:
        yield path, error
        return
    for inner, where in [*nested, *((inner, path) for inner in others)]:
        yield from _leaves(inner, where)


_EXPECTED: Mapping[object, str] = {
    str: "a string",
    Path: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    Secret: '{ env = "NAME" } or { file = "PATH" }',
}
_FOUND: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a float",
    bool: "a boolean",
    list: "an array",
    dict: "a table",
    NoneType: "null",
}
_ARRAYS: tuple[object, ...] = (tuple, list, set, frozenset)


def _expected(cls: Any) -> str:
    """What to write for a field of this type."""
    if cls in _EXPECTED:
        return _EXPECTED[cls]
    if _is_choice(cls):
        return ", ".join(str(choice) for choice in _choices(cls))
    if get_origin(cls) in _ARRAYS:
        return f"an array, each element {_expected(get_args(cls)[0])}"
    alternatives = [_expected(argument) for argument in get_args(cls) if argument is not NoneType]
    return " or ".join(alternatives) if NoneType in get_args(cls) else "a table"


def _require(value: object, types: tuple[type, ...], cls: Any) -> None:
    if type(value) not in types:
        raise _RefusedError(f"wrong type: {_FOUND.get(type(value), 'a date or time')}; allowed: {_expected(cls)}")


def _converter(folder: Path) -> Converter:
    converter = Converter(detailed_validation=True)
    for cls in (str, int, bool):
        converter.register_structure_hook(cls, _primitive)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(Path, _path)
    converter.register_structure_hook(Secret, partial(_secret, folder))
    converter.register_structure_hook_func(_is_choice, _choice)
    converter.register_structure_hook_func(lambda cls: get_origin(cls) in _ARRAYS, partial(_array, converter))
    converter.register_structure_hook_func(_is_mapping, partial(_mapping, converter))
    converter.register_structure_hook_func(attrs.has, partial(_table, converter))
    return converter


def _primitive(value: T, cls: type[T]) -> T:
    _require(value, (cls,), cls)
    return value


def _number(value: float, cls: type[float]) -> float:
    _require(value, (int, float), cls)
    return float(value)


def _path(value: str, cls: type[Path]) -> Path:
    _require(value, (str,), cls)
    return Path(value)


def _is_choice(cls: Any) -> bool:
    return get_origin(cls) is Literal or (isinstance(cls, type) and issubclass(cls, enum.Enum))


def _choices(cls: Any) -> tuple[object, ...]:
    return get_args(cls) if get_origin(cls) is Literal else tuple(member.value for member in cls)


def _choice(value: object, cls: Any) -> object:
    for choice in _choices(cls):
        if type(choice) is type(value) and choice == value:
            return choice if get_origin(cls) is Literal else cls(choice)
    near = suggestion(value, [str(choice) for choice in _choices(cls)]) if isinstance(value, str) else ""
    raise _RefusedError(f"value not allowed; allowed: {_expected(cls)}{near}")


def _array(converter: Converter, value: Any, cls: Any) -> object:
    _require(value, (list,), cls)
    element_type = get_args(cls)[0]
    elements, errors = [], []
    for index, element in enumerate(value):
        try:
            elements.append(converter.structure(element, element_type))
        except Exception as error:  # noqa: BLE001  # each is told at its own element
            error.add_note(IterableValidationNote("", index, element_type))
            errors.append(error)
    if errors:
        raise IterableValidationError("", errors, cls)
    return get_origin(cls)(elements)


def _is_mapping(cls: Any) -> bool:
    origin: object = get_origin(cls)
    return origin is Mapping


def _mapping(converter: Converter, value: Any, cls: Any) -> object:
    """A table with keys of the user's own."""
    _require(value, (dict,), cls)
    _, value_type = get_args(cls)
    if value_type is Any:
        return value
    values, errors = {}, []
    for key, each in value.items():
        try:
            values[key] = converter.structure(each, value_type)
        except Exception as error:  # noqa: BLE001  # each is told at its own key
            error.add_note(AttributeValidationNote("", key, value_type))
            errors.append(error)
    if errors:
        raise ClassValidationError("", errors, cls)
    return values


def _secret(folder: Path, value: Any, cls: type[Secret]) -> Secret:
    if isinstance(value, str):
        raise _RefusedError(f"a secret is not written into the configuration; allowed: {_expected(cls)}")
    _require(value, (dict,), cls)
    match value:
        case {"env": str(name), **others} if not others:
            text, where = os.environ.get(name), f"the environment variable {name}"
        case {"file": str(name), **others} if not others:
            text, where = _content(folder / name), f"the file {folder / name}"
        case _:
            raise _RefusedError(f"not the place of a secret; allowed: {_expected(cls)}")
    if text is None:
        raise _RefusedError(f"{where} is not there; allowed: one that holds the secret")
    if not text.strip():
        raise _RefusedError(f"{where} is empty; allowed: one that holds the secret")
    return Secret(text.strip())


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or no possible file name
        raise _RefusedError(f"the file {path} cannot be read ({type(error).__name__}); allowed: a text file") from None


def _table(converter: Converter, value: Any, cls: Any) -> object:
    _require(value, (dict,), cls)
    attributes = {str(item.alias): item for item in attrs.fields(attrs.resolve_types(cls)) if item.init}
    values: dict[str, object] = {}
    errors: list[Exception] = []

    def refuse(key: str, error: Exception) -> None:
        error.add_note(AttributeValidationNote("", key, None))
        errors.append(error)

    for key in [key for key in value if key not in attributes]:
        allowed = sorted(attributes)
        listed = f"allowed: {', '.join(allowed)}" if allowed else "allowed: none"
        refuse(key, _RefusedError(f"unknown key; {listed}{suggestion(key, allowed)}"))
    for key, attribute in attributes.items():
        if key in value:
            try:
                values[key] = converter.structure(value[key], attribute.type)
            except Exception as error:  # noqa: BLE001  # each is told at its own key
                refuse(key, error)
        elif attribute.default is NOTHING:
            refuse(key, _RefusedError(f"missing; required: {_expected(attribute.type)}"))
    for key, refusal in _invalid(cls, attributes, values, value):
        refuse(key, refusal)
    if errors:
        raise ClassValidationError("", errors, cls)
    return cls(**values)


def _invalid(
    cls: Any, attributes: Mapping[str, "Attribute[Any]"], values: Mapping[str, object], table: Mapping[str, object]
) -> Iterator[tuple[str, Exception]]:
    """What the validators refuse, one by one: attrs stops at the first, and gives its text with the value in it."""
    instance = cls.__new__(cls)
    for key, attribute in attributes.items():
        default: object = attribute.default
        if key not in table and default is not NOTHING and not isinstance(default, Factory):  # type: ignore[arg-type]
            object.__setattr__(instance, attribute.name, default)
    for key, value in values.items():
        object.__setattr__(instance, attributes[key].name, value)
    for key, value in values.items():
        attribute = attributes[key]
        if attribute.validator is None or attribute.converter is not None:
            continue
        try:
            attribute.validator(instance, attribute, value)
        except AttributeError:
            continue  # it looks at a field that has a fault of its own
        except OperatorError as error:
            yield key, error
        except Exception:  # noqa: BLE001  # the text of the exception holds the value
            yield key, _RefusedError(f"value not allowed; allowed: {_allowed(attribute)}")


def _allowed(attribute: "Attribute[Any]") -> str:
    """What a field's validator allows: said by the field, or else by the validators of attrs, or else its type."""
    bounds = re.findall(r"<Validator for x (\S+ \S+)>", repr(attribute.validator))
    options = getattr(attribute.validator, "options", ())
    return str(
        attribute.metadata.get("allowed")
        or " and ".join(bounds)
        or ", ".join(str(option) for option in options)
        or _expected(attribute.type)
    )
