"""How fast an account's Zendesk may be called, so that raum does not use up what the team's own tools need.

Zendesk counts the calls of all apps of an account together, and each answer tells what is left of the minute
(https://developer.zendesk.com/api-reference/introduction/rate-limits/). So the budget is account-wide without being
shared between processes: raum stops when the account, not raum alone, has little left.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_RETRY_AFTER_SECONDS: Final = 900.0
"""No longer than this is waited for Zendesk, whatever it asks for."""

_UNSTATED_SECONDS: Final = 30.0
_RESET: Final = "ratelimit-reset"


class Budget:
    """What is left of one account's calls. `reserve` is the share of them, from 0 to 1, that raum leaves to others."""

    def __init__(self, reserve: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._reserve = reserve
        self._clock = clock
        self._limit = 0
        self._remaining = 0
        self._resets_at = 0.0
        self._closed_until = 0.0

    def wait_seconds(self) -> float:
        """How long to wait before the next call; 0 if it may be made now."""
        now = self._clock()
        waits = [self._closed_until - now]
        if self._limit and self._remaining <= self._limit * self._reserve:
            waits.append(self._resets_at - now)
        return max(0.0, *waits)

    def spend(self) -> None:
        """A call is being made."""
        self._remaining -= 1

    def told(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer says is left. An answer without these headers says nothing."""
        numbers = [_whole(headers.get(name)) for name in ("ratelimit-limit", "ratelimit-remaining", _RESET)]
        limit, remaining, seconds = numbers
        if limit is not None and remaining is not None and seconds is not None:
            self._limit, self._remaining = limit, remaining
            self._resets_at = self._clock() + min(seconds, LONGEST_RETRY_AFTER_SECONDS)

    def close(self, seconds: float) -> None:
        """Zendesk asks to be left alone for so long."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)


def retry_after_seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """What `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3), up to the longest wait."""
    stated = headers.get("retry-after", "").strip()
    seconds = _whole(stated)
    if seconds is None and stated:
        seconds = _until(stated, now or datetime.now(UTC))
    return None if seconds is None else min(max(float(seconds), 0.0), LONGEST_RETRY_AFTER_SECONDS)


def closed_seconds(headers: Mapping[str, str]) -> float:
    """How long an account that is over its limit is to be left alone; an answer may fail to say so."""
    stated = retry_after_seconds(headers)
    return _UNSTATED_SECONDS if stated is None else stated


def _until(date: str, now: datetime) -> int | None:
    try:
        return round((parsedate_to_datetime(date) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without a time zone
        return None


def _whole(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None
