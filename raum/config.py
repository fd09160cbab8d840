"""The configuration: a TOML file, turned into value types, with every fault told at its line.

A fault is one line, `file:line: key: what is wrong; what is allowed`. It never quotes a value of the file, except for
names of plugins and parts, so that a secret in a wrong place is not shown.
"""

import difflib
import enum
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
from attrs import NOTHING, Attribute, Factory, field, frozen, validators
from cattrs import ClassValidationError, Converter, IterableValidationError
from cattrs.errors import AttributeValidationNote, IterableValidationNote

from raum.errors import OperatorError
from raum.model import TYPE_PATTERN
from raum.secret import Secret
from raum.toml_lines import Document, Fault, KeyPath

T = TypeVar("T")


def _each_once(_instance: object, _attribute: object, names: tuple[str, ...]) -> None:
    if len(set(names)) < len(names):
        raise ValueError("a name is there twice")


@frozen
class Pipeline:
    """`[pipeline]`: which part does what, in the order in which the data goes."""

    helpdesk: str = field(metadata={"help": "the part that reads tickets and posts replies"})
    detectors: tuple[str, ...] = field(
        validator=[validators.min_len(1), _each_once],
        metadata={
            "help": "the parts that find personal data, all of which run",
            "allowed": "names, at least one, each once",
        },
    )
    providers: tuple[str, ...] = field(
        validator=[validators.min_len(1), _each_once],
        metadata={
            "help": "the parts that ask an AI; the first one is asked for accounts that chose none",
            "allowed": "names, at least one, each once",
        },
    )
    store: str = field(metadata={"help": "the part that keeps accounts, credentials, jobs and audit entries"})
    keys: str = field(metadata={"help": "the part that encrypts credentials"})
    queue: str = field(default="embedded", metadata={"help": "the part that hands the jobs to the workers"})
    extractors: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={
            "help": "the parts that get the text out of attachments; the first that reads a file gets it",
            "allowed": "names, each once",
        },
    )
    audit: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={"help": "the parts that get a copy of every audit entry", "allowed": "names, each once"},
    )


Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PROXIES_ALLOWED = (
    'networks such as "10.0.0.0/8" or single addresses, of IPv4 no wider than /8, of IPv6 no wider than /7; list '
    "exactly your proxies: whoever else is believed can write any address into the audit log"
)
_WIDEST = {4: 8, 6: 7}


def _proxies(_instance: object, _attribute: object, networks: tuple[str, ...]) -> None:
    _each_once(_instance, _attribute, networks)
    for network in map(ipaddress.ip_network, networks):
        if network.prefixlen < _WIDEST[network.version]:
            raise ValueError("nearly everybody would be believed")


@frozen
class Server:
    """`[server]`: where the host listens and how much it logs."""

    host: str = field(default="127.0.0.1", metadata={"help": "the address to listen on"})
    port: int = field(
        default=8080,
        validator=[validators.ge(0), validators.le(65535)],
        metadata={"help": "the TCP port to listen on; 0 takes any free one"},
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = field(
        default="INFO", metadata={"help": "the least important level that is logged"}
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        validator=_proxies,
        metadata={"help": "the networks of the proxies whose X-Forwarded-For is believed", "allowed": _PROXIES_ALLOWED},
    )

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The same as networks."""
        return tuple(map(ipaddress.ip_network, self.trusted_proxies))


@frozen
class Audit:
    """`[audit]`: what happens when entries do not get where they must, and how soon they are sealed."""

    on_audit_failure: Literal["stop", "continue"] = field(
        default="stop",
        metadata={"help": "whether anything is begun while an audit sink does not take entries"},
    )
    seal_seconds: float = field(
        default=3600.0,
        validator=[validators.ge(1), validators.le(86_400)],
        metadata={"help": "the longest time that an entry is not sealed, in seconds"},
    )


@frozen
class Limits:
    """`[limits]`: what is too much. Beyond a limit nothing is sent to an AI."""

    body_bytes: int = field(
        default=524_288, validator=validators.ge(1), metadata={"help": "the size of a request body, in bytes"}
    )
    ticket_characters: int = field(
        default=2_000_000, validator=validators.ge(1), metadata={"help": "the length of all texts of a ticket together"}
    )
    detection_seconds: float = field(
        default=10.0,
        validator=[validators.gt(0), validators.le(600)],
        metadata={"help": "the time that all detectors together may take for one ticket, in seconds"},
    )
    provider_seconds: float = field(
        default=60.0,
        validator=[validators.gt(0), validators.le(600)],
        metadata={"help": "the time that all attempts to get one completion may take together, in seconds"},
    )
    provider_attempts: int = field(
        default=3,
        validator=[validators.ge(1), validators.le(10)],
        metadata={"help": "how often a provider is asked for one completion before the next one is, or the run fails"},
    )
    retry_after_seconds: float = field(
        default=20.0,
        validator=[validators.ge(0), validators.le(600)],
        metadata={"help": "the longest wait that a provider may ask for; one that asks for more is not asked again"},
    )
    attempts: int = field(
        default=5, validator=validators.ge(1), metadata={"help": "how often a job is tried before a human gets it"}
    )


def _types(_instance: object, _attribute: object, types: tuple[str, ...]) -> None:
    """Types as placeholders have them. LITERAL is none that can be chosen: it stands for itself and comes back."""
    _each_once(_instance, _attribute, types)
    if not all(re.fullmatch(TYPE_PATTERN, type_) and type_ != "LITERAL" for type_ in types):
        raise ValueError("not a type of personal data")


@frozen
class Jobs:
    """`[jobs]`: how the workers go about them."""

    at_once: int = field(
        default=4,
        validator=[validators.ge(1), validators.le(100)],
        metadata={"help": "how many jobs a worker runs beside each other"},
    )
    per_account: int = field(
        default=2,
        validator=validators.ge(1),
        metadata={"help": "how many jobs of one account run at once, over all workers"},
    )
    lease_seconds: float = field(
        default=30.0,
        validator=[validators.ge(1), validators.le(900)],
        metadata={"help": "how long after the last sign of life of a worker its jobs are given to another, in seconds"},
    )
    grace_seconds: float = field(
        default=15.0,
        validator=[validators.ge(0), validators.le(900)],
        metadata={"help": "the time that running jobs get to finish when a worker is told to stop, in seconds"},
    )


@frozen
class Attachments:
    """`[attachments]`: how much of them is read. A file beyond a limit is withheld from the AI, which is told so."""

    files: int = field(default=20, validator=validators.ge(0), metadata={"help": "the files of a ticket that are read"})
    file_bytes: int = field(
        default=10_485_760, validator=validators.ge(1), metadata={"help": "the size of a file, in bytes"}
    )
    characters: int = field(
        default=200_000, validator=validators.ge(1), metadata={"help": "the length of the text of a file"}
    )
    seconds: float = field(
        default=10.0,
        validator=[validators.gt(0), validators.le(600)],
        metadata={"help": "the time that reading a file may take, in seconds"},
    )
    memory_bytes: int = field(
        default=1_073_741_824,
        validator=validators.ge(268_435_456),
        metadata={"help": "the memory of the process that reads files, in bytes"},
    )


@frozen
class Redaction:
    """`[redaction]`: what the team knows better than the detectors, and what becomes of a type.

    Every value that is found is replaced, whatever its type (promise P2). A type that nobody wants to have replaced is
    one whose detector is not in the pipeline.
    """

    allow: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={
            "help": "words and values that are never personal data, in any case, unless the ticket's records name them",
            "allowed": "words, each once",
        },
    )
    never_restore: tuple[str, ...] = field(
        default=(),
        validator=_types,
        metadata={
            "help": "types whose values are never put back into a reply; one that needs them stays with the team",
            "allowed": "types as in placeholders, such as CC, each once",
        },
    )
    block: tuple[str, ...] = field(
        default=(),
        validator=_types,
        metadata={
            "help": "types that keep a ticket from the AI altogether: a human gets it, and the entry says so",
            "allowed": "types as in placeholders, such as PASSPORT, each once",
        },
    )


@frozen
class Config:
    """The core's share of a configuration. The tables of the parts are in the `Document`, for the assembly."""

    plugins: tuple[str, ...] = field(
        validator=_each_once, metadata={"help": "the plugins to import", "allowed": "names, each once"}
    )
    pipeline: Pipeline = field(metadata={"help": "which part does what"})
    plugin_dirs: tuple[str, ...] = field(
        default=(), metadata={"help": "folders with single-file plugins, relative to the configuration file"}
    )
    server: Server = field(default=Server(), metadata={"help": "where the host listens"})
    attachments: Attachments = field(default=Attachments(), metadata={"help": "how much of attachments is read"})
    redaction: Redaction = field(default=Redaction(), metadata={"help": "what is never personal data"})
    limits: Limits = field(default=Limits(), metadata={"help": "what is too much"})
    jobs: Jobs = field(default=Jobs(), metadata={"help": "how jobs are run"})
    audit: Audit = field(default=Audit(), metadata={"help": "how the audit log is kept"})


CORE_KEYS = tuple(attribute.name for attribute in attrs.fields(Config))
"""The top-level keys and tables that belong to the core; every other table is a part's."""


def configure(document: Document, faults: list[Fault]) -> Config | None:
    """The core's share of the document; None, with the faults added, if anything is wrong in it."""
    share = {key: value for key, value in document.tree.items() if key in CORE_KEYS or not isinstance(value, dict)}
    return structure(document, (), share, Config, faults)


def structure(document: Document, path: KeyPath, value: object, cls: type[T], faults: list[Fault]) -> T | None:
    """An instance of an attrs class from the table at `path`; None, with the faults added, if anything is wrong in it.

    Types are taken as they are written: "30" is no integer and `true` is not 1, but 1 is also 1.0. A field's metadata
    may say under `allowed` in words what its validator allows. What a validator or converter says in an OperatorError
    is told as it is; of other exceptions the type alone, because their text may quote the value.
    """
    found: list[tuple[KeyPath, str]] = []
    try:
        return _converter(document.folder).structure(value, cls)
    except Exception as error:  # noqa: BLE001  # validators and converters of plugins raise what they like
        found = [(where, _text(leaf)) for where, leaf in _leaves(error, path)]
    faults += [document.fault(where, text) for where, text in found]
    return None


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
