"""What a store keeps, and the SQL that does it on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, Self

from sqlalchemy import Select, Table, Update, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from raum.errors import OperatorError
from raum.model import Account, Entry, Job, JobState
from raum.storage.failures import failing_safely, refusing
from raum.storage.schema import SchemaState, schema_state, upgrade
from raum.storage.tables import accounts, credentials, entries, from_row, jobs, locks, to_row, tokens


class Store(Protocol):
    """Accounts, credentials (encrypted), token digests, jobs (identifiers alone) and audit entries (redacted).

    An async context manager: entering raises OperatorError if the schema is not the one that this version of raum
    needs and the store does not upgrade itself. `migrate` and `is_current` also work on a store that is not entered,
    and then leave nothing open. Errors of the database are raised as OperatorError without SQL and parameters.
    """

    upgrades_itself: bool

    async def migrate(self) -> None:
        """Create the schema or bring it up to date; safe to call when it is. Raises OperatorError if it is newer."""

    async def is_current(self) -> bool:
        """Whether the schema is the one that this version of raum needs."""

    async def add_account(self, account: Account, entry: Entry) -> None:
        """Add an account and the entry that says so. Raises OperatorError if the id or webhook key is taken."""

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""

    async def account_of_webhook(self, webhook_key: str) -> Account | None:
        """The account with this webhook key."""

    async def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""

    async def add_token(self, account_id: str, digest: bytes, label: str, entry: Entry) -> None:
        """Keep the digest of a service token, and the entry that says so."""

    async def account_of_token(self, digest: bytes) -> tuple[Account, str] | None:
        """The account that a service token belongs to, and the token's label."""

    async def put_credential(self, account_id: str, name: str, ciphertext: bytes, entry: Entry) -> None:
        """Set or replace an encrypted credential, and the entry that says so."""

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int]) -> int:
        """Take all that was said out of the entries about these tickets; how many entries that are."""

    async def lock(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lock, over all processes, that ends by itself at `until`; False if another owner has it."""

    async def unlock(self, name: str, owner: str) -> None:
        """Give a lock back; one that another owner has by now stays."""

    async def accept(self, job: Job) -> bool:
        """Keep a job durably; False, changing nothing, if the account already had a job for this event."""

    async def claim(self, now: datetime) -> Job | None:
        """Mark the oldest waiting job that is due as running, count the attempt and return it."""

    async def finish(self, job: Job, entry: Entry, *, failed: bool) -> None:
        """End a job as done or failed, and write its entry, in one transaction. Raises OperatorError if unknown."""

    async def put_back(self, job: Job, due: datetime) -> None:
        """Let a running job wait until `due` for another attempt; a job that is not running stays as it is."""

    async def put_back_running(self) -> int:
        """Let all running jobs wait again, and say how many: a host that was killed left them behind."""

    async def count_jobs(self, account_id: str) -> dict[str, int]:
        """How many jobs of an account are in each state; every state is named."""

    async def append(self, entry: Entry) -> None:
        """Write an audit entry. Raises OperatorError if there is one with its id."""

    async def entries(self, account_id: str, *, limit: int = 100) -> Sequence[Entry]:
        """The newest entries of an account, newest first."""


_IDS_AT_ONCE = 500

# Both have ON CONFLICT, which SQLAlchemy's own insert has not.
_INSERT: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class SqlStore:
    """A store in an SQL database; the plugin that makes the engine says which one.

    The engine is made with `hide_parameters=True` and belongs to the store, which disposes of it. Connections that
    only read carry the execution option `raum_reads_only`, for databases that must know it when a transaction begins.
    """

    def __init__(self, engine: AsyncEngine, *, upgrades_itself: bool) -> None:
        if engine.dialect.name not in _INSERT:
            raise ValueError(f"the database must be one of {', '.join(_INSERT)}, not {engine.dialect.name}")
        self.upgrades_itself = upgrades_itself
        self._engine = engine
        self._reader = engine.execution_options(raum_reads_only=True)
        self._insert = _INSERT[engine.dialect.name]
        self._entered = False

    async def __aenter__(self) -> Self:
        self._entered = True
        try:
            await (self.migrate() if self.upgrades_itself else self._require_current())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._entered = False
        await self._engine.dispose()

    async def migrate(self) -> None:
        """Create the schema or bring it up to date; safe to call when it is. Raises OperatorError if it is newer."""
        async with self._schema(self._engine) as connection:
            state = await connection.run_sync(schema_state)
            if state is SchemaState.OLDER:
                await connection.run_sync(upgrade)
        _refuse_newer(state)

    async def is_current(self) -> bool:
        """Whether the schema is the one that this version of raum needs."""
        return await self._schema_state() is SchemaState.CURRENT

    async def _require_current(self) -> None:
        state = await self._schema_state()
        _refuse_newer(state)
        if state is SchemaState.OLDER:
            raise OperatorError("the store's schema is older than this raum; run `raum migrate`")

    async def _schema_state(self) -> SchemaState:
        async with self._schema(self._reader) as connection:
            return await connection.run_sync(schema_state)

    @asynccontextmanager
    async def _schema(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        try:
            with failing_safely():
                async with engine.begin() as connection:
                    yield connection
        finally:
            if not self._entered:
                await self._engine.dispose()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with failing_safely():
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        with failing_safely():
            async with self._engine.begin() as connection:
                yield connection

    async def add_account(self, account: Account, entry: Entry) -> None:
        """Add an account and the entry that says so. Raises OperatorError if the id or webhook key is taken."""
        async with self._writing() as connection:
            with refusing("an account with this id or this webhook key exists already"):
                await connection.execute(self._insert(accounts).values(to_row(account)))
            await self._add_entry(connection, entry)

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""
        return await self._one_account(select(accounts).where(accounts.c.id == account_id))

    async def account_of_webhook(self, webhook_key: str) -> Account | None:
        """The account with this webhook key."""
        return await self._one_account(select(accounts).where(accounts.c.webhook_key == webhook_key))

    async def _one_account(self, query: Select[Any]) -> Account | None:
        async with self._reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return from_row(Account, row) if row else None

    async def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""
        async with self._reading() as connection:
            rows = (await connection.execute(select(accounts).order_by(accounts.c.id))).mappings().all()
        return [from_row(Account, row) for row in rows]

    async def add_token(self, account_id: str, digest: bytes, label: str, entry: Entry) -> None:
        """Keep the digest of a service token, and the entry that says so."""
        async with self._writing() as connection:
            with refusing("the token exists already, or there is no such account"):
                await connection.execute(self._insert(tokens).values(digest=digest, account_id=account_id, label=label))
            await self._add_entry(connection, entry)

    async def account_of_token(self, digest: bytes) -> tuple[Account, str] | None:
        """The account that a service token belongs to, and the token's label."""
        query = select(accounts, tokens.c.label).join_from(tokens, accounts).where(tokens.c.digest == digest)
        async with self._reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return (from_row(Account, row), row["label"]) if row else None

    async def put_credential(self, account_id: str, name: str, ciphertext: bytes, entry: Entry) -> None:
        """Set or replace an encrypted credential, and the entry that says so."""
        value = {"ciphertext": ciphertext, "updated_at": entry.time}
        insert = self._insert(credentials).values(account_id=account_id, name=name, **value)
        async with self._writing() as connection:
            with refusing("there is no such account"):
                await connection.execute(
                    insert.on_conflict_do_update(index_elements=["account_id", "name"], set_=value)
                )
            await self._add_entry(connection, entry)

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""
        query = select(credentials.c.ciphertext).filter_by(account_id=account_id, name=name)
        async with self._reading() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int]) -> int:
        """Take all that was said out of the entries about these tickets; how many entries that are."""
        erased = 0
        async with self._writing() as connection:
            for start in range(0, len(ticket_ids), _IDS_AT_ONCE):
                ids = ticket_ids[start : start + _IDS_AT_ONCE]
                about = update(entries).where(entries.c.account_id == account_id, entries.c.ticket_id.in_(ids))
                gone = about.values(content=None, completion=None, placeholders=(), unresolved=())
                erased += (await connection.execute(gone)).rowcount
        return erased

    async def lock(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lock, over all processes, that ends by itself at `until`; False if another owner has it."""
        insert = self._insert(locks).values(name=name, owner=owner, until=until)
        taken = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "until": until},
            where=(locks.c.until <= now) | (locks.c.owner == owner),
        )
        async with self._writing() as connection:
            return (await connection.execute(taken)).rowcount == 1

    async def unlock(self, name: str, owner: str) -> None:
        """Give a lock back; one that another owner has by now stays."""
        async with self._writing() as connection:
            await connection.execute(delete(locks).filter_by(name=name, owner=owner))

    async def accept(self, job: Job) -> bool:
        """Keep a job durably; False, changing nothing, if the account already had a job for this event."""
        row = to_row(job) | {"state": JobState.WAITING, "due_at": job.created_at}
        insert = self._insert(jobs).values(row).on_conflict_do_nothing(index_elements=["account_id", "event_id"])
        async with self._writing() as connection:
            with refusing("a job with this id exists already, or there is no such account"):
                return (await connection.execute(insert)).rowcount == 1

    async def claim(self, now: datetime) -> Job | None:
        """Mark the oldest waiting job that is due as running, count the attempt and return it."""
        oldest = (
            select(jobs.c.id)
            .where(jobs.c.state == JobState.WAITING, jobs.c.due_at <= now)
            .order_by(jobs.c.created_at, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)  # not rendered for SQLite, whose writers wait for each other
        )
        claimed = (
            update(jobs)
            .where(jobs.c.id == oldest.scalar_subquery())
            .values(state=JobState.RUNNING, attempts=jobs.c.attempts + 1)
            .returning(jobs)
        )
        async with self._writing() as connection:
            row = (await connection.execute(claimed)).mappings().one_or_none()
        return from_row(Job, row) if row else None

    async def finish(self, job: Job, entry: Entry, *, failed: bool) -> None:
        """End a job as done or failed, and write its entry, in one transaction. Raises OperatorError if unknown."""
        ended = update(jobs).where(jobs.c.id == job.id).values(state=JobState.FAILED if failed else JobState.DONE)
        async with self._writing() as connection:
            if (await connection.execute(ended)).rowcount == 0:
                raise OperatorError("the store has no such job")
            await self._add_entry(connection, entry)

    async def put_back(self, job: Job, due: datetime) -> None:
        """Let a running job wait until `due` for another attempt; a job that is not running stays as it is."""
        await self._wait(update(jobs).where(jobs.c.id == job.id).values(due_at=due))

    async def put_back_running(self) -> int:
        """Let all running jobs wait again, and say how many: a host that was killed left them behind."""
        return await self._wait(update(jobs))

    async def _wait(self, change: Update) -> int:
        waits = change.where(jobs.c.state == JobState.RUNNING).values(state=JobState.WAITING)
        async with self._writing() as connection:
            return (await connection.execute(waits)).rowcount

    async def count_jobs(self, account_id: str) -> dict[str, int]:
        """How many jobs of an account are in each state; every state is named."""
        query = select(jobs.c.state, func.count()).where(jobs.c.account_id == account_id).group_by(jobs.c.state)
        async with self._reading() as connection:
            rows = (await connection.execute(query)).all()
        return {state.value: 0 for state in JobState} | {state.value: count for state, count in rows}

    async def append(self, entry: Entry) -> None:
        """Write an audit entry."""
        async with self._writing() as connection:
            await self._add_entry(connection, entry)

    async def _add_entry(self, connection: AsyncConnection, entry: Entry) -> None:
        await connection.execute(self._insert(entries).values(to_row(entry)))

    async def entries(self, account_id: str, *, limit: int = 100) -> Sequence[Entry]:
        """The newest entries of an account, newest first."""
        newest_first = select(entries).order_by(entries.c.time.desc(), entries.c.seq.desc()).limit(limit)
        async with self._reading() as connection:
            rows = (await connection.execute(newest_first.where(entries.c.account_id == account_id))).mappings().all()
        return [from_row(Entry, row) for row in rows]


def _refuse_newer(state: SchemaState) -> None:
    if state is SchemaState.NEWER:
        raise OperatorError("the store's schema is newer than this raum; install the version that upgraded it")
