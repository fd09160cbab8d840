"""The audit log in the store: entries, their sealing, their early end, and what sinks have not got yet."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from attrs import evolve, frozen
from sqlalchemy import RowMapping, Select, Table, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.ids import new_salt
from raum.model import Entry
from raum.sealing.body import hashes_of
from raum.sealing.chain import Checkpoint, Stretch
from raum.storage.erasures import hold, is_erased, mark_erased
from raum.storage.reach import EVERY_ACCOUNT, NO_ACCOUNT, Reach, only
from raum.storage.tables import entries, from_row, segments, signing_keys, to_row, undelivered

_IDS_AT_ONCE: Final = 500
SEALED_AT_ONCE: Final = 250
"""A segment is purged in one transaction, for which nobody is to wait for long."""

SAYS: Final = or_(entries.c.content.is_not(None), entries.c.completion.is_not(None))
"""The entries that keep something of what was said."""

NOTHING_SAID: Final[Mapping[str, Any]] = {
    "content": None, "completion": None, "placeholders": (), "unresolved": (), "salt": "",
}  # fmt: skip
"""What is left of it when it is erased."""


@frozen
class Wanted:
    """Which entries of an account: those with these words, of this ticket, from a time on and before another."""

    operation: str | None = None
    actor: str | None = None
    outcome: str | None = None
    ticket_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING: Final = Wanted()


@frozen
class KeptEntry:
    """An entry as the store has it, with its place in the account's log, which it has once it is sealed.

    `said_hash` is that of what was said; once that is erased, nothing else is left of it.
    """

    entry: Entry
    said_hash: bytes
    position: int | None = None

    @property
    def is_erased(self) -> bool:
        """Whether what was said is gone."""
        return not self.entry.salt


@frozen
class SigningKey:
    """A key that segments are signed with. The private half is encrypted by the key manager."""

    kid: str
    public_key: bytes
    ciphertext: bytes
    created_at: datetime


class AuditStore(Protocol):
    """What a store does for the audit log. All entries and segments asked for are one account's."""

    def copy_to(self, sinks: Sequence[str]) -> None:
        """From now on keep in mind, for each sink of these names, which entries it has not got yet."""

    async def append(self, entry: Entry) -> Entry:
        """Write an audit entry; gives it as it was written, which is without content if its ticket was erased.

        Raises OperatorError if there is one with its id.
        """

    async def entries(
        self,
        account_id: str,
        wanted: Wanted = EVERYTHING,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """The newest entries, newest first; of those behind the one with this time and id, if that is said."""

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int], entry: Entry) -> Entry:
        """Take what was said out of the entries about these tickets, and write the entry that says so.

        Gives that entry, with the ids of the others in `erased`. Their hashes stay. Entries about them that are
        written from then on say nothing either: a run may have begun before.
        """

    async def unsealed(self, before: datetime) -> Sequence[str]:
        """The accounts with entries from before this time that are not sealed."""

    async def seal(self, account_id: str, until: datetime, close: Callable[[Stretch], Checkpoint]) -> Checkpoint | None:
        """Seal the oldest entries from before a time that are not, of one day; None if there are none.

        Raises OperatorError, changing nothing, if another host does the same at this moment.
        """

    async def checkpoints(self, account_id: str) -> Sequence[Checkpoint]:
        """All checkpoints, oldest first, also of segments whose entries are purged."""

    async def sealed(self, account_id: str, first: int, last: int) -> Sequence[KeptEntry]:
        """The entries with these places in the log, in their order; fewer if some are purged."""

    async def behind(self, account_id: str, last: int) -> Sequence[KeptEntry]:
        """The entries behind this place in the log, and those that are not sealed yet."""

    async def signing_keys(self) -> Sequence[SigningKey]:
        """The keys that segments are signed with, newest first."""

    async def add_signing_key(self, key: SigningKey, entry: Entry) -> None:
        """Keep a key, and the entry that says so. Raises OperatorError if it is there."""

    async def undelivered(self, sink: str, before: datetime, *, limit: int = 100) -> Sequence[Entry]:
        """The oldest entries from before this time that a sink has not got."""

    async def delivered(self, sink: str, entry_ids: Sequence[str]) -> None:
        """A sink has got these."""


class SqlAudit:
    """That part of an SqlStore."""

    insert: Callable[[Table], sqlite.Insert | postgresql.Insert]
    reading: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    writing: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    _sinks: tuple[str, ...] = ()

    def copy_to(self, sinks: Sequence[str]) -> None:
        """From now on keep in mind, for each sink of these names, which entries it has not got yet."""
        self._sinks = tuple(sinks)

    async def append(self, entry: Entry) -> Entry:
        """Write an audit entry; gives it as it was written."""
        async with self.writing(only(entry.account_id)) as connection:
            return await self.add_entry(connection, entry)

    async def add_entry(self, connection: AsyncConnection, entry: Entry) -> Entry:
        """Write an audit entry in the transaction of the change that it is about; gives it as it was written."""
        if entry.says_something and await is_erased(connection, entry):
            entry = entry.without_content()
        said, body = hashes_of(entry)
        await connection.execute(self.insert(entries).values(to_row(entry) | {"said_hash": said, "body_hash": body}))
        if self._sinks:
            rows = [{"sink": sink, "entry_id": entry.id} for sink in self._sinks]
            await connection.execute(self.insert(undelivered).values(rows))
        return entry

    async def entries(
        self,
        account_id: str,
        wanted: Wanted = EVERYTHING,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """The newest entries, newest first; of those behind the one with this time and id, if that is said."""
        query = _wanted(select(entries).where(entries.c.account_id == account_id), wanted)
        if after is not None:
            time, entry_id = after
            seq = select(entries.c.seq).filter_by(account_id=account_id, id=entry_id, time=time)
            behind = (entries.c.time == time) & (entries.c.seq < seq.scalar_subquery())
            query = query.where(or_(entries.c.time < time, behind))
        query = query.order_by(entries.c.time.desc(), entries.c.seq.desc()).limit(limit)
        async with self.reading(only(account_id)) as connection:
            return [from_row(Entry, row) for row in (await connection.execute(query)).mappings()]

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int], entry: Entry) -> Entry:
        """Take what was said out of the entries about these tickets, and write the entry that says so."""
        async with self.writing(only(account_id)) as connection:
            entry = await self.erase(connection, account_id, ticket_ids, entry)
            return await self.add_entry(connection, entry)

    async def erase(
        self, connection: AsyncConnection, account_id: str, ticket_ids: Sequence[int], entry: Entry
    ) -> Entry:
        """Take what was said out of the entries about these tickets; gives the entry with the ids of the others."""
        erased: list[str] = []
        await hold(connection, account_id, for_share=False)
        for start in range(0, len(ticket_ids), _IDS_AT_ONCE):
            ids = ticket_ids[start : start + _IDS_AT_ONCE]
            await mark_erased(connection, self.insert, account_id, ids)
            about = update(entries).where(
                entries.c.account_id == account_id,
                entries.c.ticket_id.in_(ids),
                SAYS,
            )
            rows = await connection.execute(about.values(NOTHING_SAID).returning(entries.c.id))
            erased += rows.scalars()
        return evolve(entry, erased=tuple(sorted(erased)))

    async def unsealed(self, before: datetime) -> Sequence[str]:
        """The accounts with entries from before this time that are not sealed."""
        query = select(entries.c.account_id).distinct().where(entries.c.position.is_(None), entries.c.time < before)
        async with self.reading(EVERY_ACCOUNT) as connection:
            return (await connection.execute(query.order_by(entries.c.account_id))).scalars().all()

    async def seal(self, account_id: str, until: datetime, close: Callable[[Stretch], Checkpoint]) -> Checkpoint | None:
        """Seal the oldest entries from before a time that are not, of one day; None if there are none."""
        async with self.writing(only(account_id)) as connection:
            newest = _segments(account_id).order_by(segments.c.number.desc()).limit(1)
            before = (await connection.execute(newest)).mappings().one_or_none()
            query = select(entries).where(entries.c.account_id == account_id, entries.c.position.is_(None))
            query = query.where(entries.c.time < until)
            found = await connection.execute(query.order_by(entries.c.seq).limit(SEALED_AT_ONCE))
            rows = _of_one_day(found.mappings().all())
            if not rows:
                return None
            hashes = [row["body_hash"] or await _hash(connection, row) for row in rows]
            day = _day(rows[0])
            checkpoint = close(Stretch(account_id, day, hashes, from_row(Checkpoint, before) if before else None))
            await connection.execute(self.insert(segments).values(to_row(checkpoint)))
            places = [
                {"of": row["seq"], "at": row["time"], "place": place}
                for place, row in enumerate(rows, checkpoint.first)
            ]
            place = update(entries).where(entries.c.seq == bindparam("of"), entries.c.time == bindparam("at"))
            await connection.execute(place.values(position=bindparam("place")), places)
        return checkpoint

    async def checkpoints(self, account_id: str) -> Sequence[Checkpoint]:
        """All checkpoints, oldest first, also of segments whose entries are purged."""
        async with self.reading(only(account_id)) as connection:
            rows = (await connection.execute(_segments(account_id).order_by(segments.c.number))).mappings()
            return [from_row(Checkpoint, row) for row in rows]

    async def sealed(self, account_id: str, first: int, last: int) -> Sequence[KeptEntry]:
        """The entries with these places in the log, in their order; fewer if some are purged."""
        query = select(entries).where(entries.c.account_id == account_id, entries.c.position.between(first, last))
        return await self._kept(account_id, query.order_by(entries.c.position))

    async def behind(self, account_id: str, last: int) -> Sequence[KeptEntry]:
        """The entries behind this place in the log, and those that are not sealed yet."""
        behind = entries.c.position.is_(None) | (entries.c.position > last)
        query = select(entries).where(entries.c.account_id == account_id, behind)
        return await self._kept(account_id, query.order_by(entries.c.seq))

    async def _kept(self, account_id: str, query: Select[Any]) -> Sequence[KeptEntry]:
        async with self.reading(only(account_id)) as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [KeptEntry(from_row(Entry, row), row["said_hash"] or b"", row["position"]) for row in rows]

    async def signing_keys(self) -> Sequence[SigningKey]:
        """The keys that segments are signed with, newest first."""
        query = select(signing_keys).order_by(signing_keys.c.created_at.desc(), signing_keys.c.kid)
        async with self.reading(NO_ACCOUNT) as connection:
            return [from_row(SigningKey, row) for row in (await connection.execute(query)).mappings()]

    async def add_signing_key(self, key: SigningKey, entry: Entry) -> None:
        """Keep a key, and the entry that says so. Raises OperatorError if it is there."""
        async with self.writing(only(entry.account_id)) as connection:
            await connection.execute(self.insert(signing_keys).values(to_row(key)))
            await self.add_entry(connection, entry)

    async def undelivered(self, sink: str, before: datetime, *, limit: int = 100) -> Sequence[Entry]:
        """The oldest entries from before this time that a sink has not got."""
        query = select(entries).join(undelivered, undelivered.c.entry_id == entries.c.id)
        query = query.where(undelivered.c.sink == sink, entries.c.time < before).order_by(entries.c.seq).limit(limit)
        async with self.reading(EVERY_ACCOUNT) as connection:
            return [from_row(Entry, row) for row in (await connection.execute(query)).mappings()]

    async def delivered(self, sink: str, entry_ids: Sequence[str]) -> None:
        """A sink has got these."""
        async with self.writing(NO_ACCOUNT) as connection:
            await connection.execute(
                delete(undelivered).where(undelivered.c.sink == sink, undelivered.c.entry_id.in_(entry_ids))
            )


def _wanted(query: Select[Any], wanted: Wanted) -> Select[Any]:
    words = {"operation": wanted.operation, "actor": wanted.actor, "outcome": wanted.outcome}
    for name, word in {**words, "ticket_id": wanted.ticket_id}.items():
        if word is not None:
            query = query.where(entries.c[name] == word)
    if wanted.since is not None:
        query = query.where(entries.c.time >= wanted.since)
    if wanted.until is not None:
        query = query.where(entries.c.time < wanted.until)
    return query


def _segments(account_id: str) -> Select[Any]:
    return select(segments).where(segments.c.account_id == account_id)


def _day(row: RowMapping) -> date:
    time: datetime = row["time"]
    return time.astimezone(UTC).date()


def _of_one_day(rows: Sequence[RowMapping]) -> Sequence[RowMapping]:
    return [row for row in rows if _day(row) == _day(rows[0])]


async def _hash(connection: AsyncConnection, row: RowMapping) -> bytes:
    """Give an entry from before there were hashes its own."""
    entry = evolve(from_row(Entry, row), salt=new_salt())
    said, body = hashes_of(entry)
    values = {"salt": entry.salt, "said_hash": said, "body_hash": body}
    await connection.execute(update(entries).filter_by(seq=row["seq"], time=row["time"]).values(values))
    return body
