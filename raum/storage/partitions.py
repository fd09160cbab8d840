"""The audit log by days, on PostgreSQL: partitions are made ahead of time, and dropped when nothing in them is kept.

A partition holds the entries of one day in UTC: so long is a segment at most, and periods are in days, so that a purge
after midnight finds whole days to drop and hardly a row to delete. What a day has no partition for is in the default
one, and is purged row by row; so is what is from before there were partitions, until all of that has expired.

A partition is entered through the table alone: direct access is let through by no policy. Who waits for a lock keeps
everybody behind waiting, so that it is waited for only so long, and then tried again.
https://www.postgresql.org/docs/current/ddl-partitioning.html
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from raum.errors import RaumError
from raum.retention.records import Expired
from raum.storage.upgrading import may_be_tried_again

TABLE: Final = "entries"
DEFAULT: Final = "entries_default"
DAYS_AHEAD: Final = 14
"""So long no host needs to keep house before entries come into the default partition."""

_NAME: Final = re.compile(r"entries_(before_)?(\d{4})(\d\d)(\d\d)")
_DAY: Final = timedelta(days=1)
_AT_MOST: Final = text("SELECT set_config('lock_timeout', '20ms', true), set_config('statement_timeout', '40ms', true)")
_NO_LIMIT: Final = text("SELECT set_config('statement_timeout', '0', true)")
_NAMES: Final = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:table)")
# check_violation: it has entries already; the others: another host makes it, and was first with the row of the table's
# type, its name, or the type itself (unique_violation, duplicate_table, duplicate_object)
_IN_THE_WAY: Final = frozenset({"23514", "23505", "42P07", "42710"})
_UNDELIVERED_AT_ONCE: Final = 500
_DROPPING_SECONDS: Final = 0.01
"""So long everybody waits for days to go. Each time some have gone, every connection learns the days anew."""

# For each account with entries there, whether the last of them goes: the last place in the log, or none as long as an
# entry is not sealed, which sorts behind all places. Each is found by a look into an index.
_IS_HELD_BACK: Final = """
WITH RECURSIVE own (account_id) AS (
    SELECT min(account_id) FROM entries WHERE {there}
    UNION ALL
    SELECT (SELECT min(e.account_id) FROM entries e WHERE e.account_id > own.account_id AND {there})
    FROM own WHERE own.account_id IS NOT NULL
), goes AS (
    SELECT s.account_id, s.last FROM segments s
    JOIN unnest(cast(:accounts AS text[]), cast(:segments AS integer[])) AS expired (account_id, number)
    ON s.account_id = expired.account_id AND s.number = expired.number
)
SELECT EXISTS (
    SELECT FROM own LEFT JOIN goes USING (account_id)
    WHERE own.account_id IS NOT NULL AND (
        goes.last IS NULL
        OR EXISTS (SELECT FROM holds WHERE holds.account_id = own.account_id)
        OR coalesce((
            SELECT e.position FROM entries e WHERE e.account_id = own.account_id AND {there}
            ORDER BY e.position DESC LIMIT 1
        ), goes.last + 1) > goes.last
    )
)
"""
_FORGET_UNDELIVERED: Final = """
DELETE FROM undelivered WHERE (sink, entry_id) IN (
    SELECT u.sink, u.entry_id FROM undelivered u JOIN entries e ON e.id = u.entry_id WHERE {there} LIMIT :limit
)
"""


class NotNow(RaumError):
    """A lock was not to be had in a moment; nothing has changed."""


def day_name(day: date) -> str:
    """The partition of a day."""
    return f"{TABLE}_{day:%Y%m%d}"


def before_name(day: date) -> str:
    """The partition of what is from before a day and was there before there were partitions."""
    return f"{TABLE}_before_{day:%Y%m%d}"


def bound(day: date) -> str:
    """Midnight at the beginning of a day, as SQL has it; without colons, which mean something to SQLAlchemy."""
    return f"'{day:%Y%m%d}T000000+00'"


def partitions(connection: Connection) -> dict[str, tuple[date | None, date]]:
    """The partitions but the default one: from which day on, if from any, and before which; the oldest first."""
    found = {}
    for name in connection.execute(_NAMES, {"table": TABLE}).scalars():
        if match := _NAME.fullmatch(name):
            day = date(*map(int, match.groups()[1:]))
            found[name] = (None, day) if match[1] else (day, day + _DAY)
    return dict(sorted(found.items(), key=lambda each: each[1][1]))


def missing(connection: Connection, today: date, days: int = DAYS_AHEAD) -> list[date]:
    """The days from today on that there should be a partition for, and is none."""
    present = list(partitions(connection).values())
    ahead = (today + number * _DAY for number in range(days + 1))
    return [day for day in ahead if not any((since is None or since <= day) and day < end for since, end in present)]


def make(connection: Connection, day: date) -> bool:
    """Make the partition of a day, in the transaction of the connection, while entries are read and written.

    False, making none, if the default partition has entries of that day, which then stay there, or if another host
    makes it. Raises NotNow.
    """
    name = day_name(day)
    attach = f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ({bound(day)}) TO ({bound(day + _DAY)})"
    try:
        with connection.begin_nested():
            for statement in (
                f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING INDEXES)",
                *closed(name),
            ):
                connection.execute(text(statement))
            with _in_a_moment(connection):
                connection.execute(text(attach))
    except (IntegrityError, ProgrammingError) as error:
        if getattr(error.orig, "sqlstate", None) in _IN_THE_WAY:
            return False
        raise
    return True


def closed(name: str) -> Sequence[str]:
    """The statements that leave no way to the rows of a partition but through the table."""
    return [f"ALTER TABLE {name} {word} ROW LEVEL SECURITY" for word in ("ENABLE", "FORCE")]


def may_go(connection: Connection, expired: Sequence[Expired], before: datetime, *, limit: int) -> list[str]:
    """So many partitions of which nothing is younger than a time and nothing is kept, oldest first."""
    last = before.astimezone(UTC).date()
    free = (
        name
        for name, (since, end) in partitions(connection).items()
        if end <= last and not _is_held_back(connection, expired, since, end)
    )
    return list(islice(free, limit))


def forget_undelivered(connection: Connection, names: Sequence[str]) -> int:
    """Let sinks no longer wait for some of the entries of partitions, which are about to go; for how many."""
    days, removed = partitions(connection), 0
    for name in names:
        statement = text(_FORGET_UNDELIVERED.format(there=_there(*days[name])))
        removed += connection.execute(statement, {"limit": _UNDELIVERED_AT_ONCE - removed}).rowcount
    return removed


def drop(connection: Connection, names: Sequence[str], expired: Sequence[Expired]) -> int:
    """Drop partitions, in the transaction of the connection: how many, as many as can be dropped in a moment.

    Each is looked at once more while nobody can write, so that an entry that came late, or a legal hold, is not missed.
    Raises NotNow.
    """
    days, dropped = partitions(connection), 0
    with _in_a_moment(connection):
        connection.execute(text(f"LOCK TABLE ONLY {TABLE} IN ACCESS EXCLUSIVE MODE"))
        until = time.monotonic() + _DROPPING_SECONDS
        for name in names:
            if _is_held_back(connection, expired, *days[name]):
                break
            connection.execute(text(f"DROP TABLE {name}"))
            dropped += 1
            if time.monotonic() > until:
                break
    return dropped


@contextmanager
def _in_a_moment(connection: Connection) -> Iterator[None]:
    """Let what follows in this transaction wait and last no longer than anybody may have to wait for it."""
    try:
        connection.execute(_AT_MOST)
        yield
        connection.execute(_NO_LIMIT)  # to the commit
    except DBAPIError as error:
        if may_be_tried_again(error):
            raise NotNow("the store is in use") from None
        raise


def _is_held_back(connection: Connection, expired: Sequence[Expired], since: date | None, end: date) -> bool:
    statement = text(_IS_HELD_BACK.format(there=_there(since, end)))
    accounts = [each.account_id for each in expired]
    found = connection.execute(statement, {"accounts": accounts, "segments": [each.segment for each in expired]})
    return bool(found.scalar_one())


def _there(since: date | None, end: date) -> str:
    """The condition by which the planner knows that nothing but this partition is meant."""
    return f"time < {bound(end)}" if since is None else f"time >= {bound(since)} AND time < {bound(end)}"
