"""The part `postgres`: the store in a PostgreSQL database that many hosts share.

A commit is on the server's disk when it returns, whatever the server's default. The schema is upgraded by `raum
migrate` alone. Let the server log no parameters (`log_parameter_max_length_on_error = 0`, which is its default).

To a server that is not on this machine there is no connection without TLS. Its certificate must be for its name and by
an authority that the machine knows, or by the one in a file: `?sslmode=verify-full&sslrootcert=FILE` in the address.
Connections: https://magicstack.github.io/asyncpg/current/api/index.html#connection.
"""

import os
import ssl
from collections.abc import Iterable
from typing import Final
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
    hookimpl,
    is_loopback,
)

_SOCKET: Final = "/"  # how the path of a local socket begins
_SAFE_MODES: Final = frozenset({"verify-ca", "verify-full"})
_CONNECT_SECONDS = 5.0
_STATEMENT_SECONDS = 30.0
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"


@frozen
class PostgresOptions:
    """`url` is postgresql://USER:PASSWORD@HOST:PORT/DATABASE; `connections` is the most that one process opens.

    `region` is where the server is, if it is not on this machine; a host with `[residency]` must know.
    """

    url: Secret
    connections: int = field(default=10, validator=[validators.ge(1), validators.le(1000)])
    region: str = ""


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
        {DataClass.REDACTED, DataClass.IDS, DataClass.SECRETS},
        goes_to="a PostgreSQL database",
        regions=() if is_local(options.url.reveal()) else (options.region or UNKNOWN_REGION,),
        kept="as [retention] says",
    )


@hookimpl
def raum_stores() -> Iterable[Part[Store]]:
    """The part `postgres`."""
    yield Part(
        "postgres",
        lambda options: SqlStore(lambda: postgres_engine(options), upgrades_itself=False),
        data_use,
        PostgresOptions,
        summary="keeps everything in a PostgreSQL database",
    )


def postgres_engine(options: PostgresOptions) -> AsyncEngine:
    """An engine for this database. Raises OperatorError for an address of another kind; so does connecting in vain."""
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
                command_timeout=_STATEMENT_SECONDS,
                server_settings={"application_name": "raum"},
            )
            await connection.execute(_DURABLE)
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            name = getattr(error, "sqlstate", None)
            told = f"{type(error).__name__} ({name})" if name else type(error).__name__
            raise OperatorError(f"cannot connect to the PostgreSQL database: {told}") from None
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://",  # the address, which holds the password, stays in `connect`
        async_creator=connect,
        hide_parameters=True,
        pool_size=options.connections,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
    )
    event.listen(engine.sync_engine, "checkout", _ping)
    return engine


def _ping(connection: AdaptedConnection, *_: object) -> None:
    """Have connections made anew if this one is answered no more: one round trip; `pool_pre_ping` takes three."""
    try:
        connection.run_async(lambda driver: driver.execute("SELECT"))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        raise InvalidatePoolError from None
