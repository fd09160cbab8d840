"""The routes that read tickets, users and what belongs to them."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum_zendesk.standin import shown
from raum_zendesk.standin.pages import paged
from raum_zendesk.standin.state import Document, State
from raum_zendesk.standin.table import Table

_MINUTES = (
    "reply_time_in_minutes", "first_resolution_time_in_minutes", "full_resolution_time_in_minutes",
    "agent_wait_time_in_minutes", "requester_wait_time_in_minutes", "on_hold_time_in_minutes",
)  # fmt: skip


class Reads:
    """Answers out of a State; `page_size` is the most on one page."""

    def __init__(self, state: State, page_size: int) -> None:
        self._state = state
        self.page_size = page_size
        self.table: Table = [
            ("GET", "api/v2/users/show_many", self._show_many),
            ("GET", "api/v2/users/{id:int}", self._user),
            ("GET", "api/v2/users/{id:int}/identities", self._identities),
            ("GET", "api/v2/users/{id:int}/tickets/requested", self._requested),
            ("GET", "api/v2/tickets/{id:int}", self._ticket),
            ("GET", "api/v2/tickets/{id:int}/comments", self._comments),
            ("GET", "api/v2/tickets/{id:int}/audits", self._audits),
            ("GET", "api/v2/tickets/{id:int}/metrics", self._metrics),
            ("GET", "api/v2/tickets/{id:int}/side_conversations", self._side_conversations),
            ("GET", "api/v2/tickets/{id:int}/side_conversations/{conversation}/events", self._side_events),
            ("GET", "api/v2/satisfaction_ratings", self._ratings),
            ("GET", "api/v2/incremental/tickets/cursor", self._incremental),
        ]

    async def _user(self, request: Request) -> Response:
        user = self._state.users.get(request.path_params["id"])
        return shown.error(shown.NOT_FOUND) if user is None else JSONResponse({"user": shown.user(request, user)})

    async def _show_many(self, request: Request) -> Response:
        ids: list[int | None] = [
            int(part) for part in request.query_params.get("ids", "").split(",") if part.isdecimal()
        ]
        return JSONResponse({"users": self._users(request, ids)})

    async def _identities(self, request: Request) -> Response:
        user_id = request.path_params["id"]
        if user_id not in self._state.identities:
            return shown.error(shown.NOT_FOUND)
        identities = [
            {"url": f"{shown.api(request)}users/{user_id}/identities/{identity['id']}.json", **identity}
            for identity in self._state.identities[user_id]
        ]
        return JSONResponse(paged(request, "identities", identities, self.page_size)[0])

    async def _requested(self, request: Request) -> Response:
        user_id = request.path_params["id"]
        if user_id not in self._state.users:
            return shown.error(shown.NOT_FOUND)
        mine = [each for each in self._state.tickets.values() if each["requester_id"] == user_id]
        document, items = paged(request, "tickets", mine, self.page_size)
        document["tickets"] = [shown.ticket(request, ticket) for ticket in items]
        return JSONResponse(document)

    async def _ticket(self, request: Request) -> Response:
        ticket = self._state.tickets.get(request.path_params["id"])
        if ticket is None:
            return shown.error(shown.NOT_FOUND)
        document: Document = {"ticket": shown.ticket(request, ticket)}
        if shown.includes(request, "users"):
            ids = [ticket["requester_id"], ticket["submitter_id"], ticket["assignee_id"], *ticket["collaborator_ids"]]
            document["users"] = self._users(request, ids)
        if shown.includes(request, "organizations"):
            found = self._state.organizations.get(ticket["organization_id"])
            document["organizations"] = [found] if found else []
        return JSONResponse(document)

    async def _comments(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return shown.error(shown.NOT_FOUND)
        document, items = paged(request, "comments", self._state.comments[ticket_id], self.page_size)
        document["comments"] = [shown.comment(request, comment) for comment in items]
        if shown.includes(request, "users"):
            document["users"] = self._users(request, [comment["author_id"] for comment in items])
        return JSONResponse(document)

    async def _audits(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return shown.error(shown.NOT_FOUND)
        document, items = paged(request, "audits", self._state.audits[ticket_id], self.page_size)
        document["audits"] = [shown.audit(request, audit) for audit in items]
        return JSONResponse(document)

    async def _metrics(self, request: Request) -> Response:
        ticket = self._state.tickets.get(request.path_params["id"])
        if ticket is None:
            return shown.error(shown.NOT_FOUND)
        minutes = self._state.minutes.get(ticket["id"], {})
        spans = {key: {"calendar": minutes.get(key), "business": minutes.get(key)} for key in _MINUTES}
        solved_at = ticket["updated_at"] if ticket["status"] in ("solved", "closed") else None
        counts = {"reopens": 0, "replies": max(len(self._state.comments[ticket["id"]]) - 1, 0), "solved_at": solved_at}
        document = {
            "id": ticket["id"],
            "ticket_id": ticket["id"],
            "created_at": ticket["created_at"],
            **counts,
            **spans,
        }
        return JSONResponse({"ticket_metric": document})

    async def _side_conversations(self, request: Request) -> Response:
        ticket_id = request.path_params["id"]
        if ticket_id not in self._state.tickets:
            return shown.error(shown.NOT_FOUND)
        found = [
            {key: value for key, value in conversation.items() if key != "events"}
            for conversation in self._state.side_conversations.get(ticket_id, ())
        ]
        return JSONResponse(paged(request, "side_conversations", found, self.page_size)[0])

    async def _side_events(self, request: Request) -> Response:
        for conversation in self._state.side_conversations.get(request.path_params["id"], ()):
            if conversation["id"] == request.path_params["conversation"]:
                return JSONResponse(paged(request, "events", conversation["events"], self.page_size)[0])
        return shown.error(shown.NOT_FOUND)

    async def _ratings(self, request: Request) -> Response:
        ratings = [
            {"ticket_id": ticket["id"], "requester_id": ticket["requester_id"], **ticket["satisfaction_rating"]}
            for ticket in self._state.tickets.values()
            if ticket["satisfaction_rating"] and "id" in ticket["satisfaction_rating"]
        ]
        return JSONResponse(paged(request, "satisfaction_ratings", ratings, self.page_size)[0])

    async def _incremental(self, request: Request) -> Response:
        """https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api/."""
        position = request.query_params.get("cursor", "")
        start = int(position) if position.isdecimal() else 0
        since = request.query_params.get("start_time", "0")
        changed = sorted(self._state.tickets.values(), key=lambda ticket: (ticket["generated_timestamp"], ticket["id"]))
        changed = [each for each in changed if each["generated_timestamp"] >= int(since if since.isdecimal() else 0)]
        page = changed[start : start + self.page_size]
        after = str(start + len(page))
        url = f"{shown.api(request)}incremental/tickets/cursor.json"
        return JSONResponse({
            "tickets": [shown.ticket(request, ticket) for ticket in page], "after_cursor": after,
            "after_url": f"{url}?cursor={after}", "before_cursor": None, "before_url": None,
            "end_of_stream": start + self.page_size >= len(changed),
        })  # fmt: skip

    def _users(self, request: Request, ids: list[int | None]) -> list[Document]:
        users = [self._state.users.get(user_id) for user_id in dict.fromkeys(ids) if user_id is not None]
        return [shown.user(request, user) for user in users if user is not None]
