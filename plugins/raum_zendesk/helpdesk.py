"""The part `zendesk`: the helpdesk Protocol, in Zendesk's terms."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
from attrs import field, frozen, validators

from raum.api import (
    Account,
    AppUser,
    Attachment,
    Event,
    HelpdeskFailed,
    InvalidSignature,
    Login,
    Measures,
    OperatorError,
    PersonNotFound,
    Reply,
    Secret,
    Ticket,
    TicketNotFound,
)
from raum_zendesk import app_tokens, events, signature, tickets
from raum_zendesk.access import Access, FixedToken, RenewedToken
from raum_zendesk.app_tokens import App, AppKeys
from raum_zendesk.budget import Budget
from raum_zendesk.client import Client, shape
from raum_zendesk.comment_html import from_text
from raum_zendesk.documents import Document, listing, mapping, number, scrub, text
from raum_zendesk.files import Files
from raum_zendesk.measures import measures_of
from raum_zendesk.oauth import Grant, OAuthClient, TokenEndpoint
from raum_zendesk.reading import Reader

MARKER = "raum_job"
"""The name under which an update keeps the marker of the reply, in the audit's custom metadata."""

_MAX_AUDITS = 100_000
_MAX_TICKETS = 100_000


@frozen
class ZendeskOptions:
    """Options of the part `zendesk`.

    `{subdomain}` in `url` stands for the account's own; it must be https, save for a stand-in on this machine.
    `client_id`, `client_secret` and `redirect_uri` are those of the OAuth client by which accounts are connected.
    `timeout_seconds` is for one call, `signature_age_seconds` for the time between signing and arrival.
    `patience_seconds` is how long a call waits for its turn at most; `reserve` is the share of the account's calls per
    minute, from 0 to 1, that is left to the team's own tools.
    `scan_seconds` is how long Zendesk's scan of a new attachment for malware is waited for.
    `max_comments` is Zendesk's own limit for a ticket; `max_response_bytes` counts the unpacked answer.
    """

    url: str = "https://{subdomain}.zendesk.com"
    client_id: str = ""
    client_secret: Secret | None = None
    redirect_uri: str = "http://localhost:8976/zendesk"
    timeout_seconds: float = field(default=30.0, validator=validators.gt(0))
    patience_seconds: float = field(default=10.0, validator=validators.ge(0))
    reserve: float = field(default=0.2, validator=[validators.ge(0), validators.lt(1)])
    signature_age_seconds: int = field(default=300, validator=validators.gt(0))
    scan_seconds: float = field(default=5.0, validator=validators.ge(0))
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
        self._budgets: dict[str, Budget] = {}
        self._app_keys = AppKeys()

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

    def installation_of(self, token: Secret) -> str | None:
        """The installation that an app's token says it is for; nothing is verified."""
        return app_tokens.installation_of(token)

    async def app_user(self, account: Account, login: Login, token: Secret) -> AppUser:
        """Who opened the account's app. Raises InvalidSignature; HelpdeskFailed if the app's key cannot be had."""
        if not account.app or not account.installation or self.installation_of(token) != account.installation:
            raise InvalidSignature("the app's token is not valid")
        app = App(self.url(account), account.app, account.installation)
        return await self._app_keys.user(app, self.client(account, login), token)

    async def fetch(self, account: Account, login: Login, ticket_id: int) -> Ticket:
        """The ticket, all that is said on it, and everybody involved. Raises HelpdeskFailed and TicketNotFound."""
        return await Reader(self.client(account, login), self._options.max_comments).ticket(ticket_id)

    async def download(self, account: Account, login: Login, attachment: Attachment, most_bytes: int) -> bytes:
        """The content of an attachment. Raises Unreadable; HelpdeskFailed if it may be there later."""
        files = Files(self.client(account, login), self._options.scan_seconds)
        return await files.download(attachment, most_bytes)

    async def is_posted(self, account: Account, login: Login, ticket_id: int, marker: str) -> bool:
        """Whether an audit of the ticket carries the marker. Raises HelpdeskFailed and TicketNotFound."""
        client, what = self.client(account, login), "reading the ticket's audits"
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
        client = self.client(account, login)
        try:
            await client.put(f"tickets/{ticket.id}.json", "posting the reply", {"ticket": update})
        except HelpdeskFailed as failure:
            if not await self._got_through(account, login, ticket.id, marker, failure):
                raise

    async def _got_through(
        self, account: Account, login: Login, ticket_id: int, marker: str, failure: HelpdeskFailed
    ) -> bool:
        """Whether the reply is on the ticket although the answer was lost."""
        if failure.code != "helpdesk_unavailable":
            return False
        try:
            return await self.is_posted(account, login, ticket_id, marker)
        except HelpdeskFailed:  # nobody knows; the next try looks again
            return False

    async def tickets_of(self, account: Account, login: Login, person_id: int) -> Sequence[int]:
        """The numbers of the tickets that a user requested. Raises HelpdeskFailed and PersonNotFound."""
        path, what = f"users/{person_id}/tickets/requested.json", "reading a user's tickets"
        try:
            found = await self.client(account, login).listed(path, "tickets", "reading a user's tickets", _MAX_TICKETS)
        except TicketNotFound:
            raise PersonNotFound(
                "Zendesk does not know the person any more, so that nobody can say which tickets were theirs"
            ) from None
        with shape(what):
            return [number(ticket.get("id"), "a ticket's 'id'") for ticket in found]

    async def measures(self, account: Account, login: Login, ticket_id: int) -> Measures:
        """The ticket's metrics and its rating, without the customer's words. Raises HelpdeskFailed, TicketNotFound."""
        client, what = self.client(account, login), "reading the ticket's metrics"
        metrics = await client.get(f"tickets/{ticket_id}/metrics.json", "reading the ticket's metrics")
        found = await client.get(f"tickets/{ticket_id}.json", "reading the ticket")
        with shape(what):
            return measures_of(mapping(metrics.get("ticket_metric"), "'ticket_metric'"), found.get("ticket"))

    def client(self, account: Account, login: Login) -> Client:
        """The account's Zendesk, to call while one thing is done."""
        return self._client(account, RenewedToken(account.id, login, self.tokens(account)))

    def _client(self, account: Account, access: Access) -> Client:
        url = self.url(account)
        return Client(
            http=self.tokens(account).http,
            url=url,
            access=access,
            budget=self._budgets.setdefault(url, Budget(self._options.reserve)),
            timeout_seconds=self._options.timeout_seconds,
            patience_seconds=self._options.patience_seconds,
            max_response_bytes=self._options.max_response_bytes,
        )

    def tokens(self, account: Account) -> TokenEndpoint:
        """Where the account's OAuth tokens come from."""
        if self._http is None:
            raise RuntimeError("the part is used before it is entered, or after it is left")
        return TokenEndpoint(self._http, self.url(account), self._options.timeout_seconds)

    def oauth_client(self, client_id: str | None, secret: Callable[[], Secret | None] | None) -> OAuthClient:
        """The client by which an account is connected: the one that is named, or the configured one."""
        if client_id and secret is not None:
            return OAuthClient(client_id, secret())
        if not self._options.client_id:
            raise OperatorError(
                "no OAuth client is named: create one in Zendesk (Admin Center, Apps and integrations, OAuth clients) "
                f"with the redirect address {self.redirect_uri}, and give --client-id, or client_id in [zendesk]"
            )
        return OAuthClient(self._options.client_id, self._options.client_secret)

    @property
    def redirect_uri(self) -> str:
        """Where Zendesk sends a person who has allowed access."""
        return self._options.redirect_uri

    async def whoami(self, account: Account, grant: Grant) -> str:
        """The role of the user whom a grant belongs to. Raises OperatorError unless it may write on tickets."""
        client = self._client(account, FixedToken(grant.access_token))
        with shape("asking who raum is"):
            user = mapping((await client.get("users/me.json", "asking who raum is")).get("user"), "'user'")
            role = text(user.get("role"), "a user's 'role'")
        # Without a good token, Zendesk answers this question as to an anonymous visitor.
        if not user.get("id") or role not in ("agent", "admin"):
            raise OperatorError("raum needs the access of an agent or an admin; connect as one of them")
        return role

    def url(self, account: Account) -> str:
        """The base address of the account's Zendesk."""
        return self._url.replace("{subdomain}", account.subdomain)


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
