"""Decrypted credentials, in memory, for a short time: fewer calls of the key manager, and no stop while it is away.

A secret is used for five minutes after it was decrypted. Then it is decrypted again; while the key manager cannot be
reached, and only then, it is used for another fifteen minutes at most. What is kept is bound to the ciphertext that it
came from, which the caller reads from the store for each use: a credential that is replaced or removed, on this host or
on another, is not used once more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from attrs import define, field

from raum.errors import KeyRefused, KeysUnavailable, RaumError
from raum.secrets.secret import Secret
from raum.storage.ciphertexts import Place

FRESH_SECONDS: Final = 300.0
"""How long a secret is used before it is decrypted again."""

STALE_SECONDS: Final = 900.0
"""How long it is used beyond that while the key manager cannot be reached."""

PATIENCE_SECONDS: Final = 2.5
"""The longest wait for the key manager: a request that needs it is answered within three seconds."""

PAUSE_SECONDS: Final = 5.0
"""While a secret is used for want of the key manager: how long nobody waits for another try."""

_MOST_KEPT: Final = 10_000


@define
class _Kept:
    ciphertext: bytes = field(repr=False)
    secret: Secret
    since: float
    no_try_before: float = 0.0


class Plaintexts:
    """Decrypts credentials, each once at a time, and keeps them for a while. `clock` gives seconds."""

    def __init__(
        self, decrypt: Callable[[Place, bytes], Awaitable[Secret]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._decrypt = decrypt
        self._clock = clock
        self._kept: dict[Place, _Kept] = {}
        self._running: dict[tuple[Place, bytes], asyncio.Task[Secret]] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    async def get(self, place: Place, ciphertext: bytes) -> Secret:
        """The secret of the ciphertext that is stored there now.

        Raises what decrypting raises: KeysUnavailable also if it takes too long. A key that is refused ends the use of
        everything that is kept.
        """
        self._sweep()
        kept = self._kept.get(place)
        if kept is not None and kept.ciphertext != ciphertext:
            kept = None
        if kept is not None and (self._age(kept) < FRESH_SECONDS or self._clock() < kept.no_try_before):
            return kept.secret
        try:
            return await self._shared(place, ciphertext)
        except KeysUnavailable:
            kept = self._kept.get(place)
            if kept is None or kept.ciphertext != ciphertext or self._age(kept) >= FRESH_SECONDS + STALE_SECONDS:
                raise
            kept.no_try_before = self._clock() + PAUSE_SECONDS
            return kept.secret
        except KeyRefused:
            self._kept.clear()
            raise
        except RaumError:
            self.forget(place)
            raise

    def forget(self, place: Place) -> None:
        """Use what is kept of this place no more."""
        self._kept.pop(place, None)

    async def _shared(self, place: Place, ciphertext: bytes) -> Secret:
        """All who want the same wait for one call, which goes on if one of them goes away."""
        key = (place, ciphertext)
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._decrypted(place, ciphertext))
            task.add_done_callback(lambda _: self._running.pop(key, None))
        return await asyncio.shield(task)

    async def _decrypted(self, place: Place, ciphertext: bytes) -> Secret:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                secret = await self._decrypt(place, ciphertext)
        except TimeoutError:
            raise KeysUnavailable from None
        self._kept.pop(place, None)  # so that the newest is the last
        self._kept[place] = _Kept(ciphertext, secret, self._clock())
        if len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._sweep_later()
        return secret

    def _age(self, kept: _Kept) -> float:
        return self._clock() - kept.since

    def _sweep(self) -> None:
        """Forget what is not used any more, whatever happens. The oldest come first."""
        while self._kept:
            place, kept = next(iter(self._kept.items()))
            if self._age(kept) < FRESH_SECONDS + STALE_SECONDS:
                return
            del self._kept[place]

    def _sweep_later(self) -> None:
        """A secret that nobody asks for any more is forgotten as well."""
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(FRESH_SECONDS + STALE_SECONDS, self._swept)

    def _swept(self) -> None:
        self._sweeper = None
        self._sweep()
        if self._kept:
            self._sweep_later()
