"""JSON Schemas (2020-12) of the attrs classes that requests are parsed into and that answers are made of.

What a schema says comes from the types and the validators of the fields, so that it is what the host does. A field's
metadata adds under `help` what it is, and under `schema` what a validator of its own cannot say.
"""

import enum
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

import attrs

from raum.settings import PART_PATTERN, by_part, each_once

_PRIMITIVES: Final[Mapping[object, Mapping[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}
_BOUNDS: Final = {">=": "minimum", "<=": "maximum", ">": "exclusiveMinimum", "<": "exclusiveMaximum"}


class Use(enum.StrEnum):
    """What a class is used for: a body, in which a default is left out; an answer, which says all; a merge patch."""

    BODY = "Body"
    ANSWER = ""
    PATCH = "Patch"


class Schemas:
    """Schemas, each once under its name, referred to from everywhere else."""

    def __init__(self) -> None:
        self.named: dict[str, dict[str, Any]] = {}

    def of(self, type_: Any, use: Use) -> dict[str, Any]:
        """The schema of a type, or a reference to it."""
        if type_ in _PRIMITIVES:
            return dict(_PRIMITIVES[type_])
        if attrs.has(type_):
            return self._reference(type_, use)
        arguments = get_args(type_)
        if get_origin(type_) is tuple:
            return {"type": "array", "items": self.of(arguments[0], Use.BODY if use is Use.PATCH else use)}
        if get_origin(type_) is Mapping:
            value = self.of(arguments[1], use)
            return {"type": "object", "additionalProperties": _or_null(value) if use is Use.PATCH else value or True}
        if get_origin(type_) is Literal:
            return {"type": "string", "enum": list(arguments)}
        if isinstance(type_, type) and issubclass(type_, enum.StrEnum):
            return {"type": "string", "enum": [str(each) for each in type_]}
        if NoneType in arguments and len(arguments) == 2:
            given = self.of(next(each for each in arguments if each is not NoneType), use)
            return _or_null(given) if use is Use.ANSWER else given
        raise TypeError(f"no schema is known for {type_}")

    def _reference(self, cls: Any, use: Use) -> dict[str, Any]:
        name = f"{cls.__name__}{use if not cls.__name__.endswith(use) else ''}"
        if name not in self.named:
            self.named[name] = {}  # a class may hold itself
            self.named[name] = self._object(cls, use)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, cls: Any, use: Use) -> dict[str, Any]:
        fields = attrs.fields(attrs.resolve_types(cls))
        schema: dict[str, Any] = {
            "type": "object",
            "description": " ".join((cls.__doc__ or "").partition("\n\n")[0].split()),
            "properties": {each.name: self._property(each, use) for each in fields},
            "additionalProperties": False,
            **getattr(cls, "SCHEMA", {}),
        }
        if use is Use.ANSWER:
            required = [each.name for each in fields if each.name not in getattr(cls, "LEFT_OUT", ())]
        else:
            required = [each.name for each in fields if each.default is attrs.NOTHING and use is Use.BODY]
        return schema | ({"required": required} if required else {})

    def _property(self, attribute: "attrs.Attribute[Any]", use: Use) -> dict[str, Any]:
        schema = self.of(attribute.type, use)
        if said := _said(attribute.validator) | dict(attribute.metadata.get("schema", {})):
            schema = _refined(schema, said)
        if use is Use.PATCH:
            schema = _or_null(schema)
        described = {"description": attribute.metadata["help"]} if "help" in attribute.metadata else {}
        return {**schema, **described}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _refined(schema: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """The schema with what validators say; of one that may be null, of what is not."""
    if "anyOf" in schema:
        given, null = schema["anyOf"]
        return {"anyOf": [_refined(given, said), null]}
    if schema.get("type") == "array":
        said = {key.replace("Length", "Items"): value for key, value in said.items()}
    items = said.get("items")
    merged = {"items": {**schema["items"], **items}} if items and "items" in schema else {}
    return {**schema, **said, **merged}


def _said(validator: Any) -> dict[str, Any]:
    """What a field's validators say, in words of JSON Schema."""
    said: dict[str, Any] = {}
    for each in _parts(validator):
        kind = type(each).__name__
        if kind == "_NumberValidator":
            said[_BOUNDS[each.compare_op]] = each.bound
        elif kind == "_MatchesReValidator":
            said["pattern"] = f"^(?:{each.pattern.pattern})$"
        elif kind == "_DeepIterable":
            said["items"] = _said(each.member_validator)
        elif each is each_once:
            said["uniqueItems"] = True
        elif each is by_part:
            said["propertyNames"] = {"pattern": f"^{PART_PATTERN}$"}
        else:
            said |= dict(_lengths(each, kind))
    return said


def _lengths(validator: Any, kind: str) -> Iterator[tuple[str, int]]:
    if kind == "_MaxLengthValidator":
        yield "maxLength", validator.max_length
    elif kind == "_MinLengthValidator":
        yield "minLength", validator.min_length


def _parts(validator: Any) -> Iterator[Any]:
    if validator is None:
        return
    kind = type(validator).__name__
    if kind == "_AndValidator":
        for each in validator._validators:
            yield from _parts(each)
    elif kind == "_OptionalValidator":
        yield from _parts(validator.validator)
    else:
        yield validator
