"""A route together with what it takes and what it gives: the same record serves requests and describes itself."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raum.toml.structuring import plain
from raum.web.body import JSON, json_object, parsed

Handler = Callable[..., Awaitable[Any]]
"""Gets the request and, if the endpoint has one, the parsed body; gives what the endpoint answers, or a response."""

MERGE_PATCH: Final = "application/merge-patch+json"
"""The media type of a JSON merge patch (RFC 7396)."""


@frozen
class Parameter:
    """A name that may be in the query, what it is for, and the JSON Schema of its value."""

    name: str
    help: str
    schema: Mapping[str, Any]


@frozen
class Endpoint:
    """One method of one route.

    `answer` is the attrs class that the handler gives, or the media types of what is no JSON document, or None for an
    answer without a body. `body` is the attrs class that the request is parsed into; of a merge patch (`patches`) it is
    what is patched, and the handler gets the patch as it is. `problems` are the statuses of problem documents besides
    those that every endpoint of its kind has.
    """

    method: str
    path: str
    handle: Handler
    summary: str
    answer: type | tuple[str, ...] | None
    status: int = 200
    also: tuple[int, ...] = ()
    body: type | None = None
    patches: bool = False
    query: tuple[Parameter, ...] = ()
    problems: tuple[int, ...] = ()
    streams: bool = False
    needs_if_match: bool = False
    has_etag: bool = False
    is_raw: bool = False

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        if self.body is None or self.is_raw:
            given = await self.handle(request)
        elif self.patches:
            given = await self.handle(request, await json_object(request, (MERGE_PATCH, JSON)))
        else:
            given = await self.handle(request, await parsed(request, self.body))
        return given if isinstance(given, Response) else self.response(given)

    def response(self, given: Any) -> Response:
        """What the handler gave, as a response."""
        if type(given) is not self.answer:
            raise TypeError(f"{self.method} {self.path} answers with another type than it says")
        return document(given, self.status)


def document(given: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An attrs instance as a JSON document."""
    return JSONResponse(plain(given), status, headers)


def routes(endpoints: Iterable[Endpoint]) -> list[Route]:
    """The routes, one for each path, so that a method that is not there is answered 405 with those that are."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [Route(path, _serving(methods), methods=list(methods)) for path, methods in by_path.items()]


def _serving(methods: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return await methods["GET" if request.method == "HEAD" else request.method].serve(request)

    return serve
