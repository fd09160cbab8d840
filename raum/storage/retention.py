"""What a store does about the end of what it keeps: what has expired, legal holds, deletions that were asked for."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from attrs import evolve
from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.errors import OperatorError
from raum.model import Entry
from raum.retention.records import Deletion, Expired, Hold, Kind
from raum.storage import partitions
from raum.storage.audit import NOTHING_SAID, SAYS, SEALED_AT_ONCE
from raum.storage.failures import refusing
from raum.storage.identities import FORGOTTEN_AFTER
from raum.storage.reach import EVERY_ACCOUNT, Reach, one_or_every, only
from raum.storage.tables import (
    attempts,
    deletions,
    entries,
    erasures,
    from_row,
    holds,
    locks,
    marks,
    rates,
    segments,
    session_keys,
    sessions,
    to_row,
    undelivered,
)


class RetentionStore(Protocol):
    """What a store does for `raum.retention`. Ended jobs are the queue's; an account as a whole has its own method."""

    async def expired(self, account_id: str, kind: Kind, before: datetime, *, since: datetime | None = None) -> Expired:
        """What there is of a class from before a time; of tickets, without what goes with entries from before `since`.

        Audit entries go by sealed segments: those of which every entry is that old, up to the first that is younger.
        """

    async def purge(self, expired: Expired, *, limit: int) -> int:
        """Remove some of it, oldest first, in one short transaction: how much, and 0 when nothing of it is left.

        At most `limit`, but of audit entries at least one segment; the checkpoints stay. Of tickets, what was said is
        taken out of the entries, which stay.
        """

    async def purge_together(self, expired: Sequence[Expired], before: datetime) -> int:
        """Remove whole days of all accounts at once, some of those in which everything has expired: how many.

        `before` is the time from before which nothing of anybody is kept. 0 when no day can go as a whole, because
        something of it is kept, or the store is in use, or keeps no days apart: what is left goes by `purge`.
        """

    async def make_room(self, now: datetime) -> None:
        """Prepare for the entries of the days to come, where that is needed. Without it they are kept all the same."""

    async def scrub(self) -> bool:
        """Let nothing of what was removed stay in the database's files, as far as raum can see to that.

        False if somebody still reads what was removed; try again.
        """

    async def tidy(self, now: datetime) -> None:
        """Remove what has ended of itself and means nothing any more.

        That is: sessions, session keys, leases, digests that were remembered for a time, failed attempts to sign in
        that do not slow anybody down, and how many operations were asked for in a minute that is over.
        """

    async def hold(self, account_id: str, hold: Hold | None, entry: Entry) -> None:
        """Put an account under a legal hold, or with None lift it, and write the entry that says so."""

    async def holds(self) -> Mapping[str, Hold]:
        """The legal holds, by account."""

    async def add_deletion(self, deletion: Deletion, entry: Entry) -> None:
        """Keep a deletion that was asked for, and the entry that says so. Raises OperatorError without the account."""

    async def deletions(self, account_id: str | None = None, *, limit: int = 100) -> Sequence[Deletion]:
        """Deletions that were asked for, of one account or of all: the open ones first, and the newest of the rest."""

    async def open_deletions(self) -> Sequence[Deletion]:
        """All that are still to be done, the one due first at the front."""

    async def finish_deletion(self, deletion: Deletion, now: datetime, entry: Entry) -> None:
        """Note that it is done, forget which tickets it was about, and write the entry that says so."""


_OLD: Final[Mapping[Kind, tuple[Table, ColumnElement[datetime]]]] = {
    Kind.AUDIT: (deletions, deletions.c.finished_at),
    Kind.JOBS: (erasures, erasures.c.erased_at),
}
"""Where there is more of a class, besides entries and jobs, and since when: rows that go as they are."""

_IDS_AT_ONCE: Final = 2_000
_DAYS_AT_ONCE: Final = 10
_TRIES: Final = 30
_PAUSE_SECONDS: Final = 0.4


class SqlRetention:
    """That part of an SqlStore."""

    reading: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    writing: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    insert: Callable[[Table], sqlite.Insert | postgresql.Insert]
    add_entry: Callable[[AsyncConnection, Entry], Any]

    @property
    def is_partitioned(self) -> bool:
        """Whether the audit log is in partitions by day."""
        raise NotImplementedError

    async def expired(self, account_id: str, kind: Kind, before: datetime, *, since: datetime | None = None) -> Expired:
        """What there is of a class from before a time."""
        expired = Expired(account_id, kind, before, since=since)
        async with self.reading(only(account_id)) as connection:
            if kind is Kind.TICKETS:
                expired = await _content(connection, expired)
            elif kind is Kind.AUDIT:
                expired = await _segments(connection, expired)
            if kind in _OLD:
                table, _ = _OLD[kind]
                query = select(func.count()).select_from(table).where(_rows(expired))
                expired = evolve(expired, number=expired.number + (await connection.execute(query)).scalar_one())
        return expired

    async def purge(self, expired: Expired, *, limit: int) -> int:
        """Remove some of it, oldest first, in one short transaction: how much, and 0 when nothing of it is left."""
        number = 0
        async with self.writing(only(expired.account_id)) as connection:
            if expired.kind is Kind.TICKETS:
                is_old = entries.c.time < expired.before  # that partitions of younger entries need not be looked into
                some = select(entries.c.seq).where(entries.c.id.in_(expired.entry_ids), SAYS, is_old).limit(limit)
                own = update(entries).where(entries.c.account_id == expired.account_id, entries.c.seq.in_(some), is_old)
                number = (await connection.execute(own.values(NOTHING_SAID))).rowcount
            elif expired.kind is Kind.AUDIT:
                number = await _remove_segments(connection, expired, limit)
            if expired.kind in _OLD and not number:
                table, time = _OLD[expired.kind]
                key = table.primary_key.columns
                old = select(*key).where(_rows(expired)).order_by(time).limit(limit)
                number = (await connection.execute(delete(table).where(tuple_(*key).in_(old)))).rowcount
        return number

    async def purge_together(self, expired: Sequence[Expired], before: datetime) -> int:
        """Remove whole days of all accounts at once, some of those in which everything has expired."""
        logs = [each for each in expired if each.kind is Kind.AUDIT and each.segment]
        if not self.is_partitioned:
            return 0
        async with self.reading(EVERY_ACCOUNT) as connection:
            days = await connection.run_sync(partitions.may_go, logs, before, limit=_DAYS_AT_ONCE)
        if not days:
            return 0
        forgotten = True
        while forgotten:
            async with self.writing(EVERY_ACCOUNT) as connection:
                forgotten = bool(await connection.run_sync(partitions.forget_undelivered, days))
        return await self.briefly(partitions.drop, days, logs)

    async def make_room(self, now: datetime) -> None:
        """Prepare for the entries of the days to come."""
        if not self.is_partitioned:
            return
        async with self.reading(EVERY_ACCOUNT) as connection:
            days = await connection.run_sync(partitions.missing, now.astimezone(UTC).date())
        for day in days:
            await self.briefly(partitions.make, day)

    async def briefly(self, work: Callable[..., int], *about: Any) -> int:
        """Do something that needs a lock, in a transaction of its own, trying until it gets it; 0 if it never does."""
        for _ in range(_TRIES):
            with contextlib.suppress(partitions.NotNow):
                async with self.writing(EVERY_ACCOUNT) as connection:
                    return await connection.run_sync(work, *about)
            await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS))  # noqa: S311
        return 0

    async def tidy(self, now: datetime) -> None:
        """Remove what has ended of itself and means nothing any more."""
        minute = int(now.timestamp()) // 60
        for table, over in (
            (rates, rates.c.minute < minute),
            (sessions, sessions.c.expires_at <= now),
            (session_keys, session_keys.c.retires_at <= now),
            (locks, locks.c.until <= now),
            (marks, marks.c.until <= now),
            (attempts, attempts.c.until < now - FORGOTTEN_AFTER),
        ):
            async with self.writing(EVERY_ACCOUNT) as connection:
                await connection.execute(delete(table).where(over))

    async def hold(self, account_id: str, hold: Hold | None, entry: Entry) -> None:
        """Put an account under a legal hold, or with None lift it, and write the entry that says so."""
        async with self.writing(only(account_id)) as connection:
            if hold is None:
                await connection.execute(delete(holds).where(holds.c.account_id == account_id))
            else:
                put = self.insert(holds).values(account_id=account_id, **to_row(hold))
                with refusing("there is no such account"):
                    await connection.execute(
                        put.on_conflict_do_update(index_elements=["account_id"], set_=to_row(hold))
                    )
            await self.add_entry(connection, entry)

    async def holds(self) -> Mapping[str, Hold]:
        """The legal holds, by account."""
        async with self.reading(EVERY_ACCOUNT) as connection:
            rows = (await connection.execute(select(holds).order_by(holds.c.account_id))).mappings()
            return {row["account_id"]: from_row(Hold, row) for row in rows}

    async def add_deletion(self, deletion: Deletion, entry: Entry) -> None:
        """Keep a deletion that was asked for, and the entry that says so."""
        async with self.writing(only(deletion.account_id)) as connection:
            with refusing("there is no such account"):
                await connection.execute(self.insert(deletions).values(to_row(deletion)))
            await self.add_entry(connection, entry)

    async def deletions(self, account_id: str | None = None, *, limit: int = 100) -> Sequence[Deletion]:
        """Deletions that were asked for, of one account or of all: the open ones first, and the newest of the rest."""
        query = select(deletions).order_by(deletions.c.finished_at.is_not(None), deletions.c.requested_at.desc())
        if account_id is not None:
            query = query.where(deletions.c.account_id == account_id)
        query = query.order_by(deletions.c.id.desc()).limit(limit)
        return await self._deletions(one_or_every(account_id), query)

    async def open_deletions(self) -> Sequence[Deletion]:
        """All that are still to be done, the one due first at the front."""
        query = select(deletions).where(deletions.c.finished_at.is_(None))
        return await self._deletions(EVERY_ACCOUNT, query.order_by(deletions.c.due_at, deletions.c.id))

    async def _deletions(self, reach: Reach, query: Select[Any]) -> Sequence[Deletion]:
        async with self.reading(reach) as connection:
            return [from_row(Deletion, row) for row in (await connection.execute(query)).mappings()]

    async def finish_deletion(self, deletion: Deletion, now: datetime, entry: Entry) -> None:
        """Note that it is done, forget which tickets it was about, and write the entry that says so."""
        done = {"finished_at": now, "ticket_ids": ()}
        change = update(deletions).where(deletions.c.id == deletion.id, deletions.c.finished_at.is_(None))
        async with self.writing(only(deletion.account_id)) as connection:
            if (await connection.execute(change.values(done))).rowcount != 1:
                raise OperatorError("the deletion is done already")
            await self.add_entry(connection, entry)


def _rows(expired: Expired) -> ColumnElement[bool]:
    table, time = _OLD[expired.kind]
    return and_(table.c.account_id == expired.account_id, time < expired.before)


async def _content(connection: AsyncConnection, expired: Expired) -> Expired:
    """How many entries still say something, and which are the oldest of them."""
    says = [entries.c.account_id == expired.account_id, entries.c.time < expired.before, SAYS]
    if expired.since is not None:
        _, last = await _last_segment(connection, expired.account_id, expired.since)
        says.append(or_(entries.c.position.is_(None), entries.c.position > last))
    number = await connection.execute(select(func.count()).select_from(entries).where(*says))
    oldest = await connection.execute(select(entries.c.id).where(*says).order_by(entries.c.time).limit(_IDS_AT_ONCE))
    return evolve(expired, number=number.scalar_one(), entry_ids=tuple(oldest.scalars()))


async def _segments(connection: AsyncConnection, expired: Expired) -> Expired:
    """The last segment that goes, and how many entries there are up to it."""
    segment, last = await _last_segment(connection, expired.account_id, expired.before)
    own = and_(entries.c.account_id == expired.account_id, entries.c.position.between(1, last))
    count = await connection.execute(select(func.count()).select_from(entries).where(own))
    return evolve(expired, number=count.scalar_one(), segment=segment)


async def _last_segment(connection: AsyncConnection, account_id: str, before: datetime) -> tuple[int, int]:
    """The last segment before the first that has a younger entry, and the place of its last entry; else zeros."""
    young = select(entries.c.position).where(
        entries.c.account_id == account_id, entries.c.position > 0, entries.c.time >= before
    )
    first_kept = (await connection.execute(young.order_by(entries.c.position).limit(1))).scalar_one_or_none()
    query = select(func.max(segments.c.number), func.max(segments.c.last)).filter_by(account_id=account_id)
    if first_kept is not None:
        query = query.where(segments.c.last < first_kept)
    number, last = (await connection.execute(query)).one()
    return number or 0, last or 0


async def _remove_segments(connection: AsyncConnection, expired: Expired, limit: int) -> int:
    """Remove the entries of the oldest segment that has any, and of as many more as `limit` has room for; how many."""
    own = and_(entries.c.account_id == expired.account_id, entries.c.time < expired.before)
    oldest = (await connection.execute(select(func.min(entries.c.position)).where(own))).scalar_one() or 0
    query = select(func.min(segments.c.last), func.max(segments.c.last).filter(segments.c.last < oldest + limit))
    left = segments.c.last.between(oldest, oldest + limit + SEALED_AT_ONCE)
    query = query.where(segments.c.account_id == expired.account_id, segments.c.number <= expired.segment, left)
    first, most = (await connection.execute(query)).one()
    if not oldest or first is None:
        return 0
    gone = and_(own, entries.c.position.between(1, most or first))
    await connection.execute(delete(undelivered).where(undelivered.c.entry_id.in_(select(entries.c.id).where(gone))))
    removed: int = (await connection.execute(delete(entries).where(gone))).rowcount
    return removed
