"""The audit log of a store in memory."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from attrs import define, evolve

from raum.api import Checkpoint, Entry, OperatorError
from raum.ids import utc_now
from raum.sealing.body import hashes_of
from raum.sealing.chain import Stretch
from raum.storage.audit import EVERYTHING, KeptEntry, SigningKey, Wanted


@define
class Kept:
    """An entry with its hashes, and its place in the log."""

    entry: Entry
    said_hash: bytes
    body_hash: bytes
    position: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether there is something to erase."""
        return self.entry.content is not None or self.entry.completion is not None

    def say_nothing(self) -> None:
        """Erase it; the hashes stay."""
        self.entry = evolve(self.entry.without_content(), salt="")


class FakeAudit:
    """Entries, checkpoints and keys in lists. A failure that is put into `fails` is raised by the next write."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Exception | None = None
        self._log: list[Kept] = []
        self._segments: list[Checkpoint] = []
        self._signing_keys: list[SigningKey] = []
        self._sinks: tuple[str, ...] = ()
        self._undelivered: set[tuple[str, str]] = set()
        self._erasures: dict[tuple[str, int | None], datetime] = {}

    def write(self, entry: Entry) -> Entry:
        """Write an entry, without content if its ticket was erased; or fail, if it is told to."""
        self.fail_if_told()
        if entry.id in {kept.entry.id for kept in self._log}:
            raise OperatorError("the store refused a change that contradicts what it holds")
        if (entry.account_id, entry.ticket_id) in self._erasures:
            entry = entry.without_content()
        self._log.append(Kept(entry, *hashes_of(entry)))
        self._undelivered |= {(sink, entry.id) for sink in self._sinks}
        return entry

    def fail_if_told(self) -> None:
        """What every write begins with."""
        failure, self.fails = self.fails, None
        if failure is not None:
            raise failure

    def erase(self, account_id: str, ticket_ids: Sequence[int], entry: Entry) -> Entry:
        """Forget what the entries about these tickets say; gives the entry with the ids of the others."""
        erased = []
        self._erasures |= {(account_id, ticket_id): utc_now() for ticket_id in ticket_ids}
        for kept in self._of(account_id):
            if kept.entry.ticket_id in ticket_ids and kept.says_something:
                kept.say_nothing()
                erased.append(kept.entry.id)
        return evolve(entry, erased=tuple(sorted(erased)))

    def copy_to(self, sinks: Sequence[str]) -> None:
        """Keep in mind what these sinks have not got."""
        self._sinks = tuple(sinks)

    async def append(self, entry: Entry) -> Entry:
        """Write an entry."""
        return self.write(entry)

    async def entries(
        self,
        account_id: str,
        wanted: Wanted = EVERYTHING,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """The newest entries of an account that are wanted."""
        found = [kept.entry for kept in self._of(account_id)[::-1]]
        found.sort(key=lambda entry: entry.time, reverse=True)
        if after is not None:
            places = {entry.id: place for place, entry in enumerate(found)}
            found = found[places[after[1]] + 1 :] if after[1] in places else [e for e in found if e.time < after[0]]
        return [entry for entry in found if _is_wanted(entry, wanted)][:limit]

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int], entry: Entry) -> Entry:
        """Forget what the entries about these tickets say."""
        if self.fails is None:
            entry = self.erase(account_id, ticket_ids, entry)
        return self.write(entry)

    async def unsealed(self, before: datetime) -> Sequence[str]:
        """The accounts with entries that are not sealed."""
        return sorted({k.entry.account_id for k in self._log if k.position is None and k.entry.time < before})

    async def seal(self, account_id: str, until: datetime, close: Callable[[Stretch], Checkpoint]) -> Checkpoint | None:
        """Seal the oldest entries."""
        waiting = [kept for kept in self._of(account_id) if kept.position is None and kept.entry.time < until]
        waiting = [kept for kept in waiting if _day(kept) == _day(waiting[0])]
        if not waiting:
            return None
        before = [checkpoint for checkpoint in self._segments if checkpoint.account_id == account_id]
        hashes = [kept.body_hash for kept in waiting]
        checkpoint = close(Stretch(account_id, _day(waiting[0]), hashes, before[-1] if before else None))
        self.fail_if_told()
        self._segments.append(checkpoint)
        for position, kept in enumerate(waiting, checkpoint.first):
            kept.position = position
        return checkpoint

    async def checkpoints(self, account_id: str) -> Sequence[Checkpoint]:
        """All checkpoints of an account."""
        return [checkpoint for checkpoint in self._segments if checkpoint.account_id == account_id]

    async def sealed(self, account_id: str, first: int, last: int) -> Sequence[KeptEntry]:
        """The entries with these places."""
        kept = [each for each in self._of(account_id) if each.position and first <= each.position <= last]
        return [KeptEntry(each.entry, each.said_hash, each.position) for each in sorted(kept, key=_position)]

    async def behind(self, account_id: str, last: int) -> Sequence[KeptEntry]:
        """The entries behind this place, and those that are not sealed."""
        kept = [each for each in self._of(account_id) if each.position is None or each.position > last]
        return [KeptEntry(each.entry, each.said_hash, each.position) for each in kept]

    async def signing_keys(self) -> Sequence[SigningKey]:
        """The keys, newest first."""
        return self._signing_keys[::-1]

    async def add_signing_key(self, key: SigningKey, entry: Entry) -> None:
        """Keep a key."""
        if key.kid in {known.kid for known in self._signing_keys}:
            raise OperatorError("the store refused a change that contradicts what it holds")
        self.write(entry)
        self._signing_keys.append(key)

    async def undelivered(self, sink: str, before: datetime, *, limit: int = 100) -> Sequence[Entry]:
        """What a sink has not got."""
        entries = [kept.entry for kept in self._log if (sink, kept.entry.id) in self._undelivered]
        return [entry for entry in entries if entry.time < before][:limit]

    async def delivered(self, sink: str, entry_ids: Sequence[str]) -> None:
        """A sink has got these."""
        self._undelivered -= {(sink, entry_id) for entry_id in entry_ids}

    def _of(self, account_id: str) -> list[Kept]:
        return [kept for kept in self._log if kept.entry.account_id == account_id]


def _is_wanted(entry: Entry, wanted: Wanted) -> bool:
    words = (wanted.operation, wanted.actor, wanted.outcome, wanted.ticket_id)
    having = (entry.operation, entry.actor, entry.outcome, entry.ticket_id)
    if any(word is not None and word != has for word, has in zip(words, having, strict=True)):
        return False
    return (wanted.since is None or entry.time >= wanted.since) and (wanted.until is None or entry.time < wanted.until)


def _day(kept: Kept) -> date:
    return kept.entry.time.astimezone(UTC).date()


def _position(kept: Kept) -> int:
    return kept.position or 0
