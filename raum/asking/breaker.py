"""Circuit breakers: an account's provider that failed several times in a row is left alone for a while.

They live in the process. Each process of a host finds out by itself, which costs a few calls and needs no store.
"""

import time
from collections.abc import Callable
from typing import Final

from attrs import define

from raum.errors import ProviderDown, ProviderFailed

_FAILURES: Final = 5
_SECONDS: Final = 30.0
_MOST: Final = 10_000


@define
class _Breaker:
    failures: int = 0
    closed_at: float = 0.0


class Breakers:
    """One breaker for each account and provider that has failed of late; an account never feels another one's."""

    def __init__(
        self, *, failures: int = _FAILURES, seconds: float = _SECONDS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures = failures
        self._seconds = seconds
        self._now = now
        self._breakers: dict[tuple[str, str], _Breaker] = {}

    def refusal(self, account_id: str, provider: str) -> ProviderFailed | None:
        """Why the provider is not asked now; None if it may be. After the pause one call finds out for all others."""
        breaker = self._breakers.get((account_id, provider))
        if breaker is None or breaker.failures < self._failures:
            return None
        left = breaker.closed_at - self._now()
        if left <= 0:
            breaker.closed_at = self._now() + self._seconds
            return None
        return ProviderDown("failed several times in a row and is not asked for a while", retry_after_seconds=left)

    def note(self, account_id: str, provider: str, failure: ProviderFailed | None) -> None:
        """Note how a call ended. A failure that says that the provider works, such as a wrong key, is none here."""
        if failure is None or not failure.retryable:
            self._breakers.pop((account_id, provider), None)
            return
        if len(self._breakers) >= _MOST:
            self._breakers.pop(next(iter(self._breakers)))
        breaker = self._breakers.setdefault((account_id, provider), _Breaker())
        breaker.failures += 1
        breaker.closed_at = self._now() + self._seconds
