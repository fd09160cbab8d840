"""Documents as they are shown: with addresses that lead back to where the request came in."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum_zendesk.standin.state import Document

NOT_FOUND = (404, {"error": "RecordNotFound", "description": "Not found"})
NO_SUCH_ROUTE = (404, {"error": "InvalidEndpoint", "description": "Not found"})
UNAUTHENTICATED = (401, {"error": "Couldn't authenticate you"})
NOT_JSON = (400, {"error": "Unprocessable", "message": "Server could not parse JSON"})
CONFLICT = (409, {"error": "UpdateConflict", "description": "Safe Update prevented the update"})
CLOSED = (
    422,
    {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
    },
)


def error(told: tuple[int, Mapping[str, Any]]) -> Response:
    """An error's answer."""
    status, document = told
    return JSONResponse(document, status)


def api(request: Request) -> str:
    """The base address of the API."""
    return f"{request.base_url}api/v2/"


def includes(request: Request, what: str) -> bool:
    """Whether the request asks for a sideload."""
    return what in request.query_params.get("include", "").split(",")


def user(request: Request, document: Document) -> Document:
    """A user."""
    return {"url": f"{api(request)}users/{document['id']}.json", **document}


def ticket(request: Request, document: Document) -> Document:
    """A ticket, whose custom fields are there twice."""
    return {
        "url": f"{api(request)}tickets/{document['id']}.json", **document, "fields": document["custom_fields"]
    }  # fmt: skip


def audit(request: Request, document: Document) -> Document:
    """An audit."""
    events = [comment(request, event) if event["type"] == "Comment" else event for event in document["events"]]
    return {**document, "events": events}


def comment(request: Request, document: Document) -> Document:
    """A comment; inline images are there if they are asked for."""
    inline = request.query_params.get("include_inline_images") == "true"
    files = [file for file in document["attachments"] if inline or not file["inline"]]
    return {**document, "attachments": [attachment(request, file) for file in files]}


def attachment(request: Request, document: Document) -> Document:
    """An attachment."""
    content_url = f"{request.base_url}attachments/token/{document['id']:x}/?name={document['file_name']}"
    return {
        "url": f"{api(request)}attachments/{document['id']}.json",
        **document,
        "content_url": content_url,
        "mapped_content_url": content_url,
    }
