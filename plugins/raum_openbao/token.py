"""The life of the host's token: looked up and renewed before it ends (https://openbao.org/api-docs/auth/token/).

A token with a period goes on for as long as it is renewed; any other ends when its longest time is over, whatever the
host does, and one that cannot be renewed ends when it ends. Both are told long before, in the log and as a trouble of
the part.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from attrs import frozen

from raum.api import KeyRefused, KeysUnavailable, NotDecryptable
from raum_openbao.connection import Connection

_log = structlog.get_logger("raum.openbao")

_LONGEST_PAUSE: Final = 86_400.0
_SHORTEST_PAUSE: Final = 0.5
_RETRY: Final = 30.0
"""The pause, in seconds, before the next try, when one has failed; less for a token that lives for minutes."""
_SHORTENED: Final = 0.9
"""A renewal that gives less than this share of the time that the token began with is one of the last."""

_UNKNOWN: Final = (
    "the host's token for OpenBao has ended, or its policy does not let the host look it up and renew it; give it the "
    "policy of config/openbao/raum.hcl, or put another token in its place and restart the host"
)
_ENDED: Final = (
    "the host's token for OpenBao has ended; put another in its place, one with a period, and restart the host"
)
_ANOTHER: Final = "put another in its place before, one with a period, and restart the host"


@frozen
class Life:
    """How long the token is good for yet, in seconds, None for ever; and why that is not enough, if it is not."""

    seconds: float | None
    trouble: str = ""


class TokenLife:
    """Keeps a token alive. `clock` gives seconds, `sleep` waits for some, `share` is random, from 0 to 1."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        share: Callable[[], float] = random.random,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._share = share
        self._ends: float | None = None
        self.trouble = ""

    async def keep(self) -> None:
        """Renew the token in time, until cancelled; returns for one that never ends."""
        while (pause := await self._renewed()) is not None:
            await self._sleep(pause)

    async def look(self) -> Life:
        """How it stands with the token, renewed if that is possible. Raises KeysUnavailable."""
        try:
            told = await self._connection.call("GET", "auth/token/lookup-self", "data", {})
            left = float(told["ttl"])
            if not left and not told.get("expire_time"):
                return Life(None)
            if not told["renewable"]:
                return Life(left, _ends("cannot be renewed", left))
            renewed = await self._connection.call("POST", "auth/token/renew-self", "auth", {})
            return _life(told, float(renewed["lease_duration"]))
        except (KeyRefused, NotDecryptable):
            return Life(0.0, _UNKNOWN)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise KeysUnavailable from None

    async def _renewed(self) -> float | None:
        """Look at the token: the seconds until the next look, None if none is needed."""
        try:
            life = await self.look()
        except KeysUnavailable:
            return self._after_a_failure()
        except Exception as error:  # noqa: BLE001 -- a bug must not end the renewal
            _log.error("bug in renewing the token", error=type(error).__name__)
            return _RETRY
        if life.seconds is None:
            self._say("")
            return None
        if not life.seconds:
            self._say(_ENDED if self._is_over() else life.trouble)
            return _RETRY
        self._say(life.trouble)
        self._ends = self._clock() + life.seconds
        # Between a third and two thirds of its time, each host at a moment of its own; a last look at its end.
        part = 1.0 if life.trouble and life.seconds < _RETRY else (1 + self._share()) / 3
        return min(max(life.seconds * part, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def _after_a_failure(self) -> float:
        """OpenBao was away: try again, the sooner the less time there is."""
        if self._ends is None:
            return _RETRY
        if self._is_over():
            self._say(_ENDED)
        return min(max((self._ends - self._clock()) / 10, _SHORTEST_PAUSE), _RETRY)

    def _is_over(self) -> bool:
        return self._ends is not None and self._clock() >= self._ends - _SHORTEST_PAUSE

    def _say(self, trouble: str) -> None:
        """Log what changed: a trouble of the part is one until it is mended."""
        if trouble and trouble != self.trouble:
            _log.error("the token is in trouble", trouble=trouble)
        elif self.trouble and not trouble:
            _log.info("the token is well again")
        self.trouble = trouble


def _life(told: Any, seconds: float) -> Life:
    began_with = float(told.get("period") or told.get("creation_ttl") or 0)
    if seconds < began_with * _SHORTENED:
        return Life(seconds, _ends("has come near its longest time", seconds))
    return Life(seconds)


def _ends(why: str, seconds: float) -> str:
    end = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M UTC")
    return f"the host's token for OpenBao {why} and ends at about {end}; {_ANOTHER}"
