"""Reading JSON that comes from outside: nothing about its shape is taken for granted.

The messages name a key and what it must be, never a value, so they may be logged and shown.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, NoReturn

Document = Mapping[str, Any]
"""A JSON object."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile("[0-9]{1,19}")


class Malformed(Exception):
    """A document does not have the shape that Zendesk gives it. Its text holds nothing of the document."""


def parse(body: bytes) -> Document:
    """The JSON object in a body. Raises Malformed.

    Refuses what `json` lets pass: NaN and Infinity, which are no JSON (RFC 8259, section 6), and names that occur
    twice, of which two readers may take different ones (section 4).
    """
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise Malformed("the body must be JSON in UTF-8") from None
    return mapping(value, "the body")


def mapping(value: object, name: LiteralString) -> Document:
    """A JSON object; an empty one for null."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed(f"{name} must be an object")
    return value


def listing(value: object, name: LiteralString) -> Sequence[Document]:
    """A list of JSON objects; an empty one for null."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise Malformed(f"{name} must be a list of objects")
    return value


def text(value: object, name: LiteralString) -> str:
    """A string without lone surrogates, which no encoder would take later; an empty one for null."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} must be a string")
    return scrub(value)


def flag(value: object, name: LiteralString) -> bool:
    """True or false; null is neither."""
    if not isinstance(value, bool):
        raise Malformed(f"{name} must be true or false")
    return value


def number(value: object, name: LiteralString) -> int:
    """An id: an integer that fits into 63 bits, or a string of its decimal digits."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise Malformed(f"{name} must be a positive whole number")
    return value


def scrub(value: str) -> str:
    """The string with U+FFFD for each lone surrogate."""
    return _SURROGATE.sub("\ufffd", value)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name occurs twice")
    return document
