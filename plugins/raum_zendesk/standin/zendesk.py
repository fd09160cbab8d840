"""The stand-in as its users see it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp

from raum.api import Secret
from raum_zendesk.comment_html import from_text
from raum_zendesk.standin import deliveries
from raum_zendesk.standin.admin import OAuth
from raum_zendesk.standin.apps import Apps
from raum_zendesk.standin.deliveries import WebhookRequest
from raum_zendesk.standin.faults import Faults
from raum_zendesk.standin.routes import ReceivedRequest, Server
from raum_zendesk.standin.state import Document, File, State


class ZendeskStandIn:
    """One Zendesk account in memory. `app` is its REST API, an ASGI application.

    `token` is the OAuth access token (or `email/token:token`) that the API accepts, `signing_secret` signs the
    deliveries, `page_size` is the most items on one page of a listing, `calls_per_minute` is what the account's plan
    allows. `me` is the user whom the token belongs to.
    """

    def __init__(
        self,
        token: str = "stand-in-token",  # noqa: S107 - opens nothing but this stand-in
        *,
        signing_secret: str = "stand-in-signing-secret",  # noqa: S107
        page_size: int = 100,
        calls_per_minute: int = 700,
    ) -> None:
        self.token = Secret(token)
        self.signing_secret = Secret(signing_secret)
        self._state = State()
        self.me = self.add_user("raum assistant", "assistant@example.org", role="agent")
        self._server = Server(self._state, self.token, self.signing_secret, self.me, page_size, calls_per_minute)
        self.app: ASGIApp = self._server
        self._messages = 0

    @property
    def requests(self) -> Sequence[ReceivedRequest]:
        """Everything that the API was asked, oldest first."""
        return self._server.requests

    def fail_next(
        self, status: int, *, body: bytes = b"", headers: Mapping[str, str] | None = None, applied: bool = False
    ) -> None:
        """Answer the next request with this; if `applied`, after doing what it asks, so that its own answer is lost."""
        self.faults.answer(status, body, headers, applied=applied)

    @property
    def faults(self) -> Faults:
        """The switches for what can go wrong."""
        return self._server.faults

    @property
    def oauth(self) -> OAuth:
        """The tokens that the API accepts besides `token`."""
        return self._server.oauth

    @property
    def webhooks(self) -> dict[str, Document]:
        """The webhooks that were made, by id."""
        return self._server.webhooks.known

    @property
    def apps(self) -> Apps:
        """The app that is installed, and what Zendesk signs for it."""
        return self._server.apps

    def set_calls_left(self, number: int) -> None:
        """How many calls the account has left this minute, as the answers tell it."""
        self._server.calls.set_left(number)

    def keep_files_at(self, url: str) -> None:
        """Send those who download attachments to another address; without it, to the stand-in itself."""
        self._server.files.elsewhere = url

    def add_organization(self, name: str) -> int:
        """Add an organization, and return its id."""
        return self._state.add_organization(name)

    def add_side_conversation(self, ticket_id: int, subject: str, messages: Sequence[Document]) -> str:
        """Add a side conversation of messages with `from`, `to` and `body`, and return its id."""
        return self._state.add_side_conversation(ticket_id, subject, messages)

    def set_minutes(self, ticket_id: int, **minutes: int) -> None:
        """What the ticket's metrics say, such as `full_resolution_time_in_minutes`."""
        self._state.minutes[ticket_id] = minutes

    def scan(self, attachment_id: int, result: str) -> None:
        """Zendesk's word on a file, once it has scanned it."""
        found = self._state.attachment(attachment_id)
        if found is not None:
            found["malware_scan_result"] = result

    def add_user(
        self, name: str, email: str | None = None, phone: str | None = None, *, role: str = "end-user", alias: str = ""
    ) -> int:
        """Add a user with the identities that the address and the number make, and return its id."""
        return self._state.add_user(name, email, phone, role, alias)

    def add_identity(self, user_id: int, kind: str, value: str) -> int:
        """Give a user another address (`email`) or number (`phone_number`), and return the identity's id."""
        return self._state.add_identity(user_id, kind, value)

    def add_ticket(
        self, subject: str, requester_id: int, body: str | None = None, *, html_body: str | None = None,
        public: bool = True, channel: str = "email", files: Sequence[str | File] = (), **fields: Any,
    ) -> int:  # fmt: skip
        """Add a ticket with the requester's first comment, if there is one, and return its id.

        `fields` are further keys of the ticket's document, such as `status`, `tags` or `custom_fields`.
        """
        ticket_id = self._state.add_ticket(subject, requester_id, channel, **fields)
        if body is not None or html_body is not None:
            self.add_comment(
                ticket_id, requester_id, body, html_body=html_body, public=public, channel=channel, files=files
            )
        return ticket_id

    def add_comment(
        self, ticket_id: int, author_id: int, body: str | None = None, *, html_body: str | None = None,
        public: bool = True, channel: str = "web", files: Sequence[str | File] = (), data: Document | None = None,
    ) -> int:  # fmt: skip
        """Add a comment, from plain text or HTML, and return its id. `data` makes it one about a telephone call."""
        source = html_body if html_body is not None else from_text(body or "")
        audit = self._state.add_comment(
            ticket_id, author_id, source, public=public, channel=channel, files=files, data=data
        )
        return int(audit["events"][0]["id"])

    @property
    def users(self) -> Mapping[int, Document]:
        """The users' documents, by id."""
        return self._state.users

    def ticket(self, ticket_id: int) -> Document:
        """The ticket's document."""
        return self._state.tickets[ticket_id]

    def comments(self, ticket_id: int) -> Sequence[Document]:
        """The ticket's comments, oldest first."""
        return self._state.comments[ticket_id]

    def audits(self, ticket_id: int) -> Sequence[Document]:
        """The ticket's audits, oldest first."""
        return self._state.audits[ticket_id]

    def delivery_for_ticket_created(self, ticket_id: int) -> WebhookRequest:
        """The event webhook for a new ticket."""
        ticket = self.ticket(ticket_id)
        return self._signed(deliveries.ticket_event("created", ticket, {}, ticket["created_at"]))

    def delivery_for_comment_added(self, ticket_id: int, comment_id: int) -> WebhookRequest:
        """The event webhook for a comment."""
        comment = next(comment for comment in self.comments(ticket_id) if comment["id"] == comment_id)
        event = deliveries.comment_event(comment, self._state.users[comment["author_id"]])
        ticket, time = self.ticket(ticket_id), comment["created_at"]
        return self._signed(deliveries.ticket_event("comment_added", ticket, event, time, comment_id))

    def delivery_for_status_changed(self, ticket_id: int, current: str, previous: str = "open") -> WebhookRequest:
        """The event webhook for another status."""
        event = {"current": current.upper(), "previous": previous.upper()}
        return self._about(ticket_id, "status_changed", event)

    def delivery_for_rated(self, ticket_id: int) -> WebhookRequest:
        """The event webhook for a rating."""
        return self._about(ticket_id, "csat_received", {"rating": {"score": "good"}})

    def delivery_for_ticket_merged(self, ticket_id: int, into: int) -> WebhookRequest:
        """The event webhook for a ticket that was merged into another."""
        return self._about(ticket_id, "merged", {"target_ticket_id": str(into)})

    def delivery_for_ticket_deleted(self, ticket_id: int) -> WebhookRequest:
        """The event webhook for a ticket that is deleted for good; to be made before it is."""
        return self._about(ticket_id, "permanently_deleted", {})

    def delivery_for_user_deleted(self, user_id: int) -> WebhookRequest:
        """The event webhook for a user who is deleted."""
        return self._signed(deliveries.user_event("deleted", self._state.users[user_id]))

    def _about(self, ticket_id: int, kind: str, event: Document) -> WebhookRequest:
        ticket = self.ticket(ticket_id)
        return self._signed(deliveries.ticket_event(kind, ticket, event, ticket["updated_at"]))

    def delivery_for_message_added(self, ticket_id: int, message: str, actor_type: str = "end_user") -> WebhookRequest:
        """The event webhook for a new message in a conversation."""
        self._messages += 1
        return self._signed(deliveries.message_event(self.ticket(ticket_id), message, actor_type, self._messages))

    def delivery_for_trigger(self, ticket_id: int) -> WebhookRequest:
        """The trigger webhook whose body raum's documentation recommends."""
        comments = self.comments(ticket_id)
        return self._signed(deliveries.trigger_body(self.ticket(ticket_id), comments[-1] if comments else None))

    def _signed(self, document: Document) -> WebhookRequest:
        return deliveries.signed(document, self.signing_secret.reveal())
