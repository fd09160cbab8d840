"""What is said about the keeping of data: its classes, what has expired, legal holds, deletions that were asked for."""

import enum
from datetime import datetime

from attrs import field, frozen, validators


class Kind(enum.StrEnum):
    """A class of what is kept, in the order in which they are purged: what goes with an entry need not go before it."""

    AUDIT = "audit"
    TICKETS = "tickets"
    JOBS = "jobs"
    METRICS = "metrics"
    ACCOUNT = "account"


@frozen
class Hold:
    """A legal hold: nothing of the account is purged or deleted while it lasts. `reference` is the matter's number."""

    since: datetime
    reference: str = field(default="", validator=validators.matches_re(r"(?:[A-Za-z0-9][A-Za-z0-9._/-]{0,63})?"))


class Subject(enum.StrEnum):
    """What is to be deleted: what was said on one ticket, on all tickets of one requester, or all of an account."""

    TICKET = "ticket"
    REQUESTER = "requester"
    ACCOUNT = "account"


@frozen
class Deletion:
    """A deletion that was asked for. Whose tickets they are is not kept: `ticket_ids` are all there is of a requester.

    They go when the deletion is done; `tickets` says how many they were. `due_at` is the latest day.
    """

    id: str
    account_id: str
    subject: Subject = field(converter=Subject)
    requested_at: datetime
    due_at: datetime
    ticket_ids: tuple[int, ...] = field(default=(), repr=False)
    tickets: int = 0
    finished_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.finished_at is None

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.is_open and now > self.due_at


@frozen
class Expired:
    """So much of a class, of one account, from before a time: what is to go, or has gone.

    Of tickets, what is in segments from before `since` goes with its entries, and `entry_ids` are the oldest of the
    others, some at a time. Audit entries go by whole segments, of which `segment` is the last.
    """

    account_id: str
    kind: Kind
    before: datetime
    number: int = 0
    since: datetime | None = None
    entry_ids: tuple[str, ...] = ()
    segment: int = 0
