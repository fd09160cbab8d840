"""The part `sqlite`: the store in one file on the host; and the part `embedded`: the queue in that file.

The file and its folder are created for their owner alone. Deleted content is overwritten (`secure_delete`), temporary
tables stay in memory (`temp_store`), and a commit is on the disk when it returns (`synchronous`). The schema upgrades
itself. Pragmas: https://www.sqlite.org/pragma.html; transactions: https://www.sqlite.org/lang_transaction.html.
"""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen
from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from raum.api import STORE, DataClass, DataUse, OperatorError, Part, Queue, SqlQueue, SqlStore, Store, hookimpl

_PATIENCE = "busy_timeout=5000"  # milliseconds
_PRAGMAS = (
    _PATIENCE,  # first, so that it holds for the others
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
)


@frozen
class SqliteOptions:
    """`path` is the database file, from the working directory; its folder is created if it is missing."""

    path: str = "data/raum.db"


@hookimpl
def raum_stores() -> Iterable[Part[Store]]:
    """The part `sqlite`."""
    yield Part(
        "sqlite",
        lambda options: SqlStore(lambda: sqlite_engine(Path(options.path)), upgrades_itself=True, scrub=scrub),
        DataUse(
            {DataClass.REDACTED, DataClass.IDS, DataClass.SECRETS, DataClass.SETTINGS, DataClass.METRICS},
            goes_to="a file on the host",
            kept="as [retention] says",
        ),
        SqliteOptions,
        summary="keeps everything in one SQLite file",
    )


@hookimpl
def raum_queues() -> Iterable[Part[Queue]]:
    """The part `embedded`."""
    yield Part(
        "embedded",
        lambda options: SqlQueue(),
        DataUse({DataClass.IDS}, goes_to="the store", regions=(STORE,), kept="as [retention] says"),
        summary="hands out jobs from the SQLite file, to the workers of one host",
    )


def sqlite_engine(path: Path) -> AsyncEngine:
    """An engine for this file, which is created by the first connection. Connecting raises OperatorError."""
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # at DEBUG it logs every statement with its parameters
    file = path.absolute()
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(file)),
        hide_parameters=True,
        connect_args={"isolation_level": None},  # the driver begins no transaction; `_begin` does
        pool_size=5,  # writers queue here, in order, instead of at the file's lock
        max_overflow=0,
    )

    def before_connecting(*_: object) -> None:
        _create(file)

    event.listen(engine.sync_engine, "do_connect", before_connecting)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _create(file: Path) -> None:
    """Create the file with its mode if it is missing. One that is there must not be opened.

    Closing any descriptor of a file drops all locks that the process holds on it, SQLite's among them, and then another
    process takes itself for the last one and removes the write-ahead log (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise OperatorError(f"{file}: cannot open the database: {os.strerror(error.errno or 0)}") from None


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin a writer with the write lock: SQLite does not let a reader that becomes a writer wait for it."""
    options = connection.get_execution_options()
    if not options.get("raum_no_transaction", False):
        connection.exec_driver_sql("BEGIN" if options.get("raum_reads_only", False) else "BEGIN IMMEDIATE")


async def scrub(connection: AsyncConnection) -> bool:
    """Empty the write-ahead log, where the pages as they were before are still to be read; whether that was possible.

    A checkpoint keeps writers out while it waits for readers. So this one does not wait: it is to be tried again.
    """
    await connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        row = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    finally:
        await connection.exec_driver_sql(f"PRAGMA {_PATIENCE}")
    return not row[0]  # whether it was busy
