"""The kinds of parts: what each must be able to do, and how a plugin offers one. Plugins have them from `raum.api`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from attrs import field, frozen
from starlette.types import ASGIApp

from raum.dataflow.data_use import DataUse
from raum.findings import Finding
from raum.identity.users import AppUser
from raum.model import (
    Account,
    Attachment,
    CallOptions,
    Completion,
    Entry,
    Event,
    Job,
    JobState,
    JobStatus,
    Measures,
    Reply,
    Ticket,
)
from raum.redaction.redacted import Prompt
from raum.sealing.chain import Checkpoint
from raum.secrets.secret import Secret
from raum.storage.store import Store

PartT = TypeVar("PartT", covariant=True)
ResultT = TypeVar("ResultT")


@frozen
class NoOptions:
    """The options of a part that has none: its configuration table must be empty."""


@frozen
class Part(Generic[PartT]):
    """A pluggable stage that a plugin offers.

    `name` is the word by which `[pipeline]` chooses it and the name of its configuration table. The table is turned
    into an instance of `options`, an attrs class whose fields all have a type and, unless the operator must decide, a
    default; unknown keys and wrong types are refused. `build` gets that instance and returns the part. If the part is
    an async context manager it is entered when the host starts and left when the host stops. `data_use` may be a
    function of the options, where these say where the data goes.
    """

    name: str
    build: Callable[[Any], PartT]
    data_use: DataUse | Callable[[Any], DataUse]
    options: type = NoOptions
    summary: str = field(default="", kw_only=True)


class Detector(Protocol):
    """Finds personal data in one text.

    One that has an attribute `types` (strings) finds nothing of another type. If all configured detectors have it,
    `[redaction]` may name no type that none of them finds.

    One that has a method `find_all(texts)` as well is given all texts of a ticket at once, for it to do together what
    costs as much for one text as for many. It answers with the findings of each text, in the order of the texts, and
    these must be what `find` finds there: no text bears on another.
    """

    def find(self, text: str) -> Iterable[Finding]:
        """Every finding in `text`, in any order, overlapping or not; offsets count code points.

        Must be pure, free of I/O, safe to call from several threads at once, and linear in the length of the text. A
        detector that raises or takes too long stops the operation: no AI call is made.
        """


class Extractor(Protocol):
    """Gets the text out of files of one kind.

    It is sent, pickled, to a process of its own that may not write, and that is stopped when it takes too much time or
    memory. So it is an instance of a class of its module, and holds nothing but options.
    """

    def reads(self, name: str, head: bytes) -> bool:
        """Whether it reads such a file, by the first 4,096 bytes; `name` is what the sender says. Quick and pure."""

    def extract(self, content: bytes) -> str:
        """All the text that a reader of the file would see. Pure.

        Raises Unreadable: ENCRYPTED, BROKEN, TOO_LARGE or EMPTY. Any other exception counts as BROKEN.
        """


class Provider(Protocol):
    """Asks an AI. Built once; the customer's key is an argument of the call and is never kept.

    Retries, fallback and pauses are the host's: one call of a part is one request. Failures are raised as one of the
    kinds of ProviderFailed, `from None`: an SDK's exception holds the prompt and the key. Never raised are a provider's
    text, the prompt or the key, in no form. An answer that was cut, an empty one, a refusal, a stream without its end
    and a body that is no answer are failures, and reasoning is no part of an answer.
    """

    needs_key: bool
    default_model: str
    """The model that is asked if the account chose none."""
    vendor: str | None
    """Whose price list holds: "openai", "anthropic" or "google"; None where none does, as for one's own server."""

    async def complete(self, prompt: Prompt, *, key: Secret | None, options: CallOptions) -> Completion:
        """The whole answer. Raises ProviderFailed; TypeError if handed a plain str."""

    def stream(self, prompt: Prompt, *, key: Secret | None, options: CallOptions) -> AsyncIterator[str | Completion]:
        """Pieces of the answer as they come, then one Completion whose text is all the pieces in a row.

        An asynchronous generator: closing it, or cancelling the task, ends the request. Raises as `complete` does, at
        any piece.
        """


class Login(Protocol):
    """The credential by which a helpdesk is used for one account. What is in it is the helpdesk part's own affair."""

    async def secret(self) -> Secret:
        """What is stored now. Raises OperatorError if nothing is."""

    def exclusively(self) -> AbstractAsyncContextManager[None]:
        """A lock for this account over all processes of the host, to renew the credential in.

        Raises HelpdeskFailed if it takes too long to get in.
        """

    async def replace(self, secret: Secret, operation: str) -> None:
        """Store another credential, encrypted; `operation` is the word for it in the audit log."""


class Helpdesk(Protocol):
    """Knows one helpdesk's webhooks, tickets and replies. Raises HelpdeskFailed and TicketNotFound in its own words."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: datetime) -> None:
        """Check that the raw bytes were signed with one of the secrets, just now. Raises InvalidSignature.

        An empty secret verifies nothing. The names in `headers` are lower case.
        """

    def parse(self, body: bytes) -> Event | None:
        """What a verified delivery asks for; None if nothing. Raises InvalidDelivery for what cannot be read."""

    def ticket_from(self, document: Mapping[str, Any]) -> Ticket:
        """A ticket handed over in a request, in the helpdesk's own shape. Raises InvalidTicket."""

    def installation_of(self, token: Secret) -> str | None:
        """The installation of the helpdesk's app that a token says it is from. Nothing of the token is verified yet."""

    async def app_user(self, account: Account, login: Login, token: Secret) -> AppUser:
        """Who opened the account's app, by a token that the helpdesk signed. Raises InvalidSignature."""

    async def fetch(self, account: Account, login: Login, ticket_id: int) -> Ticket:
        """The ticket with all its texts and persons."""

    async def download(self, account: Account, login: Login, attachment: Attachment, most_bytes: int) -> bytes:
        """The content of an attachment, in memory. Raises Unreadable if it cannot be had or is larger."""

    async def is_posted(self, account: Account, login: Login, ticket_id: int, marker: str) -> bool:
        """Whether a reply with this marker is already on the ticket."""

    async def post(self, account: Account, login: Login, ticket: Ticket, reply: Reply, marker: str) -> None:
        """Add the reply, as public comment or private note, with a marker that `is_posted` finds again."""

    async def tickets_of(self, account: Account, login: Login, person_id: int) -> Sequence[int]:
        """The numbers of the tickets that a person asked for.

        Raises PersonNotFound if the helpdesk cannot say, for example because it has forgotten the person: what is
        stored about them is then for a human to find.
        """

    async def measures(self, account: Account, login: Login, ticket_id: int) -> Measures:
        """How long the ticket took, and how it was rated. Raises TicketNotFound."""


class Queue(Protocol):
    """Hands every accepted job to one worker at a time, and again after a failure or a kill, until the job has ended.

    It works in the store's own transactions: accepting a job and refusing its duplicates is one commit, and so are the
    end of a job and its audit entry. A claim lasts as long as it is renewed. Errors are those of the store.
    """

    def use(self, store: Store) -> None:
        """Work in this store. Called once, before anything else. Raises OperatorError if that cannot be."""

    def another(self) -> "Queue":
        """The same queue for the event loop of another thread: not entered, it opens what it needs with each call."""

    async def migrate(self) -> None:
        """Create what the queue keeps in the store besides the store's own, or bring it up to date."""

    async def is_current(self) -> bool:
        """Whether there is nothing to migrate."""

    async def accept(self, job: Job) -> bool:
        """Keep a job durably; False, changing nothing, if the account already had a job for this event."""

    async def claim(self, lease_seconds: float, per_account: int) -> Job | None:
        """The next job for this worker, with the claim counted in `attempts` and `token`; None if there is none.

        A running job whose claim was not renewed for `lease_seconds` is given out again. Of one account at most
        `per_account` jobs run at once over all workers; the account with the fewest running ones comes first, and of
        one account the oldest job.
        """

    async def renew(self, jobs: Sequence[Job]) -> Sequence[str]:
        """Renew claims; gives the ids of those that are still held."""

    async def finish(self, job: Job, entry: Entry, *, dead: bool, erase: Sequence[int] = ()) -> Entry:
        """End a claimed job as done or dead, and write its entry, in one transaction. Raises ClaimLost.

        With it goes what entries of the account say about the tickets in `erase`. Gives the entry as it was written.
        """

    async def put_back(self, job: Job, seconds: float) -> None:
        """Let a claimed job wait for another attempt, at most a quarter of an hour; nothing if the claim was lost."""

    async def release(self, job: Job) -> None:
        """Give a claim back as if it had not been made, but for its token; nothing if the claim was lost."""

    async def find(self, job_id: str) -> JobStatus | None:
        """The job with this id."""

    async def jobs(
        self, account_id: str | None = None, state: JobState | None = None, *, limit: int = 100
    ) -> Sequence[JobStatus]:
        """Jobs, newest first; of one account, or in one state, if that is said."""

    async def count(self, account_id: str | None = None) -> Mapping[str, int]:
        """How many jobs, of an account or of all, are in each state; every state is named."""

    async def retry(self, job_id: str, entry: Entry) -> None:
        """Let a dead job wait again, with all its attempts, and write the entry. Raises OperatorError if it is not."""

    async def drop(self, job_id: str, entry: Entry) -> None:
        """End a waiting or dead job for good, and write the entry. Raises OperatorError if it is neither."""

    async def expired(self, account_id: str, before: datetime) -> int:
        """How many ended jobs of an account there are that were accepted before that time."""

    async def purge(self, account_id: str, before: datetime, *, limit: int) -> int:
        """Forget some of them, oldest first, in one short transaction: how many, and 0 when none is left.

        With a job its event is forgotten: should it be delivered once more, it is accepted.
        """


class KeyManager(Protocol):
    """Encrypts single fields of 1 to 4,096 bytes. The context (account, table, row, field) is bound to the ciphertext.

    A ciphertext begins with the version of its format and the id of its key. What the manager raises holds no text of
    a library, no value and no frame of one: KeysUnavailable while it cannot be reached or is busy, KeyRefused if the
    key is disabled, gone, or not for this host to use.
    """

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A ciphertext, under the newest key, that decrypts under the same context alone."""

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext. Raises NotDecryptable if the ciphertext, its key or its context is wrong."""

    async def rewrap(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The value under the newest key; the same bytes if it is under that one already. Raises NotDecryptable."""

    def key_of(self, ciphertext: bytes) -> str:
        """The id of the key that a value is encrypted under. Raises NotDecryptable for a format that is not known."""


@runtime_checkable
class Warns(Protocol):
    """What any part may do besides: tell `raum check` what the operator should know, though the host works."""

    async def warnings(self) -> Sequence[str]:
        """One sentence each, with what to do about it. Called on the entered part, with a few seconds of patience."""


@runtime_checkable
class HasTroubles(Protocol):
    """What any part may do besides: say that it will not work for long, or does not work any more, while it runs."""

    def troubles(self) -> Sequence[str]:
        """One sentence each, with what to do about it. Quick: it tells what is known, and asks nobody.

        `/health/ready` names a part that has any; the part itself logs what they are, and when they are over.
        """


class AuditSink(Protocol):
    """Gets a copy of every audit entry, after the store has it, and of every checkpoint.

    Entries come at least once each, most often in the order in which they were written. One that could not be kept
    comes again; meanwhile no operation begins, unless the configuration says otherwise. The checkpoints show that the
    log in the store was not cut, if the sink keeps them where whoever can change the store cannot.
    """

    async def write(self, entry: Entry) -> None:
        """Keep the entry. Any exception means that it is not kept; it is logged by its type."""

    async def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep the checkpoint. Any exception means that it is not kept; it is logged by its type."""


class StandIn(Protocol):
    """A helpdesk on this machine, with a sample ticket, that a helpdesk part can be pointed at: for `raum demo`."""

    helpdesk: str
    """The name of the helpdesk part that it stands in for."""
    app: ASGIApp
    """Its HTTP interface."""
    token: Secret
    """What it takes for the account's token."""
    signing_secret: Secret
    """What it signs deliveries with."""

    def options(self, url: str) -> Mapping[str, Any]:
        """What the table of the helpdesk part must say, to reach the stand-in at `url`."""

    def sample_delivery(self) -> tuple[Mapping[str, str], bytes]:
        """The headers and the body of a signed delivery about the sample ticket."""

    def last_reply(self) -> tuple[str, bool] | None:
        """The text of the last reply that was posted on the sample ticket, and whether customers see it."""


class AccountAtHand(Protocol):
    """One account of an open host, for a command. What is done is recorded in the name of whoever runs the command."""

    @property
    def account(self) -> Account:
        """The account."""

    @property
    def helpdesk(self) -> Helpdesk:
        """The configured helpdesk part, entered."""

    @property
    def login(self) -> Login:
        """The account's login for it."""

    @property
    def webhook_path(self) -> str:
        """The path of the account's webhook on this host; its last part is a secret."""

    async def set_helpdesk_token(self, secret: Secret) -> None:
        """Store what the login is from now on."""

    async def set_webhook_secret(self, secret: Secret) -> None:
        """Store what the helpdesk signs its webhooks with."""

    async def record(self, operation: str) -> None:
        """Write an audit entry about something that was done elsewhere, in the helpdesk."""


class Console(Protocol):
    """What a plugin's command works with; it is the `obj` of click's context (`@click.pass_obj`)."""

    def with_account(self, name: str, config: Path, work: Callable[[AccountAtHand], Awaitable[ResultT]]) -> ResultT:
        """Open the host of a configuration, await the work, close the host. Raises OperatorError."""
