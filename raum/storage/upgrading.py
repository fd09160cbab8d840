"""How the schema on PostgreSQL is brought up to date while hosts, of this version and of the one before, go on.

One process at a time migrates; another one waits until that is done, and finds nothing left to do. Each migration is a
transaction of its own. A statement that alters a table waits for everybody who uses it, and everybody else waits behind
it: so it waits but for a moment, gives way, and is tried again. What is done by then stays done.

The rule for whoever writes a migration is: expand, then contract. Hosts of the version before go on reading and writing
while the migration runs and afterwards, until the last of them is replaced. So a migration may add tables, indexes, and
columns that may be null or have a default of the server's; it may let a constraint go or loosen it. It may not drop,
rename or alter what the version before uses, nor demand more of rows than that version gives. What is used no longer
goes one version later, by a migration that names it: `CONTRACTS = {"table.column", "table"}`. A table that may be large
is never scanned or rewritten under a lock that writers wait for: `CREATE INDEX CONCURRENTLY`, and `NOT VALID` and then
`VALIDATE`, in `op.get_context().autocommit_block()`; whatever has such steps must be fit to be begun once more.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from raum.errors import OperatorError

TOO_LATE: Final = frozenset({"55P03", "57014", "40P01"})
"""lock_not_available, query_canceled, deadlock_detected: what may be tried again."""
LOCK_TIMEOUT: Final = "100ms"
TRIES: Final = 60

_KEY: Final = 0x7261756D  # "raum", as a number
_PAUSE_SECONDS: Final = 2.0
_WAIT_SECONDS: Final = 600.0
_LOOK_SECONDS: Final = 0.5
_SETTINGS: Final = text(
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT}', false), set_config('raum.every_account', 'on', false)"
)


@asynccontextmanager
async def alone(engine: AsyncEngine, wait_seconds: float = _WAIT_SECONDS) -> AsyncIterator[None]:
    """A time in which no other process migrates.

    Raises OperatorError if another process is at it for all of `wait_seconds`. It is asked again and again, because a
    statement that waits for the lock would hold up the other's `CREATE INDEX CONCURRENTLY`.
    """
    async with engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        clock = asyncio.get_running_loop().time
        deadline = clock() + wait_seconds
        while not (await connection.execute(text(f"SELECT pg_try_advisory_lock({_KEY})"))).scalar_one():
            if clock() >= deadline:
                raise OperatorError(
                    "another `raum migrate` is at work on this store; wait until it has ended, and try again"
                )
            await asyncio.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            await connection.execute(text(f"SELECT pg_advisory_unlock({_KEY})"))


async def upgrade_beside_hosts(engine: AsyncEngine, upgrade: Callable[[Connection], None]) -> None:
    """Do what `upgrade` does on a connection, again and again as long as it gets no lock.

    Raises OperatorError if it never does.
    """
    for number in range(TRIES):
        try:
            async with engine.connect() as connection:
                await connection.execute(_SETTINGS)
                await connection.commit()
                await connection.run_sync(upgrade)
                await connection.invalidate()  # nobody else is to have its settings
        except DBAPIError as error:
            if not may_be_tried_again(error):
                raise
            await asyncio.sleep(_pause(number))
        else:
            return
    raise in_use()


def patiently(connection: Connection, work: Callable[[], None]) -> None:
    """Within a migration: do something that needs a lock, and changes nothing unless it gets it, until it does.

    Raises OperatorError if it never does.
    """
    for number in range(TRIES):
        try:
            return work()
        except DBAPIError as error:
            if not may_be_tried_again(error):
                raise
        connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": _pause(number)})
    raise in_use()


def may_be_tried_again(error: DBAPIError) -> bool:
    """Whether it was only that somebody else held a lock."""
    return getattr(error.orig, "sqlstate", None) in TOO_LATE


def _pause(number: int) -> float:
    return random.uniform(0, _PAUSE_SECONDS * min(1.0, (number + 1) / 10))  # noqa: S311


def in_use() -> OperatorError:
    """What is told when no attempt got a lock."""
    return OperatorError(
        f"the store's tables are in use without a pause: {TRIES} attempts got no lock within {LOCK_TIMEOUT} each. "
        "End what uses them for long (a dump, a report), and run `raum migrate` again; what is done so far stays"
    )
