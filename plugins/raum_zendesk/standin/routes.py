"""The stand-in's HTTP interface.

Every route of the API is served with and without `.json`; all addresses in the answers lead back to where the request
came in.
"""

import asyncio
import base64
import hmac

from attrs import field, frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from raum.api import Secret
from raum_zendesk.standin import shown
from raum_zendesk.standin.admin import OAuth, Webhooks
from raum_zendesk.standin.apps import Apps
from raum_zendesk.standin.calls import Calls
from raum_zendesk.standin.faults import Dropped, Faults
from raum_zendesk.standin.files import Files
from raum_zendesk.standin.reads import Reads
from raum_zendesk.standin.state import State
from raum_zendesk.standin.table import Handler, Table
from raum_zendesk.standin.writes import Writes

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@frozen
class ReceivedRequest:
    """A request as it came in."""

    method: str
    path: str
    query: str
    body: bytes = field(repr=False)
    authorization: str = field(default="", repr=False, eq=False)
    host: str = field(default="", eq=False)


class Server:
    """Answers requests about a State. An ASGI application."""

    def __init__(
        self, state: State, token: Secret, signing_secret: Secret, me: int, page_size: int, calls_per_minute: int
    ) -> None:
        self._state = state
        self._token = token
        self._me = me
        self.requests: list[ReceivedRequest] = []
        self.faults = Faults()
        self.calls = Calls(calls_per_minute)
        self.oauth = OAuth()
        self.webhooks = Webhooks(signing_secret, page_size)
        self.apps = Apps()
        self.files = Files(state, self._knows)
        writes = Writes(state, me)
        self._app = Starlette(routes=self._routes([*Reads(state, page_size).table, *writes.table]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # To be able to drop a connection, whatever wraps `send` further in.
        scope["raum.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await self._app(scope, receive, send)

    def _routes(self, table: Table) -> list[Route]:
        whoami: Table = [("GET", "api/v2/users/me", self._whoami)]
        closed = [*table, *self.webhooks.table, *self.apps.table, *self.files.table]
        routes = [
            Route(f"/{path}{suffix}", self._endpoint(handler, is_open=is_open), methods=[method])
            for is_open, group in ((True, whoami), (False, closed))
            for method, path, handler in group
            for suffix in (".json", "")
        ]
        routes += [
            Route(f"/{path}", self._endpoint(handler, is_open=True), methods=[method])
            for method, path, handler in (*self.files.open_table, *self.oauth.open_table)
        ]
        return [*routes, Route("/{path:path}", self._endpoint(_unknown, is_open=False), methods=_METHODS)]

    def _endpoint(self, handler: Handler, *, is_open: bool) -> Handler:
        async def endpoint(request: Request) -> Response:
            await self._keep(request)
            fault = self.faults.next(request.url.path)
            if fault is not None and (fault.response or fault.dropped) and not fault.applied:
                return fault.response or Dropped()
            may = is_open or self._knows(request)
            response = await handler(request) if may else shown.error(shown.UNAUTHENTICATED)
            if fault is not None:
                await asyncio.sleep(fault.seconds)
                if fault.response or fault.dropped:
                    return fault.response or Dropped()
            return self._with_headers(response)

        return endpoint

    async def _keep(self, request: Request) -> None:
        body, headers = await request.body(), request.headers
        self.requests.append(
            ReceivedRequest(
                request.method, request.url.path, request.url.query, body, headers.get("authorization", ""),
                request.url.hostname or "",
            )
        )  # fmt: skip

    def _knows(self, request: Request) -> bool:
        token, given = self._token.reveal(), request.headers.get("authorization", "")
        basic = base64.b64encode(token.encode("utf-8")).decode("ascii")
        expected = f"Basic {basic}" if "/token:" in token else f"Bearer {token}"
        return hmac.compare_digest(given.encode(), expected.encode()) or self.oauth.knows(given.removeprefix("Bearer "))

    def _with_headers(self, response: Response) -> Response:
        response.headers.update(
            {
                **self.calls.counted(),
                "x-request-id": f"{len(self.requests):032x}",
                "x-zendesk-api-version": "v2",
            }
        )
        return response

    async def _whoami(self, request: Request) -> Response:
        # Without a token, Zendesk answers this one route as to an anonymous visitor.
        if not self._knows(request):
            return JSONResponse({"user": {"id": None, "name": "Anonymous user", "role": "end-user"}})
        return JSONResponse({"user": shown.user(request, self._state.users[self._me])})


async def _unknown(_request: Request) -> Response:
    return shown.error(shown.NO_SUCH_ROUTE)
