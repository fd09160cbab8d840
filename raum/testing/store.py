"""A store in memory."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Self

from attrs import evolve

from raum.api import Account, Entry, Job, OperatorError
from raum.model import JobState


class FakeStore:
    """Keeps everything in dictionaries. A failure that is put into `fails` is raised by the next write."""

    upgrades_itself = True

    def __init__(self, *known: Account) -> None:
        self.fails: Exception | None = None
        self._accounts = {account.id: account for account in known}
        self._tokens: dict[bytes, tuple[str, str]] = {}
        self._credentials: dict[tuple[str, str], bytes] = {}
        self._jobs: dict[str, tuple[Job, JobState, datetime]] = {}
        self._entries: list[Entry] = []
        self._locks: dict[str, tuple[str, datetime]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def migrate(self) -> None:
        """There is no schema."""

    async def is_current(self) -> bool:
        """There is no schema."""
        return True

    def _write(self, entry: Entry | None = None) -> None:
        failure, self.fails = self.fails, None
        if failure is not None:
            raise failure
        if entry is not None:
            if entry.id in {kept.id for kept in self._entries}:
                raise OperatorError("the store refused a change that contradicts what it holds")
            self._entries.append(entry)

    async def add_account(self, account: Account, entry: Entry) -> None:
        """Add an account."""
        keys = {known.webhook_key for known in self._accounts.values()}
        if account.id in self._accounts or account.webhook_key in keys:
            raise OperatorError("an account with this id or this webhook key exists already")
        self._write(entry)
        self._accounts[account.id] = account

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""
        return self._accounts.get(account_id)

    async def account_of_webhook(self, webhook_key: str) -> Account | None:
        """The account with this webhook key."""
        return next((known for known in self._accounts.values() if known.webhook_key == webhook_key), None)

    async def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""
        return sorted(self._accounts.values(), key=lambda account: account.id)

    async def add_token(self, account_id: str, digest: bytes, label: str, entry: Entry) -> None:
        """Keep a token's digest."""
        if account_id not in self._accounts or digest in self._tokens:
            raise OperatorError("the token exists already, or there is no such account")
        self._write(entry)
        self._tokens[digest] = (account_id, label)

    async def account_of_token(self, digest: bytes) -> tuple[Account, str] | None:
        """The account that a token belongs to."""
        found = self._tokens.get(digest)
        return (self._accounts[found[0]], found[1]) if found else None

    async def put_credential(self, account_id: str, name: str, ciphertext: bytes, entry: Entry) -> None:
        """Set or replace a credential."""
        if account_id not in self._accounts:
            raise OperatorError("there is no such account")
        self._write(entry)
        self._credentials[account_id, name] = ciphertext

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""
        return self._credentials.get((account_id, name))

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int]) -> int:
        """Forget what the entries about these tickets say."""
        self._write()
        said = [e for e in self._entries if e.account_id == account_id and e.ticket_id in ticket_ids]
        for entry in said:
            bare = evolve(entry, content=None, completion=None, placeholders=(), unresolved=())
            self._entries[self._entries.index(entry)] = bare
        return len(said)

    async def lock(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lock."""
        held_by, ends = self._locks.get(name, (owner, now))
        if held_by != owner and ends > now:
            return False
        self._write()
        self._locks[name] = (owner, until)
        return True

    async def unlock(self, name: str, owner: str) -> None:
        """Give a lock back."""
        if self._locks.get(name, ("", None))[0] == owner:
            self._write()
            del self._locks[name]

    async def accept(self, job: Job) -> bool:
        """Keep a job, once for each event of an account."""
        if any(
            (job.account_id, job.event_id) == (kept.account_id, kept.event_id) for kept, _, _ in self._jobs.values()
        ):
            return False
        if job.account_id not in self._accounts or job.id in self._jobs:
            raise OperatorError("the job exists already, or there is no such account")
        self._write()
        self._jobs[job.id] = (job, JobState.WAITING, job.created_at)
        return True

    async def claim(self, now: datetime) -> Job | None:
        """The oldest waiting job that is due."""
        due = [(job, at) for job, state, at in self._jobs.values() if state is JobState.WAITING and at <= now]
        if not due:
            return None
        job, at = min(due, key=lambda each: (each[0].created_at, each[0].id))
        claimed = evolve(job, attempts=job.attempts + 1)
        self._jobs[job.id] = (claimed, JobState.RUNNING, at)
        return claimed

    async def finish(self, job: Job, entry: Entry, *, failed: bool) -> None:
        """End a job and write its entry."""
        if job.id not in self._jobs:
            raise OperatorError("the store has no such job")
        self._write(entry)
        kept, _, at = self._jobs[job.id]
        self._jobs[job.id] = (kept, JobState.FAILED if failed else JobState.DONE, at)

    async def put_back(self, job: Job, due: datetime) -> None:
        """Let a running job wait."""
        if job.id in self._jobs and self._jobs[job.id][1] is JobState.RUNNING:
            self._jobs[job.id] = (self._jobs[job.id][0], JobState.WAITING, due)

    async def put_back_running(self) -> int:
        """Let all running jobs wait."""
        running = [(job, at) for job, state, at in self._jobs.values() if state is JobState.RUNNING]
        for job, at in running:
            self._jobs[job.id] = (job, JobState.WAITING, at)
        return len(running)

    async def count_jobs(self, account_id: str) -> dict[str, int]:
        """How many jobs of an account are in each state."""
        counted = Counter(state.value for job, state, _ in self._jobs.values() if job.account_id == account_id)
        return {state.value: counted[state.value] for state in JobState}

    async def append(self, entry: Entry) -> None:
        """Write an entry."""
        self._write(entry)

    async def entries(self, account_id: str, *, limit: int = 100) -> Sequence[Entry]:
        """The newest entries of an account."""
        own = [entry for entry in reversed(self._entries) if entry.account_id == account_id]
        return sorted(own, key=lambda entry: entry.time, reverse=True)[:limit]
