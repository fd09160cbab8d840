"""The part `postgres`: the store in a PostgreSQL database that many hosts share.

A commit is on the server's disk when it returns, whatever the server's default. The schema is upgraded by `raum
migrate` alone. Let the server log no parameters (`log_parameter_max_length_on_error = 0`, which is its default).
Connections: https://magicstack.github.io/asyncpg/current/api/index.html#connection.
"""

import os
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs, urlsplit

import asyncpg
from attrs import field, frozen, validators
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


def data_use(options: PostgresOptions) -> DataUse:
    """Where the data goes: to a server in the region that is stated, unless it is on this machine."""
    url = urlsplit(options.url.reveal())
    host = parse_qs(url.query).get("host", [""])[0] or url.hostname or os.environ.get("PGHOST", _SOCKET)
    return DataUse(
        {DataClass.REDACTED, DataClass.IDS, DataClass.SECRETS},
        goes_to="a PostgreSQL database",
        regions=() if host.startswith(_SOCKET) or is_loopback(host) else (options.region or UNKNOWN_REGION,),
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

    async def connect() -> object:
        try:
            connection = await asyncpg.connect(
                url,
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

    return create_async_engine(
        "postgresql+asyncpg://",  # the address, which holds the password, stays in `connect`
        async_creator=connect,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=options.connections,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
    )
