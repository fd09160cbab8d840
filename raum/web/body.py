"""Reading a JSON body: of the right type, within limits, and with nothing in it that trips up what comes after."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any, Final, NoReturn, TypeVar

from starlette.requests import Request

from raum.toml.lines import KeyPath
from raum.toml.structuring import structured
from raum.web.problems import Problem

T = TypeVar("T")

JSON: Final = "application/json"
"""The media type of a body."""

_WHOLE: Final = 2.0**53
_DEEPEST: Final = 100
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def require_json(request: Request, types: Iterable[str] = (JSON,)) -> None:
    """Refuse a request whose body is not declared as one of these types (415)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in types:
        raise Problem(415, "unsupported_media_type", f"Send the body as {' or '.join(types)}.")


async def json_object(request: Request, types: Iterable[str] = (JSON,)) -> dict[str, Any]:
    """The body as a JSON object (RFC 8259). Problem 400 for anything else, without quoting it.

    A name that is there twice is refused: of two programs each could take another one of them for the value.
    """
    require_json(request, types)
    try:
        document = json.loads(
            await request.body(), parse_constant=_refuse, parse_float=_number, object_pairs_hook=_each_once
        )
        json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate passes the parser and fails here
    except (ValueError, RecursionError):
        raise Problem(400, "invalid_json", "The body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise Problem(400, "invalid_shape", "The body must be a JSON object.")
    if _is_deeper(document, _DEEPEST):
        raise Problem(400, "invalid_json", f"The body is nested deeper than {_DEEPEST} levels.")
    return document


async def parsed(request: Request, cls: type[T]) -> T:
    """The body as an instance of an attrs class. Problem 400 with every fault."""
    document = await json_object(request)
    faults: list[tuple[KeyPath, str]] = []
    faults += [((key,), "null is no value here; leave it out") for key, value in document.items() if value is None]
    instance = structured(document, cls, faults)
    if faults or instance is None:
        raise invalid(faults)
    return instance


def invalid(faults: Iterable[tuple[KeyPath, str]]) -> Problem:
    """The problem that faults are, each at its place (RFC 6901). What the client made up is not repeated."""
    errors = [(_pointer(path, text), f"{text[:1].upper()}{text[1:]}.") for path, text in faults]
    detail = " ".join(f"{pointer or 'The body'}: {text}" for pointer, text in errors)
    return Problem(400, "invalid_shape", detail, errors)


def _pointer(path: KeyPath, text: str) -> str:
    if text.startswith("unknown key"):
        path = path[:-1]
    known: list[str] = []
    for each in path:
        if isinstance(each, str) and not _NAME.fullmatch(each):
            break
        known.append(str(each))
    return "".join(f"/{each}" for each in known)


def _is_deeper(document: Any, levels: int) -> bool:
    """Whether values are nested deeper. From Python 3.12 on the parser takes what no function of ours gets through."""
    inside = [document]
    for _ in range(levels):
        inside = [value for each in inside for value in (each.values() if isinstance(each, dict) else each)]
        inside = [value for value in inside if isinstance(value, dict | list)]
    return bool(inside)


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def _number(text: str) -> float:
    """A number with a point or an exponent; 1.0 is the integer 1 (JSON Schema, validation, 6.1.1)."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return int(number) if number.is_integer() and abs(number) <= _WHOLE else number


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError
    return document
