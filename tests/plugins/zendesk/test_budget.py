"""The rate budget of an account."""

from datetime import UTC, datetime

import pytest

from raum_zendesk.budget import LONGEST_RETRY_AFTER_SECONDS, Budget, closed_seconds, retry_after_seconds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def told(remaining, limit=100, reset=20):
    return {"ratelimit-limit": str(limit), "ratelimit-remaining": str(remaining), "ratelimit-reset": str(reset)}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def budget(clock):
    return Budget(0.2, clock)


def test_nothing_is_waited_for_while_there_is_enough(budget):
    assert budget.wait_seconds() == 0
    budget.told(told(21))
    assert budget.wait_seconds() == 0


def test_the_reserve_is_left_alone_until_the_minute_is_over(budget, clock):
    budget.told(told(20))
    assert budget.wait_seconds() == 20
    clock.now += 19
    assert budget.wait_seconds() == 1
    clock.now += 1
    assert budget.wait_seconds() == 0


def test_calls_under_way_count(budget):
    budget.told(told(23))
    for _ in range(3):
        assert budget.wait_seconds() == 0
        budget.spend()
    assert budget.wait_seconds() == 20


def test_an_account_that_asks_to_be_left_alone_is(budget, clock):
    budget.close(30)
    budget.close(5)
    assert budget.wait_seconds() == 30
    clock.now += 30
    assert budget.wait_seconds() == 0


@pytest.mark.parametrize("headers", [{}, {"ratelimit-limit": "x"}, told("-1"), told("9" * 99), told("²")])
def test_an_answer_that_says_nothing_changes_nothing(budget, headers):
    budget.told(headers)
    assert budget.wait_seconds() == 0


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("0", 0),
        ("21", 21),
        ("99999", LONGEST_RETRY_AFTER_SECONDS),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2126 11:00:00 GMT", LONGEST_RETRY_AFTER_SECONDS),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_up_to_a_cap(stated, seconds):
    assert retry_after_seconds({"retry-after": stated}, NOON) == seconds


def test_an_account_over_its_limit_is_left_alone_even_if_the_answer_does_not_say_how_long():
    assert closed_seconds({}) == 30
