"""The classes of what is kept, their periods, and the one function that says what has expired.

    tickets   what was said on tickets, in placeholder form     90 days
    audit     the entries themselves                            90 days
    jobs      accepted deliveries that have ended, by number    90 days
    account   the account, its configuration and credentials    until 30 days after the subscription has ended
    metrics   figures, of which none are kept as yet            until the subscription has ended

The operator may shorten the first four, an account the first three of its own; nobody lengthens them. A legal hold
stops all of it for one account.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, assert_never

from attrs import frozen

from raum.retention.records import Hold, Kind

LAW: Final[Mapping[Kind, timedelta]] = {
    Kind.TICKETS: timedelta(days=90),
    Kind.AUDIT: timedelta(days=90),
    Kind.JOBS: timedelta(days=90),
    Kind.METRICS: timedelta(0),
    Kind.ACCOUNT: timedelta(days=30),
}
"""The longest periods. Those of metrics and of the account begin when the subscription ends."""

SHORTEST_FOR_JOBS: Final = timedelta(days=7)
"""So long a helpdesk may deliver an event again; it is by its job that the event is known."""

DUE: Final = timedelta(days=30)
"""A deletion that was asked for is done within this time (GDPR, Article 12(3): one month)."""


@frozen
class Terms:
    """What holds for one account: its periods, when its subscription ends, whether it is gone, and its legal hold."""

    periods: Mapping[Kind, timedelta]
    ends_at: datetime | None = None
    is_deleted: bool = False
    hold: Hold | None = None


def own_periods(periods: Mapping[Kind, timedelta], own: timedelta | None) -> Mapping[Kind, timedelta]:
    """The host's periods, with those that an account may shorten cut to the period of its own."""
    if own is None:
        return periods
    jobs = max(own, SHORTEST_FOR_JOBS)
    return {
        **periods,
        Kind.TICKETS: min(periods[Kind.TICKETS], own),
        Kind.AUDIT: min(periods[Kind.AUDIT], own),
        Kind.JOBS: min(periods[Kind.JOBS], jobs),
    }


def expired_before(kind: Kind, terms: Terms, now: datetime) -> datetime | None:
    """What is of this class and from before this time has expired; None if nothing can have.

    When the account itself has expired, so has everything but the audit log, which tells what became of it.
    """
    if terms.hold is not None:
        return None
    has_ended = terms.ends_at is not None and now >= terms.ends_at
    is_gone = terms.is_deleted or (terms.ends_at is not None and now >= terms.ends_at + terms.periods[Kind.ACCOUNT])
    match kind:
        case Kind.AUDIT:
            return now - terms.periods[kind]
        case Kind.TICKETS | Kind.JOBS:
            return now if is_gone else now - terms.periods[kind]
        case Kind.METRICS:
            return now if has_ended or is_gone else None
        case Kind.ACCOUNT:
            return now if is_gone and not terms.is_deleted else None
        case _:
            assert_never(kind)
