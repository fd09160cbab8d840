"""Around every request: an id, the size check, safe headers, one log line, and a last resort for bugs."""

import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from raum.ids import new_id
from raum.log import where
from raum.web.problems import Problem, response_of

_log = structlog.get_logger("raum.web")

_LONGEST_LENGTH: Final = 18

# No page and no answer of the host is for framing, sniffing, referring or caching.
_SAFE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Requests:
    """ASGI middleware. Logs the route's pattern and never the path, which may hold a webhook key or a stray query."""

    def __init__(self, app: ASGIApp, body_bytes: int) -> None:
        self._app = app
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope.setdefault("state", {})["request_id"] = new_id()
        started, status = time.monotonic(), 0

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _SAFE_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
            await send(message)

        try:
            if problem := self._refusal(Headers(scope=scope)):
                await response_of(problem, request_id)(scope, receive, send_safely)
            else:
                await self._app(scope, receive, send_safely)
        except Exception as error:  # noqa: BLE001 -- a bug; told by type and place, because its text may quote the body
            _log.error("bug in a route", request=request_id, error=type(error).__name__, where=where(error))
            if not status:
                problem = Problem(500, "internal_error", "raum failed in a way it does not know; the log says where.")
                await response_of(problem, request_id)(scope, receive, send_safely)
        finally:
            route = getattr(scope.get("route"), "path", None)
            ms = round((time.monotonic() - started) * 1000)
            _log.info("request", request=request_id, method=scope["method"], route=route, status=status, ms=ms)

    def _refusal(self, headers: Headers) -> Problem | None:
        """Why a request is not even read: it says itself that it is too large, or its body is encoded."""
        length = headers.get("content-length", "0")
        # int() refuses more than 4,300 digits
        if not length.isdecimal() or len(length) > _LONGEST_LENGTH or int(length) > self._body_bytes:
            return Problem(413, "content_too_large", f"The body is longer than {self._body_bytes} bytes.")
        if headers.get("content-encoding", "identity").lower() != "identity":
            return Problem(415, "unsupported_media_type", "An encoded body is not read; send it without encoding.")
        return None
