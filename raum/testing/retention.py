"""What the store in memory does about the end of what it keeps."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve

from raum.api import Account, Checkpoint, Entry, OperatorError
from raum.retention.records import Deletion, Expired, Hold, Kind
from raum.testing.audit import Kept


class FakeRetention:
    """The share of FakeStore that is about retention."""

    _accounts: dict[str, Account]
    _log: list[Kept]
    _segments: list[Checkpoint]
    _erasures: dict[tuple[str, int | None], datetime]

    def __init__(self) -> None:
        super().__init__()
        self._holds: dict[str, Hold] = {}
        self._deletions: dict[str, Deletion] = {}

    def write(self, entry: Entry) -> Entry:
        """Write an entry."""
        raise NotImplementedError

    def fail_if_told(self) -> None:
        """What every write begins with."""
        raise NotImplementedError

    def _of(self, account_id: str) -> list[Kept]:
        raise NotImplementedError

    async def expired(self, account_id: str, kind: Kind, before: datetime, *, since: datetime | None = None) -> Expired:
        """How much of a class there is."""
        expired = Expired(account_id, kind, before, since=since)
        if kind is Kind.TICKETS:
            said = [kept for kept in self._of(account_id) if kept.says_something and kept.entry.time < before]
            last = self._expired_segment(evolve(expired, before=since)) if since else None
            said = sorted((kept for kept in said if not last or (kept.position or math.inf) > last.last), key=_time)
            return evolve(expired, number=len(said), entry_ids=tuple(kept.entry.id for kept in said[:2000]))
        if kind is Kind.AUDIT:
            last = self._expired_segment(expired)
            number = len(self._up_to(account_id, last.last)) if last else 0
            expired = evolve(expired, number=number, segment=last.number if last else 0)
        return evolve(expired, number=expired.number + len(self._old(expired)))

    async def purge_together(self, expired: Sequence[Expired], before: datetime) -> int:
        """It keeps no days apart."""
        return 0

    async def make_room(self, now: datetime) -> None:
        """It needs none."""

    async def tidy(self, now: datetime) -> None:
        """What has ended is not looked at any more."""

    async def purge(self, expired: Expired, *, limit: int) -> int:
        """Remove some of it."""
        self.fail_if_told()
        if expired.kind is Kind.TICKETS:
            said = [kept for kept in self._of(expired.account_id) if kept.says_something]
            some = [kept for kept in said if kept.entry.id in expired.entry_ids][:limit]
            for kept in some:
                kept.say_nothing()
            return len(some)
        if expired.kind is Kind.AUDIT:
            own = [each for each in self._segments if each.account_id == expired.account_id]
            gone = [self._up_to(expired.account_id, each.last) for each in own if each.number <= expired.segment]
            gone = [kept for kept in gone if kept]
            if gone:
                most = [kept for kept in gone if len(kept) <= limit] or gone[:1]
                self._log = [kept for kept in self._log if kept not in most[-1]]
                return len(most[-1])
        old = self._old(expired)[:limit]
        for key in old:
            if isinstance(key, str):
                del self._deletions[key]
            else:
                del self._erasures[key]
        return len(old)

    def _expired_segment(self, expired: Expired) -> Checkpoint | None:
        own = [checkpoint for checkpoint in self._segments if checkpoint.account_id == expired.account_id]
        young = [k.position for k in self._of(expired.account_id) if k.position and k.entry.time >= expired.before]
        old = [checkpoint for checkpoint in own if not young or checkpoint.last < min(young)]
        return old[-1] if old else None

    def _up_to(self, account_id: str, last: int) -> list[Kept]:
        return [kept for kept in self._of(account_id) if kept.position and kept.position <= last]

    def _old(self, expired: Expired) -> list[str | tuple[str, int | None]]:
        if expired.kind is Kind.AUDIT:
            own = [each for each in self._deletions.values() if each.account_id == expired.account_id]
            return [each.id for each in own if each.finished_at is not None and each.finished_at < expired.before]
        if expired.kind is Kind.JOBS:
            times = self._erasures.items()
            return [key for key, time in times if key[0] == expired.account_id and time < expired.before]
        return []

    async def scrub(self) -> bool:
        """There are no files."""
        return True

    async def hold(self, account_id: str, hold: Hold | None, entry: Entry) -> None:
        """Put an account under a legal hold, or lift it."""
        if account_id not in self._accounts:
            raise OperatorError("there is no such account")
        self.write(entry)
        self._holds.pop(account_id, None)
        if hold is not None:
            self._holds[account_id] = hold

    async def holds(self) -> Mapping[str, Hold]:
        """The legal holds."""
        return dict(self._holds)

    async def add_deletion(self, deletion: Deletion, entry: Entry) -> None:
        """Keep a deletion."""
        if deletion.account_id not in self._accounts or deletion.id in self._deletions:
            raise OperatorError("there is no such account")
        self.write(entry)
        self._deletions[deletion.id] = deletion

    async def deletions(self, account_id: str | None = None, *, limit: int = 100) -> Sequence[Deletion]:
        """Deletions, the open ones first."""
        own = [each for each in self._deletions.values() if account_id in (None, each.account_id)]
        newest_first = sorted(own, key=lambda each: (each.requested_at, each.id), reverse=True)
        return sorted(newest_first, key=lambda each: not each.is_open)[:limit]

    async def open_deletions(self) -> Sequence[Deletion]:
        """All that are still to be done."""
        return sorted(
            (each for each in self._deletions.values() if each.is_open), key=lambda each: (each.due_at, each.id)
        )

    async def finish_deletion(self, deletion: Deletion, now: datetime, entry: Entry) -> None:
        """Note that one is done."""
        if not self._deletions[deletion.id].is_open:
            raise OperatorError("the deletion is done already")
        self.write(entry)
        self._deletions[deletion.id] = evolve(deletion, finished_at=now, ticket_ids=())


def _time(kept: Kept) -> datetime:
    return kept.entry.time
