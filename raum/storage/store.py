"""What a store keeps, and the SQL that does it on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol, Self

from sqlalchemy import Select, Table, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from raum.errors import OperatorError
from raum.ids import utc_now
from raum.model import Account, Entry, KeptCredential, Spent
from raum.settings import Stored
from raum.storage.audit import AuditStore, SqlAudit
from raum.storage.ciphertexts import CiphertextStore, SqlCiphertexts
from raum.storage.failures import failing_safely, refusing
from raum.storage.identities import Identities, SqlIdentities, require_account
from raum.storage.reach import EVERY_ACCOUNT, NO_ACCOUNT, Reach, only, state_reach
from raum.storage.retention import RetentionStore, SqlRetention
from raum.storage.schema import SchemaState, schema_state, upgrade
from raum.storage.tables import accounts, credentials, entries, from_row, locks, rates, settings, to_row
from raum.storage.upgrading import alone, upgrade_beside_hosts
from raum.storage.wall import Wall, close_behind_older_hosts


class Store(AuditStore, CiphertextStore, Identities, RetentionStore, Protocol):
    """Accounts, identities, credentials (encrypted) and audit entries (redacted). Jobs are the queue's.

    An async context manager: entering raises OperatorError if the schema is not the one that this version of raum
    needs and the store does not upgrade itself. `migrate` and `is_current` also work on a store that is not entered,
    and then leave nothing open. Errors of the database are raised as OperatorError without SQL and parameters.
    """

    upgrades_itself: bool

    async def migrate(self) -> None:
        """Create the schema or bring it up to date; safe to call when it is. Raises OperatorError if it is newer."""

    async def is_current(self) -> bool:
        """Whether the schema has what this version of raum needs; a newer one has it as well, for hosts that run."""

    async def add_account(self, account: Account, entry: Entry) -> None:
        """Add an account and the entry that says so. Raises OperatorError if the id or webhook key is taken."""

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""

    async def account_of_webhook(self, webhook_key: str) -> Account | None:
        """The account with this webhook key."""

    async def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""

    async def put_credential(
        self, account_id: str, name: str, ciphertext: bytes, entry: Entry, last_four: str = ""
    ) -> None:
        """Set or replace an encrypted credential, with what may be shown of it, and the entry that says so."""

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""

    async def credentials(self, account_id: str) -> Sequence[KeptCredential]:
        """Which credentials an account has, by name."""

    async def delete_credential(self, account_id: str, name: str, entry: Entry) -> bool:
        """Delete a credential and write the entry that says so; False, writing nothing, if there is none."""

    async def settings(self, account_id: str) -> Stored:
        """What an account chose; version 0 of nothing if it chose nothing yet."""

    async def change_settings(self, account_id: str, version: int, document: Mapping[str, Any], entry: Entry) -> bool:
        """Replace what an account chose, and write the entry that says so.

        False, writing nothing, if the version that is stored is not the one named. Raises OperatorError without the
        account.
        """

    async def count_request(self, account_id: str, minute: int, most: int) -> bool:
        """Count a request in a minute of the clock; False, counting nothing, if that would be more than `most`."""

    async def spent(self, account_id: str, since: datetime) -> Spent:
        """What an account's operations took since a time, by its entries."""

    async def lock(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lock, over all processes, that ends by itself at `until`; False if another owner has it."""

    async def unlock(self, name: str, owner: str) -> None:
        """Give a lock back; one that another owner has by now stays."""


# Both have ON CONFLICT, which SQLAlchemy's own insert has not.
_INSERT: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class SqlStore(SqlAudit, SqlCiphertexts, SqlIdentities, SqlRetention):
    """A store in an SQL database; the plugin that knows how to make the engine says which one.

    `make_engine` is called once for the store, and once more for each event loop besides the first. The engine is made
    with `hide_parameters=True` and belongs to the store, which disposes of it. Connections that only read carry the
    execution option `raum_reads_only`, for databases that must know it when a transaction begins. `scrub` makes removed
    data vanish from the database's files, on a connection that is to begin no transaction (`raum_no_transaction`); it
    says whether all is gone. `make_patient_engine` makes one that has two connections and lets statements take their
    time, for migrations beside other hosts.

    Whoever opens a connection says what it reaches; on PostgreSQL the connection reaches nothing else.
    """

    def __init__(
        self,
        make_engine: Callable[[], AsyncEngine],
        *,
        upgrades_itself: bool,
        scrub: Callable[[AsyncConnection], Awaitable[bool]] | None = None,
        make_patient_engine: Callable[[], AsyncEngine] | None = None,
    ) -> None:
        self.upgrades_itself = upgrades_itself
        self._make_engine = make_engine
        self._make_patient_engine = make_patient_engine or make_engine
        self._scrub = scrub
        self._engine = make_engine()
        self.dialect = self._engine.dialect.name
        """The name that SQLAlchemy has for the database."""
        if self.dialect not in _INSERT:
            raise ValueError(f"the database must be one of {', '.join(_INSERT)}, not {self.dialect}")
        self._reader = self._engine.execution_options(raum_reads_only=True)
        self.insert = _INSERT[self.dialect]
        """Begins an INSERT that may have an ON CONFLICT."""
        self._entered = False

    def another(self) -> "SqlStore":
        """The same store for the event loop of another thread: not entered, it connects anew for each call."""
        return SqlStore(
            self._make_engine,
            upgrades_itself=False,
            scrub=self._scrub,
            make_patient_engine=self._make_patient_engine,
        )

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
        if self.is_partitioned:
            async with self.migrating() as engine:
                state = await self._schema_state()
                if state is SchemaState.OLDER:
                    await upgrade_beside_hosts(engine, upgrade)
        else:
            async with self.writing(EVERY_ACCOUNT) as connection:
                state = await connection.run_sync(schema_state)
                if state is SchemaState.OLDER:
                    await connection.run_sync(upgrade)
        _refuse_newer(state)
        await self.make_room(utc_now())

    @property
    def is_partitioned(self) -> bool:
        """Whether the audit log is in partitions, and other hosts go on while the schema is migrated."""
        return self.dialect == "postgresql"

    @asynccontextmanager
    async def migrating(self) -> AsyncIterator[AsyncEngine]:
        """A time in which no other process migrates this PostgreSQL database, and an engine to do it with."""
        engine = self._make_patient_engine()
        try:
            with failing_safely():
                async with alone(engine):
                    yield engine
        finally:
            await engine.dispose()

    async def is_current(self) -> bool:
        """Whether the schema has what this version of raum needs."""
        return await self._schema_state() is not SchemaState.OLDER

    async def _require_current(self) -> None:
        state = await self._schema_state()
        _refuse_newer(state)
        if state is SchemaState.OLDER:
            raise OperatorError("the store's schema is older than this raum; run `raum migrate`")

    async def _schema_state(self) -> SchemaState:
        async with self.reading(NO_ACCOUNT) as connection:
            return await connection.run_sync(schema_state)

    async def wall(self) -> Wall:
        """How row-level security stands for the role of this store, closed behind hosts from before it if it can be."""
        async with self.writing(NO_ACCOUNT) as connection:
            return await connection.run_sync(close_behind_older_hosts)

    @asynccontextmanager
    async def reading(self, reach: Reach) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads, within a reach. Errors of the database become OperatorErrors."""
        async with self._open(self._reader, reach) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, reach: Reach) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that is committed at the end. Errors of the database become OperatorErrors."""
        async with self._open(self._engine, reach) as connection:
            yield connection

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine, reach: Reach) -> AsyncIterator[AsyncConnection]:
        try:
            with failing_safely():
                async with engine.begin() as connection:
                    await state_reach(connection, reach)
                    yield connection
        finally:
            if not self._entered:
                await self._engine.dispose()

    async def scrub(self) -> bool:
        """Let nothing of what was removed stay in the database's files, as far as the database lets itself be told."""
        if self._scrub is None:
            return True
        engine = self._engine.execution_options(raum_no_transaction=True)
        async with self._open(engine, NO_ACCOUNT) as connection:
            return await self._scrub(connection)

    async def add_account(self, account: Account, entry: Entry) -> None:
        """Add an account and the entry that says so. Raises OperatorError if the id or webhook key is taken."""
        async with self.writing(only(account.id)) as connection:
            with refusing("an account with this id or this webhook key exists already"):
                await connection.execute(self.insert(accounts).values(to_row(account)))
            await self.add_entry(connection, entry)

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""
        return await self._one_account(only(account_id), select(accounts).where(accounts.c.id == account_id))

    async def account_of_webhook(self, webhook_key: str) -> Account | None:
        """The account with this webhook key."""
        query = select(accounts).where(accounts.c.webhook_key == webhook_key)
        return await self._one_account(EVERY_ACCOUNT, query)

    async def _one_account(self, reach: Reach, query: Select[Any]) -> Account | None:
        async with self.reading(reach) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return from_row(Account, row) if row else None

    async def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""
        async with self.reading(EVERY_ACCOUNT) as connection:
            rows = (await connection.execute(select(accounts).order_by(accounts.c.id))).mappings().all()
        return [from_row(Account, row) for row in rows]

    async def put_credential(
        self, account_id: str, name: str, ciphertext: bytes, entry: Entry, last_four: str = ""
    ) -> None:
        """Set or replace an encrypted credential, with what may be shown of it, and the entry that says so."""
        value = {"ciphertext": ciphertext, "updated_at": entry.time, "last_four": last_four}
        insert = self.insert(credentials).values(account_id=account_id, name=name, **value)
        async with self.writing(only(account_id)) as connection:
            await require_account(connection, account_id)
            await connection.execute(insert.on_conflict_do_update(index_elements=["account_id", "name"], set_=value))
            await self.add_entry(connection, entry)

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""
        query = select(credentials.c.ciphertext).filter_by(account_id=account_id, name=name)
        async with self.reading(only(account_id)) as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def credentials(self, account_id: str) -> Sequence[KeptCredential]:
        """Which credentials an account has, by name."""
        query = select(credentials).where(credentials.c.account_id == account_id).order_by(credentials.c.name)
        async with self.reading(only(account_id)) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [KeptCredential(row["name"], row["updated_at"], row["last_four"] or "") for row in rows]

    async def delete_credential(self, account_id: str, name: str, entry: Entry) -> bool:
        """Delete a credential and write the entry that says so; False, writing nothing, if there is none."""
        async with self.writing(only(account_id)) as connection:
            gone = await connection.execute(delete(credentials).filter_by(account_id=account_id, name=name))
            if gone.rowcount:
                await self.add_entry(connection, entry)
        return gone.rowcount == 1

    async def settings(self, account_id: str) -> Stored:
        """What an account chose; version 0 of nothing if it chose nothing yet."""
        query = select(settings).where(settings.c.account_id == account_id)
        async with self.reading(only(account_id)) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return from_row(Stored, row) if row else Stored()

    async def change_settings(self, account_id: str, version: int, document: Mapping[str, Any], entry: Entry) -> bool:
        """Replace what an account chose, if its version is the one named, and write the entry that says so."""
        value = {"version": version + 1, "document": document}
        first = self.insert(settings).values(account_id=account_id, **value).on_conflict_do_nothing()
        further = update(settings).filter_by(account_id=account_id, version=version).values(value)
        async with self.writing(only(account_id)) as connection:
            await require_account(connection, account_id)
            changed = (await connection.execute(further if version else first)).rowcount == 1
            if changed:
                await self.add_entry(connection, entry)
        return changed

    async def count_request(self, account_id: str, minute: int, most: int) -> bool:
        """Count a request in a minute of the clock; False, counting nothing, if that would be more than `most`."""
        counted = case((rates.c.minute == minute, rates.c.requests + 1), else_=1)
        insert = self.insert(rates).values(account_id=account_id, minute=minute, requests=1)
        count = insert.on_conflict_do_update(
            index_elements=["account_id"],
            set_={"minute": minute, "requests": counted},
            where=(rates.c.minute != minute) | (rates.c.requests < most),
        )
        async with self.writing(only(account_id)) as connection:
            return (await connection.execute(count)).rowcount == 1

    async def spent(self, account_id: str, since: datetime) -> Spent:
        """What an account's operations took since a time, by its entries."""
        sums = (
            func.coalesce(func.sum(entries.c.input_tokens + entries.c.output_tokens), 0),
            func.coalesce(func.sum(entries.c.cost_nanousd), 0),
        )
        async with self.reading(only(account_id)) as connection:
            found = await connection.execute(
                select(*sums).where(entries.c.account_id == account_id, entries.c.time >= since)
            )
            tokens_, nanousd = found.one()
        return Spent(int(tokens_), int(nanousd))

    async def lock(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lock, over all processes, that ends by itself at `until`; False if another owner has it."""
        insert = self.insert(locks).values(name=name, owner=owner, until=until)
        taken = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "until": until},
            where=(locks.c.until <= now) | (locks.c.owner == owner),
        )
        async with self.writing(NO_ACCOUNT) as connection:
            return (await connection.execute(taken)).rowcount == 1

    async def unlock(self, name: str, owner: str) -> None:
        """Give a lock back; one that another owner has by now stays."""
        async with self.writing(NO_ACCOUNT) as connection:
            await connection.execute(delete(locks).filter_by(name=name, owner=owner))


def _refuse_newer(state: SchemaState) -> None:
    if state is SchemaState.NEWER:
        raise OperatorError(
            "the store's schema is newer than this raum; install the version that upgraded it, or a later one "
            "(hosts of this version that were started before go on until they are replaced)"
        )
