"""Parts that live in memory and do what they are told.

Each passes the contract suite of its kind, but for the provider, which keeps what it was handed so that tests can look.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.applications import Starlette
from starlette.types import ASGIApp

from raum.api import (
    Account,
    AppUser,
    Attachment,
    CallOptions,
    Completion,
    Entry,
    Event,
    Finding,
    HelpdeskFailed,
    InvalidDelivery,
    InvalidSignature,
    InvalidTicket,
    Login,
    Measures,
    NotDecryptable,
    Prompt,
    Reply,
    Secret,
    Ticket,
    TicketNotFound,
    TicketText,
    Unreadable,
    Usage,
    Withheld,
)


class FakeDetector:
    """Finds the words it was given, each with its type."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = dict(words)

    def find(self, text: str) -> Iterable[Finding]:
        """All occurrences of the words."""
        return [
            Finding(type_, *match.span())
            for word, type_ in self._words.items()
            for match in re.finditer(re.escape(word), text)
        ]


class FakeExtractor:
    """Reads files that begin with its mark: what follows is the text."""

    def __init__(self, mark: bytes = b"text:") -> None:
        self._mark = mark

    def reads(self, name: str, head: bytes) -> bool:
        """Whether the mark is there."""
        return head.startswith(self._mark)

    def extract(self, content: bytes) -> str:
        """What follows the mark."""
        try:
            return content.removeprefix(self._mark).decode()
        except UnicodeDecodeError:
            raise Unreadable(Withheld.BROKEN) from None


class FakeProvider:
    """Answers with `answer(prompt)`, by default the redacted ticket itself, and keeps all it got."""

    default_model = "fake"
    vendor: str | None = None

    def __init__(self, answer: Callable[[Prompt], str] | None = None, *, needs_key: bool = False) -> None:
        self.needs_key = needs_key
        self.prompts: list[Prompt] = []
        self.keys: list[Secret | None] = []
        self.options: list[CallOptions] = []
        self._answer = answer or (lambda prompt: str(prompt.ticket))

    async def complete(self, prompt: Prompt, *, key: Secret | None, options: CallOptions) -> Completion:
        """The answer."""
        if not isinstance(prompt, Prompt):
            raise TypeError("a provider takes a Prompt of redacted texts")
        self.prompts.append(prompt)
        self.keys.append(key)
        self.options.append(options)
        text = self._answer(prompt)
        return Completion(text, model=options.model, usage=Usage(len(prompt.ticket), len(text)))

    async def stream(
        self, prompt: Prompt, *, key: Secret | None, options: CallOptions
    ) -> AsyncIterator[str | Completion]:
        """The answer in pieces of three characters, then whole."""
        completion = await self.complete(prompt, key=key, options=options)
        for at in range(0, len(completion.text), 3):
            yield completion.text[at : at + 3]
        yield completion


class FakeLogin:
    """A login in memory. `replaced` are the operations in which it was replaced, `held` whether somebody is inside."""

    def __init__(self, secret: Secret) -> None:
        self.replaced: list[str] = []
        self._secret = secret
        self._lock = asyncio.Lock()

    @property
    def held(self) -> bool:
        """Whether somebody is inside."""
        return self._lock.locked()

    async def secret(self) -> Secret:
        """What is stored now."""
        return self._secret

    @contextlib.asynccontextmanager
    async def exclusively(self) -> AsyncIterator[None]:
        """One at a time."""
        async with self._lock:
            yield

    async def replace(self, secret: Secret, operation: str) -> None:
        """Keep another secret."""
        self.replaced.append(operation)
        self._secret = secret


class FakeHelpdesk:
    """A helpdesk in memory. `tickets` are what it knows, `replies` what was posted, as (ticket id, reply, marker).

    `files` are the contents of attachments, by their handles, `asked_by` the tickets of a person.

    A delivery is `{"event": ID, "ticket": NUMBER}`, or without a ticket one of no interest; its signature is the
    HMAC-SHA256 of the body, in hexadecimal, in the header `x-signature`. A token of its app is made by `app_token`.
    """

    def __init__(self, *tickets: Ticket) -> None:
        self.tickets = {ticket.id: ticket for ticket in tickets}
        self.replies: list[tuple[int, Reply, str]] = []
        self.files: dict[str, bytes] = {}
        self.asked_by: dict[int, Sequence[int]] = {}

    @staticmethod
    def sign(body: bytes, secret: Secret) -> dict[str, str]:
        """The headers of a delivery."""
        return {"x-signature": hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()}

    @staticmethod
    def app_token(installation: str, person_id: int, once: str) -> Secret:
        """What it signs when a person opens its app."""
        said = f"{installation}.{person_id}.{once}"
        return Secret(f"{said}.{hmac.new(b'the app', said.encode(), hashlib.sha256).hexdigest()}")

    def installation_of(self, token: Secret) -> str | None:
        """The first word of a token."""
        installation, *rest = token.reveal().split(".")
        return installation if len(rest) == 3 and installation.isdecimal() else None

    async def app_user(self, account: Account, login: Login, token: Secret) -> AppUser:
        """Who the token says it is, if it is one of the account's."""
        installation = self.installation_of(token)
        if installation and installation == account.installation:
            _, person_id, once, _ = token.reveal().split(".")
            if person_id.isdecimal() and token == self.app_token(installation, int(person_id), once):
                digest = hashlib.sha256(token.reveal().encode()).digest()
                return AppUser(int(person_id), digest, datetime.now(UTC) + timedelta(minutes=2))
        raise InvalidSignature("the app's token is not valid")

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: datetime) -> None:
        """Compare the signature."""
        given = headers.get("x-signature", "").encode()
        usable = [secret for secret in secrets if secret.reveal()]
        if not any(hmac.compare_digest(given, self.sign(body, secret)["x-signature"].encode()) for secret in usable):
            raise InvalidSignature("the signature is missing or wrong")

    def parse(self, body: bytes) -> Event | None:
        """The event, if the delivery names a ticket."""
        try:
            match json.loads(body):
                case {"event": str(event), "ticket": int(ticket)}:
                    return Event(event, ticket)
                case {"event": str()}:
                    return None
        except (ValueError, RecursionError):
            pass
        raise InvalidDelivery("the delivery cannot be read")

    def ticket_from(self, document: Mapping[str, Any]) -> Ticket:
        """A ticket of one text: `{"id": NUMBER, "text": ...}`."""
        match document:
            case {"id": int(number), "text": str(text)}:
                return Ticket(number, (TicketText("text", "", text),))
        raise InvalidTicket("the ticket must have an id and a text")

    async def fetch(self, account: Account, login: Login, ticket_id: int) -> Ticket:
        """The ticket."""
        if ticket_id not in self.tickets:
            raise TicketNotFound("the helpdesk has no such ticket")
        return self.tickets[ticket_id]

    async def download(self, account: Account, login: Login, attachment: Attachment, most_bytes: int) -> bytes:
        """The content of `files` under the attachment's handle."""
        content = self.files.get(attachment.handle)
        if content is None:
            raise Unreadable(Withheld.UNREACHABLE)
        if len(content) > most_bytes:
            raise Unreadable(Withheld.TOO_LARGE)
        return content

    async def is_posted(self, account: Account, login: Login, ticket_id: int, marker: str) -> bool:
        """Whether the marker was posted."""
        return any((ticket_id, marker) == (posted, mark) for posted, _, mark in self.replies)

    async def post(self, account: Account, login: Login, ticket: Ticket, reply: Reply, marker: str) -> None:
        """Keep the reply."""
        if ticket.id not in self.tickets:
            raise HelpdeskFailed("the helpdesk has no such ticket")
        self.replies.append((ticket.id, reply, marker))

    async def tickets_of(self, account: Account, login: Login, person_id: int) -> Sequence[int]:
        """What `asked_by` says."""
        return self.asked_by.get(person_id, ())

    async def measures(self, account: Account, login: Login, ticket_id: int) -> Measures:
        """A ticket that was solved after an hour."""
        if ticket_id not in self.tickets:
            raise TicketNotFound("the helpdesk has no such ticket")
        return Measures(full_resolution_minutes=60)


class FakeStandIn:
    """Stands in for a FakeHelpdesk, which needs no HTTP: it adds the sample ticket to it and shows its last reply.

    `helpdesk` is the name of the helpdesk part, `desk` what that part builds.
    """

    ticket: Final = Ticket(1, (TicketText("text", "Text", "My hat is late. Write to jane.doe@example.com."),))

    def __init__(self, desk: FakeHelpdesk | None = None, helpdesk: str = "fake-desk") -> None:
        self.helpdesk = helpdesk
        self.app: ASGIApp = Starlette()
        self.token = Secret("fake-token")
        self.signing_secret = Secret("fake-signing-secret")
        self._desk = desk or FakeHelpdesk()
        self._desk.tickets[self.ticket.id] = self.ticket

    def options(self, url: str) -> Mapping[str, Any]:
        """Nothing to say: the helpdesk does not call it."""
        return {}

    def sample_delivery(self) -> tuple[Mapping[str, str], bytes]:
        """A delivery about the sample ticket."""
        body = json.dumps({"event": "sample", "ticket": self.ticket.id}).encode()
        return FakeHelpdesk.sign(body, self.signing_secret), body

    def last_reply(self) -> tuple[str, bool] | None:
        """The last reply on the sample ticket."""
        replies = [reply for ticket_id, reply, _ in self._desk.replies if ticket_id == self.ticket.id]
        return (replies[-1].text, replies[-1].public) if replies else None


class FakeKeyManager:
    """Seals with a keyed hash and does not hide anything: for tests alone."""

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext behind a seal over it and its context."""
        return self._seal(plaintext, context) + plaintext[::-1]

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext, if the seal is right."""
        plaintext = ciphertext[32:][::-1]
        if not hmac.compare_digest(ciphertext[:32], self._seal(plaintext, context)):
            raise NotDecryptable
        return plaintext

    async def rewrap(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The same bytes: there is one key."""
        await self.decrypt(ciphertext, context)
        return ciphertext

    def key_of(self, ciphertext: bytes) -> str:
        """There is one key."""
        return "fake"

    @staticmethod
    def _seal(plaintext: bytes, context: Mapping[str, str]) -> bytes:
        return hmac.new(json.dumps(context, sort_keys=True).encode(), plaintext, hashlib.sha256).digest()


class FakeAuditSink:
    """Keeps the entries it got."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def write(self, entry: Entry) -> None:
        """Keep the entry."""
        self.entries.append(entry)
