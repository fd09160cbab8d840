"""The part `zendesk`: the helpdesk Protocol, in Zendesk's terms."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
from attrs import field, frozen, validators

from raum.api import Account, Event, Login, OperatorError, Reply, Secret, Ticket, TicketNotFound
from raum_zendesk import events, signature, tickets
from raum_zendesk.client import Client, authorization, shape
from raum_zendesk.comment_html import from_text
from raum_zendesk.documents import Document, listing, mapping, scrub
from raum_zendesk.persons import Persons

MARKER = "raum_job"
"""The name under which an update keeps the marker of the reply, in the audit's custom metadata."""

_MAX_AUDITS = 100_000
_MAX_IDENTITIES = 1_000


@frozen
class ZendeskOptions:
    """Options of the part `zendesk`.

    `{subdomain}` in `url` stands for the account's own; it must be https, save for a stand-in on this machine.
    `timeout_seconds` is for one call, `signature_age_seconds` for the time between signing and arrival.
    `max_comments` is Zendesk's own limit for a ticket; `max_response_bytes` counts the unpacked answer.
    """

    url: str = "https://{subdomain}.zendesk.com"
    timeout_seconds: float = field(default=30.0, validator=validators.gt(0))
    signature_age_seconds: int = field(default=300, validator=validators.gt(0))
    max_comments: int = field(default=5000, validator=validators.gt(0))
    max_response_bytes: int = field(default=32 * 1024 * 1024, validator=validators.gt(0))


class Zendesk:
    """Zendesk Support as helpdesk. An async context manager that owns one pool of connections.

    `transport` takes the place of the network.
    """

    def __init__(self, options: ZendeskOptions, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._options = options
        self._url = _checked(options.url)
        self._transport = transport
        self._http: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._http = httpx2.AsyncClient(
            transport=self._transport,
            timeout=self._options.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            # Cookies of one account must not reach the next, so none are kept.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": "raum", "Accept": "application/json"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: datetime) -> None:
        """Check the signature of a delivery. Raises InvalidSignature."""
        signature.verify(headers, body, secrets, now, timedelta(seconds=self._options.signature_age_seconds))

    def parse(self, body: bytes) -> Event | None:
        """What a verified delivery asks for. Raises InvalidDelivery."""
        return events.read(body)

    def ticket_from(self, document: Mapping[str, Any]) -> Ticket:
        """A ticket in Zendesk's REST shape with its comments and users written into it. Raises InvalidTicket."""
        return tickets.from_request(document)

    async def fetch(self, account: Account, login: Login, ticket_id: int) -> Ticket:
        """The ticket, all its comments, and everybody involved. Raises HelpdeskFailed and TicketNotFound.

        The ticket is read before its comments: a comment that is added in between makes the version an older one, so
        that Zendesk refuses a reply that does not know the comment.
        """
        client = await self._client(account, login)
        found = await client.get(f"tickets/{ticket_id}.json", "reading the ticket", include="users")
        comments, users = await self._comments(client, ticket_id)
        with shape("reading the ticket"):
            ticket = mapping(found.get("ticket"), "'ticket'")
            users = [*listing(found.get("users"), "'users'"), *users]
            persons = tickets.persons_of(ticket, comments, users)
            involved = dict.fromkeys(_involved(ticket, comments, persons))
        for user_id in involved:
            identities = await _identities(client, user_id)
            with shape("reading a user's identities"):
                for identity in identities:
                    persons.add_identity(identity)
        with shape("reading the ticket"):
            return tickets.assemble({**ticket, "id": ticket_id}, comments, persons)

    async def is_posted(self, account: Account, login: Login, ticket_id: int, marker: str) -> bool:
        """Whether an audit of the ticket carries the marker. Raises HelpdeskFailed and TicketNotFound."""
        client, what = await self._client(account, login), "reading the ticket's audits"
        async for page in client.pages(f"tickets/{ticket_id}/audits.json", "audits", what, _MAX_AUDITS):
            with shape("reading the ticket's audits"):
                if any(_marker(audit) == marker for audit in listing(page.get("audits"), "'audits'")):
                    return True
        return False

    async def post(self, account: Account, login: Login, ticket: Ticket, reply: Reply, marker: str) -> None:
        """Add the reply as a comment. Raises HelpdeskFailed; code `ticket_changed` if the ticket is not as it was read.

        Zendesk has no idempotency key for an update, so the marker goes into the audit's metadata; whether a comment
        is public would follow the first comment of the ticket, so it is always said
        (https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket).
        """
        update: dict[str, Any] = {
            "comment": {"html_body": from_text(scrub(reply.text)), "public": reply.public},
            "metadata": {MARKER: marker},
        }
        if ticket.version is not None:
            update |= {"safe_update": True, "updated_stamp": ticket.version}
        client = await self._client(account, login)
        await client.put(f"tickets/{ticket.id}.json", "posting the reply", {"ticket": update})

    async def _client(self, account: Account, login: Login) -> Client:
        if self._http is None:
            raise RuntimeError("the part is used before it is entered, or after it is left")
        return Client(
            http=self._http,
            url=self._url.replace("{subdomain}", account.subdomain),
            authorization=authorization(await login.secret()),
            timeout_seconds=self._options.timeout_seconds,
            max_response_bytes=self._options.max_response_bytes,
        )

    async def _comments(self, client: Client, ticket_id: int) -> tuple[list[Document], list[Document]]:
        comments: list[Document] = []
        users: list[Document] = []
        path, limit = f"tickets/{ticket_id}/comments.json", self._options.max_comments
        async for page in client.pages(path, "comments", "reading the comments", limit, include="users"):
            with shape("reading the comments"):
                comments += listing(page.get("comments"), "'comments'")
                users += listing(page.get("users"), "'users'")
        return comments, users


async def _identities(client: Client, user_id: int) -> list[Document]:
    identities: list[Document] = []
    path, what = f"users/{user_id}/identities.json", "reading a user's identities"
    try:
        async for page in client.pages(path, "identities", what, _MAX_IDENTITIES):
            identities += page.get("identities") or ()
    except TicketNotFound:  # the user was deleted for good; the comments stay
        return []
    return identities


def _involved(ticket: Document, comments: Sequence[Document], persons: Persons) -> Iterator[int]:
    """The end users who asked or wrote: their other addresses and numbers may be in the texts."""
    for user_id in (ticket.get("requester_id"), *(comment.get("author_id") for comment in comments)):
        if isinstance(user_id, int) and persons.is_end_user(user_id):
            yield user_id


def _marker(audit: Document) -> object:
    return mapping(mapping(audit.get("metadata"), "'metadata'").get("custom"), "'metadata.custom'").get(MARKER)


def _checked(url: str) -> str:
    """The base address without a slash at its end. Raises OperatorError."""
    try:
        parts = urlsplit(url.replace("{subdomain}", "example"))
        plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
        safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
        if plain and safe and parts.hostname and (parts.port is None or parts.port) and "{" not in parts.netloc:
            return url.rstrip("/")
    except ValueError:
        pass
    raise OperatorError(
        "zendesk: url must be an https address without a path, such as https://{subdomain}.zendesk.com; "
        "http is allowed for this machine alone, such as http://127.0.0.1:9000"
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
