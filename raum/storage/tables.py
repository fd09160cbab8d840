"""The tables, their columns, and how the value types of raum become rows and are read from them."""

import enum
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

from raum.identity.actors import Role
from raum.identity.users import UserState
from raum.model import AccountState, Change, EventKind, JobState
from raum.retention.records import Subject

ValueT = TypeVar("ValueT", bound=attrs.AttrsInstance)


class UtcTime(TypeDecorator[datetime]):
    """A point in time: kept in UTC, read back with its time zone. Raises ValueError for a time without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC. SQLite keeps no time zone, so that its text sorts and compares only if all of it is UTC."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a time without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to a time with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A tuple of strings, kept as a JSON array."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...]:
        """From the array that JSON gives."""
        return tuple(value or ())


class Numbers(TypeDecorator[tuple[int, ...]]):
    """A tuple of integers, kept as a JSON array."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: list[int] | None, dialect: Dialect) -> tuple[int, ...]:
        """From the array that JSON gives."""
        return tuple(value or ())


class Changes(TypeDecorator[tuple[Change, ...]]):
    """Changes of settings, kept as a JSON array of arrays."""

    impl = JSON
    cache_ok = True

    def process_result_value(self, value: list[list[str]] | None, dialect: Dialect) -> tuple[Change, ...]:
        """From the array that JSON gives."""
        return tuple(Change(*change) for change in value or ())


class Ciphertext(LargeBinary):
    """A value that the key manager encrypted. `raum keys rewrap` moves whatever is in a column of this type."""


def _one_of(choices: type[enum.StrEnum]) -> Enum:
    return Enum(
        choices, native_enum=False, length=16, values_callable=lambda members: [str(member) for member in members]
    )


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("subdomain", String(63), nullable=False),
    Column("webhook_key", String(128), nullable=False, unique=True),
    Column("state", _one_of(AccountState), nullable=False, server_default=AccountState.ACTIVE),
    Column("ends_at", UtcTime),
    Column("app", String(20)),
    Column("installation", String(20)),
    Index(None, "installation"),
)

# What an account chose, as one document, and how often that was changed.
settings = Table(
    "settings",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
)

# How many operations an account has asked for in the minute that it last asked for one in.
rates = Table(
    "rates",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("minute", BigInteger, nullable=False),
    Column("requests", Integer, nullable=False),
)

# Of a service token, its digest alone.
tokens = Table(
    "tokens",
    metadata,
    Column("digest", LargeBinary(64), primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("label", String(128), nullable=False),
    Column("scopes", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    UniqueConstraint("account_id", "label"),
)

# An operator of the host has no account. Who comes from the helpdesk alone has no e-mail address and no password.
users = Table(
    "users",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id")),
    Column("role", _one_of(Role), nullable=False),
    Column("state", _one_of(UserState), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("email", String(254), unique=True),
    Column("person_id", BigInteger),
    Column("password_hash", String(256)),
    UniqueConstraint("account_id", "person_id"),
)

# That a session is there makes its tokens good; the tokens themselves are not kept.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("impersonator_id", ForeignKey("users.id")),
    Column("parent_id", String(32)),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

session_keys = Table(
    "session_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ciphertext", Ciphertext, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("retires_at", UtcTime),
)

# Failed attempts to sign in, by the digest of who or where from, and when the next one is looked at.
attempts = Table(
    "attempts",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", UtcTime, nullable=False),
)

# Digests that are remembered for a time: of tokens that are good once, and of where a user signs in from.
marks = Table(
    "marks",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("until", UtcTime, nullable=False),
    Index(None, "until"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("name", String(128), primary_key=True),
    Column("ciphertext", Ciphertext, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("last_four", String(4)),
)

# Leases: a lock that nobody renews ends by itself, so that a killed host leaves none behind.
locks = Table(
    "locks",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("until", UtcTime, nullable=False),
)

# `heartbeat_at` is the last sign of life of the worker that runs the job, `engine_id` the number under which a queue
# engine besides this table knows the job. The row stays when the job has ended: it is what tells a duplicate.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("ticket_id", BigInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("client_ip", String(64), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", _one_of(JobState), nullable=False),
    Column("token", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime, nullable=False),
    Column("heartbeat_at", UtcTime),
    Column("reason", String(128)),
    Column("engine_id", BigInteger),
    Column("kind", _one_of(EventKind), nullable=False, server_default=EventKind.REPLY),
    Column("person_id", BigInteger, nullable=False, server_default="0"),
    Column("peer_ip", String(64), nullable=False, server_default=text("''")),
    UniqueConstraint("account_id", "event_id"),
    Index(None, "state", "created_at"),
    Index(None, "created_at"),
)

# Tickets of which nothing that was said is kept: a run that began before the erasure ends after it. A mark outlives its
# account, as entries do.
erasures = Table(
    "erasures",
    metadata,
    Column("account_id", String(63), primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("erased_at", UtcTime, nullable=False),
    Index(None, "erased_at"),
)

# Accounts of which nothing may go, for the time being.
holds = Table(
    "holds",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("reference", String(64), nullable=False),
)

# Deletions that were asked for. The numbers of the tickets go when one is done.
deletions = Table(
    "deletions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("subject", _one_of(Subject), nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("ticket_ids", Numbers, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("finished_at", UtcTime),
    Index(None, "account_id", "requested_at"),
    Index(None, "finished_at"),
)

# An entry outlives its account: the audit log is purged by its own age, so that account_id is no foreign key.
# `said_hash` and `body_hash` are made of the entry when it is written and never change (entries from before there were
# hashes get theirs when they are sealed); `position`, the place in the account's log, is dealt out when it is sealed.
# The salt goes with the content when that is erased.
entries = Table(
    "entries",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(128), nullable=False, unique=True),
    Column("time", UtcTime, nullable=False),
    Column("account_id", String(63), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("actor", Text, nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("client_ip", String(64), nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("job_id", String(128)),
    Column("ticket_id", BigInteger),
    Column("reason", String(128)),
    Column("provider", String(128)),
    Column("model", String(256)),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cache_read_tokens", Integer),
    Column("reasoning_tokens", Integer),
    Column("cost_nanousd", BigInteger),
    Column("duration_ms", Integer, nullable=False),
    Column("placeholders", Words, nullable=False),
    Column("unresolved", Words, nullable=False),
    Column("content", Text),
    Column("completion", Text),
    Column("changes", Changes),
    Column("peer_ip", String(64), nullable=False, server_default=text("''")),
    Column("impersonator", Text),
    Column("impersonation_reason", Text),
    Column("target", Text),
    Column("erased", Words),
    Column("salt", String(32), nullable=False, server_default=text("''")),
    Column("said_hash", LargeBinary(32)),
    Column("body_hash", LargeBinary(32)),
    Column("position", BigInteger),
    Index(None, "account_id", "time"),
    Index(None, "account_id", "position", unique=True),
)

# The sealed stretches of an account's log, which stay when the entries are purged: they hold no personal data.
segments = Table(
    "segments",
    metadata,
    Column("account_id", String(63), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("root", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("kid", String(64), nullable=False),
    Column("sealed_at", String(32), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)

# The keys that segments are signed with; the private half is encrypted by the key manager.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("ciphertext", Ciphertext, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

# What an audit sink has not got yet.
undelivered = Table(
    "undelivered",
    metadata,
    Column("sink", String(63), primary_key=True),
    Column("entry_id", String(128), primary_key=True),
)


def to_row(value: attrs.AttrsInstance) -> dict[str, Any]:
    """The columns of a value type."""
    return attrs.asdict(value, recurse=False)


def from_row(kind: type[ValueT], row: RowMapping) -> ValueT:
    """The value type of a row; columns that are none of its fields are left out."""
    return kind(**{attribute.name: row[attribute.name] for attribute in attrs.fields(kind)})


def from_table(kind: type[ValueT], table: FromClause, row: RowMapping) -> ValueT:
    """The value type of the columns that a row of several tables has of one of them."""
    return kind(**{attribute.name: row[table.c[attribute.name]] for attribute in attrs.fields(kind)})
