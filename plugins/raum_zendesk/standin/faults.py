"""What can go wrong with Zendesk, each fault on a switch. A fault meets the next request, and is then over."""

from collections.abc import Mapping
from typing import Any, Final

import httpx2
from attrs import frozen
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

_CONFLICT: Final = {"error": "UpdateConflict", "description": "Safe Update prevented the update"}
_EXPIRED: Final = {"error": "invalid_token", "error_description": "The access token provided is expired"}
_LIMITED: Final = {"error": "TooManyRequests", "description": "Too many requests, please try again later"}


@frozen(eq=False)
class Fault:
    """What happens to a request: `response` in place of its own, after so many seconds, or no response at all.

    If `applied`, what the request asks for is done all the same. It waits for a request to `path`, if that is said.
    """

    response: Response | None = None
    applied: bool = False
    seconds: float = 0.0
    dropped: bool = False
    path: str = ""


class Faults:
    """The switches. Those that are thrown several times meet as many requests, in that order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def answer(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, applied: bool = False
    ) -> None:
        """Any answer."""
        self._waiting.append(Fault(Response(body, status, dict(headers or {})), applied=applied))

    def rate_limit(self, retry_after: int) -> None:
        """429, with the seconds to wait."""
        self._json(429, _LIMITED, {"Retry-After": str(retry_after)})

    def expire_token(self) -> None:
        """401, as for an access token that is too old."""
        self._json(401, _EXPIRED)

    def conflict(self) -> None:
        """409, as for a safe update of an older state."""
        self._json(409, _CONFLICT)

    def maintenance(self, retry_after: int = 30) -> None:
        """503, as an HTML page."""
        page = HTMLResponse("<html><body>Service unavailable</body></html>", 503, {"Retry-After": str(retry_after)})
        self._waiting.append(Fault(page))

    def slow(self, seconds: float, *, path: str = "") -> None:
        """The right answer, late; to the next request, or the next one to a path."""
        self._waiting.append(Fault(seconds=seconds, path=path))

    def drop(self, *, applied: bool = True) -> None:
        """The connection ends without an answer, by default after what was asked for is done."""
        self._waiting.append(Fault(dropped=True, applied=applied))

    def next(self, path: str) -> Fault | None:
        """The fault of the request that comes in now."""
        found = next((fault for fault in self._waiting if fault.path in ("", path)), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def _json(self, status: int, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self._waiting.append(Fault(JSONResponse(document, status, headers)))


class Dropped(Response):
    """No response: the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection of the server that this runs in; without a server, fail as a client would see it."""
        transport = scope["raum.transport"]
        if transport is None:
            raise httpx2.ReadError("the connection was dropped")
        transport.abort()
