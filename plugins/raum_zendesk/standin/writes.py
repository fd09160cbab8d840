"""The routes that change tickets."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum_zendesk.standin import shown
from raum_zendesk.standin.state import Closed, Conflict, State
from raum_zendesk.standin.table import Table

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)


class Writes:
    """Changes a State in the name of the user `me`."""

    def __init__(self, state: State, me: int) -> None:
        self._state = state
        self._me = me
        self.table: Table = [
            ("PUT", "api/v2/tickets/{id:int}", self._update),
            ("PUT", "api/v2/tickets/{id:int}/tags", self._tags),
            ("POST", "api/v2/tickets/{id:int}/tags", self._tags),
            ("DELETE", "api/v2/tickets/{id:int}/tags", self._tags),
            ("PUT", "api/v2/tickets/{id:int}/comments/{comment:int}/redact", self._redact),
        ]

    async def _update(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return shown.error(shown.NOT_FOUND)
        try:
            audit = self._state.update(ticket_id, self._me, json.loads(await request.body())["ticket"])
        except _UNREADABLE:
            return shown.error(shown.NOT_JSON)
        except Conflict:
            return shown.error(shown.CONFLICT)
        except Closed:
            return shown.error(shown.CLOSED)
        ticket = self._state.tickets[ticket_id]
        return JSONResponse({"ticket": shown.ticket(request, ticket), "audit": shown.audit(request, audit)})

    async def _tags(self, request: Request) -> Response:
        """PUT adds, DELETE removes, POST sets."""
        ticket = self._state.tickets.get(request.path_params["id"])
        if ticket is None:
            return shown.error(shown.NOT_FOUND)
        try:
            given: Any = json.loads(await request.body())["tags"]
            named = [str(tag) for tag in given]
        except _UNREADABLE:
            return shown.error(shown.NOT_JSON)
        kept = [] if request.method == "POST" else [tag for tag in ticket["tags"] if tag not in named]
        ticket["tags"] = kept if request.method == "DELETE" else [*kept, *dict.fromkeys(named)]
        return JSONResponse({"tags": ticket["tags"]})

    async def _redact(self, request: Request) -> Response:
        """The text becomes as many full blocks."""
        for comment in self._state.comments.get(request.path_params["id"], ()):
            if comment["id"] == request.path_params["comment"]:
                try:
                    words = str(json.loads(await request.body())["text"])
                except _UNREADABLE:
                    return shown.error(shown.NOT_JSON)
                for key in ("body", "html_body", "plain_body"):
                    comment[key] = comment[key].replace(words, "▇" * len(words))
                return JSONResponse({"comment": shown.comment(request, comment)})
        return shown.error(shown.NOT_FOUND)
