"""How many calls an account has left this minute, and how its answers tell.

https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Final

_MINUTE: Final = 60.0


class Calls:
    """Counts calls. Those of the account's plan come back with each minute; nothing is refused for want of them."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = per_minute
        self._ends_at = clock() + _MINUTE

    def set_left(self, number: int) -> None:
        """So many are left of a minute that begins now."""
        self._left, self._ends_at = number, self._clock() + _MINUTE

    def counted(self) -> Mapping[str, str]:
        """Count a call; the headers of its answer."""
        if self._clock() >= self._ends_at:
            self.set_left(self._per_minute)
        self._left = max(self._left - 1, 0)
        limit, left = str(self._per_minute), str(self._left)
        return {
            "x-rate-limit": limit,
            "x-rate-limit-remaining": left,
            "ratelimit-limit": limit,
            "ratelimit-remaining": left,
            "ratelimit-reset": str(math.ceil(self._ends_at - self._clock())),
        }
