"""`/openapi.json`: the routes as they are, in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html)."""

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.web.access import ACCESS
from raum.web.body import JSON
from raum.web.openapi.endpoints import MERGE_PATCH, Endpoint
from raum.web.openapi.schemas import Schemas, Use
from raum.web.problems import TITLES, ProblemDocument

_PROBLEM: Final = "application/problem+json"
_EVENTS: Final = "text/event-stream"
_EVENTS_SCHEMA: Final = {
    "type": "string",
    "description": (
        'Events "piece" with {"text": ...}, then one event "reply" with the document that the JSON answer would have '
        'been, or one event "error" with a problem document: then the pieces are to be thrown away.'
    ),
}


async def show(request: Request) -> Response:
    """The description of this host's own routes."""
    return JSONResponse(request.app.state.openapi)


def description(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The OpenAPI document."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "raum",
            "version": version("raum"),
            "summary": "AI on Zendesk tickets without the customers' personal data.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A service token or a session's token."}
            },
        },
    }


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    access = ACCESS[f"{endpoint.method} {endpoint.path}"]
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{endpoint.method.lower()} {endpoint.path}").strip("_"),
        "summary": endpoint.summary,
        "responses": _responses(endpoint, schemas, is_open=access.open),
        "security": [] if access.open else [{"bearer": []}],
    }
    if not access.open:
        roles = ", ".join(sorted(access.roles))
        tokens = f"tokens with the scope {access.scope}" if access.scope else "no service tokens"
        operation["description"] = f"For users in the roles: {roles}; for {tokens}."
    if parameters := [*_path_parameters(endpoint), *_query(endpoint), *_headers(endpoint)]:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": _body(endpoint, schemas)}
    return operation


def _body(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    if endpoint.patches:
        content = {"schema": schemas.of(endpoint.body, Use.PATCH)}
        return {MERGE_PATCH: content, JSON: content}
    return {JSON: {"schema": schemas.of(endpoint.body, Use.BODY)}}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    schema = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "in": "query", "description": each.help, "schema": dict(each.schema)}
        for each in endpoint.query
    ]


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    if not endpoint.needs_if_match:
        return []
    told = "The ETag that the settings had when they were read."
    schema = {"type": "string"}
    return [{"name": "If-Match", "in": "header", "required": True, "description": told, "schema": schema}]


def _responses(endpoint: Endpoint, schemas: Schemas, *, is_open: bool) -> dict[str, Any]:
    responses = {str(status): _good(endpoint, schemas) for status in (endpoint.status, *endpoint.also)}
    problems = {400, 413, *endpoint.problems}
    problems |= {415} if endpoint.body is not None else set()
    problems |= set() if is_open else {401, 403}
    for status in sorted(problems | {415, 500, 503}):
        reference = schemas.of(ProblemDocument, Use.ANSWER)
        responses[str(status)] = {"description": TITLES[status], "content": {_PROBLEM: {"schema": reference}}}
    if not is_open:
        responses["401"]["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return responses


def _good(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    if endpoint.answer is None:
        return {"description": "It is done."}
    if isinstance(endpoint.answer, tuple):
        schema = {"type": "object" if endpoint.answer == (JSON,) else "string"}
        return {"description": endpoint.summary, "content": {each: {"schema": schema} for each in endpoint.answer}}
    content: dict[str, Any] = {JSON: {"schema": schemas.of(endpoint.answer, Use.ANSWER)}}
    if endpoint.streams:
        content[_EVENTS] = {"schema": _EVENTS_SCHEMA}
    headers = {"ETag": {"required": True, "schema": {"type": "string"}}}
    told = {"description": str(endpoint.answer.__doc__).partition("\n")[0], "content": content}
    return told | ({"headers": headers} if endpoint.has_etag else {})
