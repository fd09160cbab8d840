"""The stand-in's REST API.

Every route is served with and without `.json`; all addresses in the answers lead back to where the request came in.
"""

import base64
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import field, frozen
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from raum.api import Secret
from raum_zendesk.standin.pages import paged
from raum_zendesk.standin.state import Closed, Conflict, Document, State

_RATE_LIMIT = 700
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

_NOT_FOUND = (404, {"error": "RecordNotFound", "description": "Not found"})
_NO_SUCH_ROUTE = (404, {"error": "InvalidEndpoint", "description": "Not found"})
_UNAUTHENTICATED = (401, {"error": "Couldn't authenticate you"})
_NOT_JSON = (400, {"error": "Unprocessable", "message": "Server could not parse JSON"})
_CONFLICT = (409, {"error": "UpdateConflict", "description": "Safe Update prevented the update"})
_CLOSED = (
    422,
    {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
    },
)


@frozen
class ReceivedRequest:
    """A request as it came in."""

    method: str
    path: str
    query: str
    body: bytes = field(repr=False)


class Server:
    """Answers requests about a State."""

    def __init__(self, state: State, token: Secret, me: int, page_size: int) -> None:
        self._state = state
        self._token = token
        self._me = me
        self._page_size = page_size
        self._failures: list[tuple[Response, bool]] = []
        self.requests: list[ReceivedRequest] = []
        self.app = Starlette(routes=self._routes())

    def fail_next(self, status: int, body: bytes, headers: Mapping[str, str], *, applied: bool) -> None:
        """Answer the next request with this, before or after doing what it asks."""
        self._failures.append((Response(body, status, headers), applied))

    def _routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "users/me", self._whoami),
            ("GET", "users/{id:int}", self._user),
            ("GET", "users/{id:int}/identities", self._identities),
            ("GET", "tickets/{id:int}", self._ticket),
            ("PUT", "tickets/{id:int}", self._update),
            ("GET", "tickets/{id:int}/comments", self._comments),
            ("GET", "tickets/{id:int}/audits", self._audits),
        ]
        known = [
            Route(f"/api/v2/{path}{suffix}", self._endpoint(handler), methods=[method])
            for method, path, handler in table
            for suffix in (".json", "")
        ]
        return [*known, Route("/{path:path}", self._endpoint(_unknown), methods=_METHODS)]

    def _endpoint(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self.requests.append(
                ReceivedRequest(request.method, request.url.path, request.url.query, await request.body())
            )
            failure, applied = self._failures.pop(0) if self._failures else (None, False)
            if failure is not None and not applied:
                return failure
            response = await self._authenticated(request, handler)
            return failure if failure is not None else self._with_headers(response)

        return endpoint

    async def _authenticated(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        # Without a token, Zendesk answers this one route as to an anonymous visitor.
        if handler != self._whoami and not self._knows(request):
            return _error(_UNAUTHENTICATED)
        return await handler(request)

    def _knows(self, request: Request) -> bool:
        token = self._token.reveal()
        basic = base64.b64encode(token.encode("utf-8")).decode("ascii")
        expected = f"Basic {basic}" if "/token:" in token else f"Bearer {token}"
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode())

    def _with_headers(self, response: Response) -> Response:
        remaining = str(max(_RATE_LIMIT - len(self.requests), 0))
        response.headers.update(
            {
                "x-rate-limit": str(_RATE_LIMIT),
                "x-rate-limit-remaining": remaining,
                "ratelimit-limit": str(_RATE_LIMIT),
                "ratelimit-remaining": remaining,
                "ratelimit-reset": "21",
                "x-request-id": f"{len(self.requests):032x}",
                "x-zendesk-api-version": "v2",
            }
        )
        return response

    async def _whoami(self, request: Request) -> Response:
        if not self._knows(request):
            return JSONResponse({"user": {"id": None, "name": "Anonymous user", "role": "end-user"}})
        return JSONResponse({"user": _shown_user(request, self._state.users[self._me])})

    async def _user(self, request: Request) -> Response:
        user = self._state.users.get(request.path_params["id"])
        return _error(_NOT_FOUND) if user is None else JSONResponse({"user": _shown_user(request, user)})

    async def _identities(self, request: Request) -> Response:
        user_id = request.path_params["id"]
        if user_id not in self._state.identities:
            return _error(_NOT_FOUND)
        identities = [
            {"url": f"{_api(request)}users/{user_id}/identities/{identity['id']}.json", **identity}
            for identity in self._state.identities[user_id]
        ]
        return JSONResponse(paged(request, "identities", identities, self._page_size)[0])

    async def _ticket(self, request: Request) -> Response:
        ticket = self._state.tickets.get(request.path_params["id"])
        if ticket is None:
            return _error(_NOT_FOUND)
        document: Document = {"ticket": _shown_ticket(request, ticket)}
        if _includes_users(request):
            ids = [ticket["requester_id"], ticket["submitter_id"], ticket["assignee_id"], *ticket["collaborator_ids"]]
            document["users"] = self._users(request, ids)
        return JSONResponse(document)

    async def _comments(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return _error(_NOT_FOUND)
        document, items = paged(request, "comments", self._state.comments[ticket_id], self._page_size)
        document["comments"] = [_shown_comment(request, comment) for comment in items]
        if _includes_users(request):
            document["users"] = self._users(request, [comment["author_id"] for comment in items])
        return JSONResponse(document)

    async def _audits(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return _error(_NOT_FOUND)
        document, items = paged(request, "audits", self._state.audits[ticket_id], self._page_size)
        document["audits"] = [_shown_audit(request, audit) for audit in items]
        return JSONResponse(document)

    async def _update(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return _error(_NOT_FOUND)
        try:
            audit = self._state.update(ticket_id, self._me, json.loads(await request.body())["ticket"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return _error(_NOT_JSON)
        except Conflict:
            return _error(_CONFLICT)
        except Closed:
            return _error(_CLOSED)
        ticket = self._state.tickets[ticket_id]
        return JSONResponse({"ticket": _shown_ticket(request, ticket), "audit": _shown_audit(request, audit)})

    def _users(self, request: Request, ids: list[int | None]) -> list[Document]:
        users = [self._state.users.get(user_id) for user_id in dict.fromkeys(ids) if user_id is not None]
        return [_shown_user(request, user) for user in users if user is not None]


async def _unknown(_request: Request) -> Response:
    return _error(_NO_SUCH_ROUTE)


def _error(error: tuple[int, Mapping[str, Any]]) -> Response:
    status, document = error
    return JSONResponse(document, status)


def _api(request: Request) -> str:
    return f"{request.base_url}api/v2/"


def _includes_users(request: Request) -> bool:
    return "users" in request.query_params.get("include", "").split(",")


def _shown_user(request: Request, user: Document) -> Document:
    return {"url": f"{_api(request)}users/{user['id']}.json", **user}


def _shown_ticket(request: Request, ticket: Document) -> Document:
    return {"url": f"{_api(request)}tickets/{ticket['id']}.json", **ticket, "fields": ticket["custom_fields"]}


def _shown_audit(request: Request, audit: Document) -> Document:
    events = [_shown_comment(request, event) if event["type"] == "Comment" else event for event in audit["events"]]
    return {**audit, "events": events}


def _shown_comment(request: Request, comment: Document) -> Document:
    return {**comment, "attachments": [_shown_attachment(request, file) for file in comment["attachments"]]}


def _shown_attachment(request: Request, file: Document) -> Document:
    content_url = f"{request.base_url}attachments/token/{file['id']:x}/?name={file['file_name']}"
    return {
        "url": f"{_api(request)}attachments/{file['id']}.json",
        **file,
        "content_url": content_url,
        "mapped_content_url": content_url,
    }
