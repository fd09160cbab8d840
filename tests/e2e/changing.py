"""Changes settings, one change a round, and is killed in the middle of each: run as a process of its own.

    python changing.py DATABASE FIRST ROUNDS

Each round is a fork, so that the many rounds of a test cost one start. The points at which a round is killed are before
the change, between the change and its entry, after the entry, and after the commit; one round in five is left alone.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from raum.api import Secret, SqlStore
from raum.audit.actions import action_entry
from raum.model import Actor, Change
from raum_postgres import PostgresOptions, postgres_engine
from raum_sqlite import sqlite_engine

POINTS = ("before", "between", "after", "committed", "never")


def store_at(database):
    def engine():
        if database.startswith("postgresql:"):
            return postgres_engine(PostgresOptions(Secret(database), connections=2))
        return sqlite_engine(Path(database))

    return SqlStore(engine, upgrades_itself=False)


class Killed(SqlStore):
    """A store whose process ends at one point, as by kill -9."""

    point = "never"

    def here(self, point):
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    async def add_entry(self, connection, entry):
        self.here("between")
        await super().add_entry(connection, entry)
        self.here("after")


async def change(database, number, point):
    store = store_at(database)
    store.__class__ = Killed
    store.point = point
    async with store:
        store.here("before")
        changes = (Change("max_output_tokens", None, str(number)), Change(f"round.{number}", None, point))
        entry = action_entry("admin_settings_change", "acme", Actor("operator", "tester"), changes)
        stored = await store.settings("acme")
        document = {**stored.document, **{change.name: change.after for change in changes}}
        assert await store.change_settings("acme", stored.version, document, entry)
        store.here("committed")


def main():
    database, first, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for number in range(first, first + rounds):
        point = POINTS[number % len(POINTS)]
        child = os.fork()
        if not child:
            asyncio.run(change(database, number, point))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if killed != (point != "never"):
            sys.exit(f"round {number} did not end at the point '{point}'")


if __name__ == "__main__":
    main()
