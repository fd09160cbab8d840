"""The part `postgres`: the store in a PostgreSQL database that many hosts share.

A commit is on the server's disk when it returns, whatever the server's default. The schema is upgraded by `raum
migrate` alone. Let the server log no parameters (`log_parameter_max_length_on_error = 0`, which is its default).

To a server that is not on this machine there is no connection without TLS. Its certificate must be for its name and by
an authority that the machine knows, or by the one in a file: `?sslmode=verify-full&sslrootcert=FILE` in the address.
Connections: https://magicstack.github.io/asyncpg/current/api/index.html#connection.
"""

import os
import ssl
from collections.abc import Iterable, Sequence
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

import asyncpg
from attrs import field, frozen, validators
from sqlalchemy import AdaptedConnection, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from raum.api import (
    UNKNOWN_REGION,
    DataClass,
    DataUse,
    OperatorError,
    Part,
    Secret,
    SqlStore,
    Store,
    Wall,
    hookimpl,
    is_loopback,
)

_SOCKET: Final = "/"  # how the path of a local socket begins
_SAFE_MODES: Final = frozenset({"verify-ca", "verify-full"})
_CONNECT_SECONDS = 5.0
_STATEMENT_SECONDS = 30.0
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
_NOT_HELD = "row-level security does not hold the role of the url, which is a superuser or has BYPASSRLS"
# Whatever the role or the database has as its default, a connection begins with nothing stated, and held by the wall.
_HELD = "SELECT set_config('raum.account', '', false), set_config('raum.every_account', '', false)"


@frozen
class PostgresOptions:
    """`url` is postgresql://USER:PASSWORD@HOST:PORT/DATABASE; `connections` is the most that one process opens.

    `region` is where the server is, if it is not on this machine; a host with `[residency]` must know. A role that
    row-level security does not hold (a superuser, or one with BYPASSRLS) is refused unless `allow_superuser` is true.
    """

    url: Secret
    connections: int = field(default=10, validator=[validators.ge(1), validators.le(1000)])
    region: str = ""
    allow_superuser: bool = False


def is_local(url: str) -> bool:
    """Whether the server is on this machine: behind a socket of the file system, or on a loopback address.

    Which host it is that asyncpg connects to: that in front of the path, or else `host` behind it, or else PGHOST. An
    address with several hosts counts as another machine's.
    """
    parts = urlsplit(url)
    if "," in parts.netloc.rpartition("@")[2]:
        return False
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0] or os.environ.get("PGHOST", _SOCKET)
    return "," not in host and (host.startswith(_SOCKET) or is_loopback(host))


def tls_for(url: str) -> ssl.SSLContext | None:
    """The TLS that asyncpg is to use; None where the address says it, or the server is on this machine.

    Raises OperatorError for an address that allows a connection which anybody in between could read.
    """
    if is_local(url):
        return None
    modes = parse_qs(urlsplit(url).query).get("sslmode", [])
    if not modes:
        return ssl.create_default_context()
    if not set(modes) <= _SAFE_MODES:
        raise OperatorError(
            "postgres: the server is not on this machine, so that the url may say sslmode=verify-full or verify-ca "
            "alone; verify-full is the default"
        )
    return None


def data_use(options: PostgresOptions) -> DataUse:
    """Where the data goes: to a server in the region that is stated, unless it is on this machine."""
    return DataUse(
        {DataClass.REDACTED, DataClass.IDS, DataClass.SECRETS, DataClass.SETTINGS, DataClass.METRICS},
        goes_to="a PostgreSQL database",
        regions=() if is_local(options.url.reveal()) else (options.region or UNKNOWN_REGION,),
        kept="as [retention] says",
    )


class PostgresStore(SqlStore):
    """A store in PostgreSQL, which keeps accounts apart by itself, too: see docs/postgresql.md.

    Entering raises OperatorError if the database does not hold the role of the address from the rows of other accounts.
    """

    def __init__(self, options: PostgresOptions) -> None:
        super().__init__(
            lambda: postgres_engine(options),
            upgrades_itself=False,
            make_patient_engine=lambda: postgres_engine(options, is_patient=True),
        )
        self._allows_superuser = options.allow_superuser

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            self._require(await self.wall())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    def _require(self, wall: Wall) -> None:
        if wall.open_tables and not wall.holds_nothing:
            raise OperatorError(
                f"postgres: row-level security does not hold for {', '.join(wall.open_tables)}; as the owner of each, "
                "ALTER TABLE ... ENABLE ROW LEVEL SECURITY, and FORCE ROW LEVEL SECURITY"
            )
        if wall.open_tables and not self._allows_superuser:
            raise OperatorError(
                f"postgres: {_NOT_HELD}; let the url name an ordinary role that owns the tables (docs/postgresql.md), "
                "or set allow_superuser = true to do without"
            )

    async def warnings(self) -> Sequence[str]:
        """That the wall does not stand as it should, though the host works."""
        wall = await self.wall()
        told = [f"{_NOT_HELD}; nothing but raum's own queries keeps accounts apart"] if wall.open_tables else []
        if wall.lets_older_hosts:
            told.append(
                "hosts of a version without row-level security are connected, and are not held by it; stop them, and "
                "run `raum check` as the owner of the tables"
            )
        return told


@hookimpl
def raum_stores() -> Iterable[Part[Store]]:
    """The part `postgres`."""
    yield Part(
        "postgres",
        PostgresStore,
        data_use,
        PostgresOptions,
        summary="keeps everything in a PostgreSQL database",
    )


def postgres_engine(options: PostgresOptions, *, is_patient: bool = False) -> AsyncEngine:
    """An engine for this database; a patient one, for migrations, lets a statement take its time.

    Raises OperatorError for an address of another kind; so does connecting in vain.
    """
    url = options.url.reveal()
    if not url.startswith(("postgresql://", "postgres://")):
        raise OperatorError("postgres: url must be written postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    tls = tls_for(url)

    async def connect() -> object:
        try:
            connection = await asyncpg.connect(
                url,
                ssl=tls,
                timeout=_CONNECT_SECONDS,
                command_timeout=None if is_patient else _STATEMENT_SECONDS,
                server_settings={"application_name": "raum-migrate" if is_patient else "raum-host"},
            )
            await connection.execute(f"{_DURABLE}; {_HELD}")
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            name = getattr(error, "sqlstate", None)
            told = f"{type(error).__name__} ({name})" if name else type(error).__name__
            raise OperatorError(f"cannot connect to the PostgreSQL database: {told}") from None
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://",  # the address, which holds the password, stays in `connect`
        async_creator=connect,
        hide_parameters=True,
        pool_size=2 if is_patient else options.connections,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
    )
    event.listen(engine.sync_engine, "checkout", _ping)
    return engine


def _ping(connection: AdaptedConnection, *_: object) -> None:
    """Have connections made anew if this one is answered no more: one round trip; `pool_pre_ping` takes three.

    It pays for the one that tells the server the reach of the transaction.
    """
    try:
        connection.run_async(lambda driver: driver.execute("SELECT"))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        raise InvalidatePoolError from None
