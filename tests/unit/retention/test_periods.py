"""What has expired: one function of class, time and account, with a clock that is moved."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.config import Retention
from raum.retention.periods import LAW, Terms, expired_before, own_periods
from raum.retention.records import Hold, Kind

DAY = timedelta(days=1)
MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIVING = Terms(LAW)
ENDED = Terms(LAW, ends_at=MADE + 10 * DAY)
DELETED = Terms(LAW, ends_at=MADE + 10 * DAY, is_deleted=True)
SHORT = Terms(own_periods(LAW, 5 * DAY))
SHORTER_HOST = Terms(Retention(ticket_days=30, audit_days=60, job_days=14, account_days=7).periods, MADE + 10 * DAY)
HELD = Terms(LAW, ends_at=MADE + 10 * DAY, hold=Hold(MADE))
NEVER = None


def has_expired(kind, time, terms, now):
    before = expired_before(kind, terms, now)
    return before is not None and time < before


@pytest.mark.parametrize(
    ("terms", "kind", "days"),
    [
        (LIVING, Kind.TICKETS, 90),
        (LIVING, Kind.AUDIT, 90),
        (LIVING, Kind.JOBS, 90),
        (LIVING, Kind.METRICS, NEVER),
        (LIVING, Kind.ACCOUNT, NEVER),
        (ENDED, Kind.TICKETS, 40),
        (ENDED, Kind.AUDIT, 90),
        (ENDED, Kind.JOBS, 40),
        (ENDED, Kind.METRICS, 10),
        (ENDED, Kind.ACCOUNT, 40),
        (DELETED, Kind.TICKETS, 0),
        (DELETED, Kind.AUDIT, 90),
        (DELETED, Kind.JOBS, 0),
        (DELETED, Kind.METRICS, 0),
        (DELETED, Kind.ACCOUNT, NEVER),  # it has gone
        (SHORT, Kind.TICKETS, 5),
        (SHORT, Kind.AUDIT, 5),
        (SHORT, Kind.JOBS, 7),  # so long events may be delivered again
        (SHORT, Kind.ACCOUNT, NEVER),
        (SHORTER_HOST, Kind.TICKETS, 17),
        (SHORTER_HOST, Kind.AUDIT, 60),
        (SHORTER_HOST, Kind.JOBS, 14),
        (SHORTER_HOST, Kind.METRICS, 10),
        (SHORTER_HOST, Kind.ACCOUNT, 17),
        *((HELD, kind, NEVER) for kind in Kind),
    ],
)
def test_each_class_expires_after_its_days_and_not_before(terms, kind, days):
    expires = MADE + (9999 if days is None else days) * DAY
    moments = {timedelta(0), 400 * DAY, *(() if days is None else (-DAY, -timedelta(seconds=1), DAY))}
    for moved in moments - ({timedelta(0), 400 * DAY} if days is None else set()):
        now = expires + moved + timedelta(microseconds=1)
        assert has_expired(kind, MADE, terms, now) is (moved >= timedelta(0)), moved
    if days is None:
        assert not has_expired(kind, MADE, terms, MADE + 400 * DAY)


def test_the_periods_of_the_host_are_those_of_the_law_unless_it_shortens_them():
    assert Retention().periods == LAW
    assert {kind: period.days for kind, period in LAW.items()} == {
        "audit": 90, "tickets": 90, "jobs": 90, "metrics": 0, "account": 30,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "days"),
    [("ticket_days", 91), ("audit_days", 91), ("job_days", 91), ("account_days", 31), ("ticket_days", 0),
     ("audit_days", 0), ("job_days", 6), ("account_days", -1)],
)  # fmt: skip
def test_nobody_keeps_anything_for_longer_than_the_law_says(key, days):
    with pytest.raises(ValueError):
        Retention(**{key: days})


def test_an_account_shortens_and_never_lengthens():
    host = Retention(ticket_days=20, audit_days=10, job_days=9).periods
    assert own_periods(host, None) == host
    assert own_periods(host, 15 * DAY) == {**host, Kind.TICKETS: 15 * DAY}
    assert own_periods(host, 90 * DAY) == host


TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(
    kind=st.sampled_from(list(Kind)),
    now=TIMES,
    later=TIMES,
    ends_at=st.none() | TIMES,
    own=st.none() | st.integers(1, 90),
)
def test_the_longer_one_waits_the_more_has_expired(kind, now, later, ends_at, own):
    terms = Terms(own_periods(LAW, own and timedelta(days=own)), ends_at)
    first, second = (expired_before(kind, terms, time) for time in sorted([now, later]))
    assert first is None or (second is not None and first <= second)
