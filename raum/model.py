"""The value types that travel through raum; all frozen.

Fields that may hold raw ticket content are left out of `repr`, so that no log line, assertion or debugger view of an
enclosing object shows them by accident.
"""

import enum
import ipaddress
import re
from datetime import datetime
from typing import Final, NamedTuple, NewType, Self

from attrs import evolve, field, frozen, validators

from raum.identity.actors import Actor as Actor
from raum.ids import new_salt

Audience = NewType("Audience", str)
"""Who gets to read a text: everybody on the ticket, the staff, or the members of one side conversation."""

PUBLIC = Audience("public")
PRIVATE = Audience("private")


def side_conversation(conversation_id: str) -> Audience:
    """The audience of one side conversation."""
    return Audience(f"side:{conversation_id}")


@frozen
class Person:
    """Somebody whom the helpdesk's own records name: requester, author, CC, agent."""

    names: tuple[str, ...] = field(default=(), repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    is_staff: bool = False


# Lone surrogates cannot be encoded and NUL cannot be stored: neither is text, whoever sent it.
_NO_TEXT = re.compile("[\ud800-\udfff\0]")


def _readable(text: str) -> str:
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def _model_name(name: str) -> str:
    return _readable(name)[:256]


@frozen
class TicketText:
    """One piece of a ticket that is redacted: `key` says which (`subject`, `comment:12`), `label` introduces it."""

    key: str
    label: str
    text: str = field(repr=False, converter=_readable)
    audience: Audience = PUBLIC


class Withheld(enum.StrEnum):
    """Why the AI does not get to see what is in an attachment; the words that the prompt and the audit entry use."""

    IMAGE = "an image"
    AUDIO = "audio or video"
    ARCHIVE = "an archive"
    KIND = "an unknown kind of file"
    MALWARE = "flagged as malware"
    NOT_SCANNED = "not scanned for malware"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    EMPTY = "without text"
    TOO_LARGE = "too large"
    TOO_MANY = "one of too many"
    TOO_SLOW = "too slow to read"
    UNREACHABLE = "not available"
    NO_CONTENT = "handed over without its content"


@frozen
class Attachment:
    """A file on a ticket. `key` is that of the text which holds its name; `handle` is the helpdesk part's own affair.

    `content_type` and `size` (bytes) are what the sender says. `withheld` is set for a file that must not be fetched.
    """

    key: str
    name: str = field(repr=False)
    content_type: str = field(repr=False)
    size: int
    handle: str = field(repr=False)
    withheld: Withheld | None = None


@frozen
class Ticket:
    """A ticket as read from the helpdesk. It lives in memory for one run of the pipeline.

    `texts` are all its texts in the order in which a reader meets them. `version` is the helpdesk's mark of the state
    that was read; a reply names it so that the helpdesk can refuse a reply to an older state. `takes_replies` is false
    for a ticket that is closed for good. `attachments` are the files whose content was not read yet.
    """

    id: int
    texts: tuple[TicketText, ...]
    persons: tuple[Person, ...] = ()
    version: str | None = None
    takes_replies: bool = True
    attachments: tuple[Attachment, ...] = ()

    @property
    def length(self) -> int:
        """Characters over all texts."""
        return sum(len(text.text) for text in self.texts)


class Operation(enum.StrEnum):
    """What the AI is asked to do; the word that the audit entry carries."""

    GENERATE = "generate"
    TRANSLATE = "translate"
    REWRITE = "rewrite"
    SUMMARIZE = "summarize"


class Delivery(enum.StrEnum):
    """Where a reply goes: to the staff, to the customer, or back to the caller who asked for it."""

    NOTE = "note"
    PUBLIC = "public"
    CALLER = "caller"


_COUNT = validators.and_(
    validators.instance_of(int), validators.ge(0), validators.lt(2**31)
)  # what a store has room for


@frozen
class Usage:
    """What a completion took, in the provider's tokens, counted in one way for all providers.

    `input_tokens` is all input, with what came from the provider's cache (`cache_read_tokens`) and what was written to
    it (`cache_write_tokens`). `output_tokens` is all output, with what was spent on reasoning (`reasoning_tokens`).
    """

    input_tokens: int = field(default=0, validator=_COUNT)
    output_tokens: int = field(default=0, validator=_COUNT)
    cache_read_tokens: int = field(default=0, validator=_COUNT)
    cache_write_tokens: int = field(default=0, validator=_COUNT)
    reasoning_tokens: int = field(default=0, validator=_COUNT)

    @property
    def uncached_input_tokens(self) -> int:
        """The input that the provider's cache had no part in."""
        return max(0, self.input_tokens - self.cache_read_tokens - self.cache_write_tokens)


@frozen
class CallOptions:
    """How one call to a provider is made. A part sends no sampling parameter that is None.

    `max_output_tokens` counts reasoning too, where the provider counts it. `seconds` is all the time that the call may
    take, its whole stream included.
    """

    model: str
    seconds: float = field(validator=validators.gt(0))
    max_output_tokens: int = field(default=8_192, validator=validators.ge(1))
    temperature: float | None = None
    top_p: float | None = None


@frozen
class Completion:
    """A provider's answer, in placeholder form. A draft (`draft_only`) is never sent to a customer.

    `model` is what answers as the provider calls it, at most 256 characters of it. `usage` is None if the provider did
    not say.
    """

    text: str = field(converter=_readable)
    model: str = field(converter=_model_name)
    usage: Usage | None = None
    draft_only: bool = False


@frozen
class Reply:
    """The restored answer. `unresolved` lists what looks like a placeholder and has no value that may be put there."""

    text: str = field(repr=False)
    public: bool
    unresolved: tuple[str, ...] = ()


class AccountState(enum.StrEnum):
    """The life of an account. A deleted one stays as a name that nobody else can have."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


@frozen
class Origin:
    """Where a request came from.

    `peer_ip` is the address at the other end of the connection. `client_ip` is the same, unless the peer is a proxy
    that the operator trusts: then it is the address that the proxies say. Both are empty for what came over no network.
    """

    peer_ip: str = ""
    client_ip: str = ""
    request_id: str = ""


NOWHERE: Final = Origin()
"""The origin of what came over no network."""


@frozen
class Account:
    """A customer of the host. `webhook_key` is the last part of its webhook address.

    `ends_at` is when its subscription ends: from then on it is terminated. `app` and `installation` are the helpdesk's
    numbers of the app by which its agents sign in.
    """

    id: str = field(validator=validators.matches_re(r"[a-z0-9][a-z0-9-]{0,62}"))
    subdomain: str = field(validator=validators.matches_re(r"[a-z0-9][a-z0-9-]{0,62}"))
    webhook_key: str = field(repr=False)
    state: AccountState = field(default=AccountState.ACTIVE, converter=AccountState)
    ends_at: datetime | None = None
    app: str | None = field(default=None, validator=validators.optional(validators.matches_re(r"[0-9]{1,20}")))
    installation: str | None = field(default=None, validator=validators.optional(validators.matches_re(r"[0-9]{1,20}")))

    def is_active(self, now: datetime) -> bool:
        """Whether anything is done for it: neither suspended, nor terminated, nor deleted."""
        return self.state is AccountState.ACTIVE and (self.ends_at is None or now < self.ends_at)

    def state_at(self, now: datetime) -> str:
        """The word for where it is in its life: active, suspended, terminated or deleted."""
        ended = self.state is AccountState.ACTIVE and not self.is_active(now)
        return "terminated" if ended else self.state.value


@frozen
class KeptCredential:
    """What may be shown of a credential: its name, when it was set, and its last four characters.

    `last_four` is empty for one that is short, or that is no plain key.
    """

    name: str
    updated_at: datetime
    last_four: str = ""


@frozen
class Spent:
    """What operations took: tokens, in and out, and billionths of a US dollar as far as the cost is known."""

    tokens: int = 0
    nanousd: int = 0


class EventKind(enum.StrEnum):
    """What a webhook delivery is about: somebody waits for a reply, a ticket has an outcome, or something is gone."""

    REPLY = "reply"
    SOLVED = "solved"
    RATED = "rated"
    TICKET_DELETED = "ticket_deleted"
    PERSON_DELETED = "person_deleted"


@frozen
class Event:
    """What a webhook delivery asks for. `id` is the same for every delivery of one event.

    `ticket_id` is 0 for an event about a person, `person_id` is 0 for one about a ticket.
    """

    id: str
    ticket_id: int
    kind: EventKind = EventKind.REPLY
    person_id: int = 0


class JobState(enum.StrEnum):
    """The life of a job. A dead one ended without success; an operator may have it tried again, or drop it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


# What a job may hold: short tokens of identifiers, never free text.
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._+-]{0,127}")


def _is_token(_instance: object, attribute: object, value: str) -> None:
    if not _TOKEN.fullmatch(value):
        raise ValueError(f"{getattr(attribute, 'name', 'value')} must be a short token without blanks")


def _is_address(_instance: object, _attribute: object, value: str) -> None:
    if value:
        ipaddress.ip_address(value)


@frozen
class Job:
    """Work that was accepted: identifiers alone. The ticket is read again when the job runs.

    `attempts` counts the claims that may have done something. `token` grows with every claim, also where the claim was
    given back untouched: only who holds the last one may end the job, and only the first one knows that nothing was
    done before it.
    """

    id: str = field(validator=_is_token)
    account_id: str = field(validator=_is_token)
    event_id: str = field(validator=_is_token)
    ticket_id: int = field(validator=validators.instance_of(int))
    created_at: datetime
    client_ip: str = field(default="", validator=_is_address)
    request_id: str = field(default="", validator=validators.matches_re(r"[A-Z0-9]{0,26}"))
    attempts: int = 0
    token: int = 0
    kind: EventKind = field(default=EventKind.REPLY, converter=EventKind)
    person_id: int = 0
    peer_ip: str = field(default="", validator=_is_address)

    @property
    def origin(self) -> Origin:
        """Where the delivery came from."""
        return Origin(self.peer_ip, self.client_ip, self.request_id)


@frozen
class JobStatus:
    """A job as the queue has it. `due_at` is when it may run next; `reason` is the code of what it died of."""

    job: Job
    state: JobState
    due_at: datetime
    reason: str | None = None


@frozen
class Measures:
    """What became of a ticket, without a word of who it was about. Minutes are calendar time; None if not reached.

    `score` is the customer's rating: good, bad or None.
    """

    first_reply_minutes: int | None = None
    first_resolution_minutes: int | None = None
    full_resolution_minutes: int | None = None
    score: str | None = None


# ISO 639-1, or Filipino, which it lacks; with a script and a region. Longer words might be names of persons.
LANGUAGE_PATTERN = r"(?:[a-z]{2}|fil)(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?"


@frozen
class Order:
    """What is to be done, for whom, and who asked for it. `may_retry`: a passing failure is tried again later.

    `text` is what is to be translated or rewritten, `instruction` the team's wish, `target_language` a BCP 47 tag.
    """

    operation: Operation
    account: Account
    actor: Actor
    ticket: int | Ticket = field(repr=False)
    delivery: Delivery = Delivery.CALLER
    origin: Origin = NOWHERE
    job: Job | None = None
    may_retry: bool = False
    text: str = field(default="", repr=False)
    instruction: str = field(default="", repr=False)
    target_language: str = field(default="", validator=validators.matches_re(f"(?:{LANGUAGE_PATTERN})?"))

    @property
    def ticket_id(self) -> int:
        """The helpdesk's number of the ticket."""
        return self.ticket if isinstance(self.ticket, int) else self.ticket.id


class Change(NamedTuple):
    """A setting that changed, from what to what; None where it was not set."""

    name: str
    before: str | None
    after: str | None


class Outcome(enum.StrEnum):
    """How an operation ended. `POSTED_BEFORE`: an earlier try had posted, and was stopped before it could say so."""

    POSTED_NOTE = "posted_note"
    POSTED_PUBLIC = "posted_public"
    POSTED_BEFORE = "posted_before"
    RETURNED = "returned"
    FAILED = "failed"


@frozen
class Entry:
    """One audit entry. Everything in it is redacted; `reason` is an error's code, never its text.

    `actor` is who is responsible; `impersonator` is who really did it, where somebody acted as another, and
    `impersonation_reason` what they gave as the reason. `target` is what an administrative action was about, other than
    the account. `peer_ip` and `client_ip` are those of `Origin`.

    `content` is the redacted prompt as the AI got it, `completion` the answer in placeholder form; both are None when
    the operation ended before them. Times are UTC, durations whole milliseconds. Tokens are counted as in `Usage`; the
    cost is in billionths of a US dollar, and None if it is not known. `changes` are (name, before, after) of settings.
    `erased` are the ids of the entries whose content went with this action. `salt` keeps the hash of the content from
    being guessed (`raum.sealing`).
    """

    id: str
    time: datetime
    account_id: str
    operation: str
    actor: str
    outcome: str
    peer_ip: str = ""
    client_ip: str = ""
    request_id: str = ""
    impersonator: str | None = None
    impersonation_reason: str | None = None
    target: str | None = None
    job_id: str | None = None
    ticket_id: int | None = None
    reason: str | None = None
    provider: str | None = None
    model: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_nanousd: int | None = None
    duration_ms: int = 0
    placeholders: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    content: str | None = None
    completion: str | None = None
    changes: tuple[Change, ...] = ()
    erased: tuple[str, ...] = ()
    salt: str = field(factory=new_salt, eq=False, repr=False)

    @property
    def says_something(self) -> bool:
        """Whether it keeps anything of what was said on a ticket."""
        return bool(self.content or self.completion or self.placeholders or self.unresolved)

    def without_content(self) -> Self:
        """The same entry, which keeps nothing of what was said."""
        return evolve(self, content=None, completion=None, placeholders=(), unresolved=())
