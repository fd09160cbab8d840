"""Reading a JSON body: of the right type, within limits, and with nothing in it that trips up what comes after."""

import json
from typing import Any, NoReturn

from starlette.requests import Request

from raum.web.problems import Problem


def require_json(request: Request) -> None:
    """Refuse a request whose body is not declared as JSON (415)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(415, "unsupported_media_type", "Send the body as application/json.")


async def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object (RFC 8259). Problem 400 for anything else, without quoting it."""
    require_json(request)
    try:
        document = json.loads(await request.body(), parse_constant=_refuse)
        json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate passes the parser and fails here
    except (ValueError, RecursionError):
        raise Problem(400, "invalid_json", "The body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise Problem(400, "invalid_shape", "The body must be a JSON object.")
    return document


def _refuse(_constant: str) -> NoReturn:
    raise ValueError
