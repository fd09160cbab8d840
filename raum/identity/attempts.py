"""Who guesses passwords is made to wait, longer each time; nobody is locked out by strangers.

Attempts are counted by the address that they come from and by the user whom they name, whether there is such a user or
not. A user who signed in from an address before is counted there apart, so that strangers, elsewhere or in the same
building, do not slow down anybody who signs in from where they always do (ASVS 5.0, V6.3.1).
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from raum.errors import TooManyAttempts
from raum.storage.identities import Identities, Slowing

_FREE_BY_ADDRESS: Final = 20
_FREE_BY_USER: Final = 5
_LONGEST_SECONDS: Final = 900.0
_LONGEST_FROM_ELSEWHERE_SECONDS: Final = 60.0
_FAMILIAR_FOR: Final = timedelta(days=30)


@frozen
class Attempt:
    """One attempt, counted as a failure until it is told that it was none."""

    store: Identities
    user: Slowing | None
    address: Slowing | None
    familiar: bytes

    @property
    def slowings(self) -> list[Slowing]:
        """All that it is counted under."""
        return [each for each in (self.user, self.address) if each is not None]

    async def succeeded(self, now: datetime) -> None:
        """It was no failure: forget those of the user here, and take back this one of the address."""
        cleared = [self.user.digest] if self.user else []
        lowered = [self.address.digest] if self.address else []
        await self.store.forgive(cleared, lowered, now)
        if self.user:
            await self.store.mark(self.familiar, now + _FAMILIAR_FOR, now)


@frozen
class Attempts:
    """Counts the attempts to sign in, over all hosts."""

    store: Identities

    async def begin(self, client_ip: str, now: datetime, email: str | None = None) -> Attempt:
        """An attempt that may be looked at now. Raises TooManyAttempts if it comes too early."""
        attempt = await self._attempt(_network(client_ip), now, email)
        seconds = await self.store.attempt(attempt.slowings, now)
        if seconds > 0:
            raise TooManyAttempts(seconds)
        return attempt

    async def _attempt(self, address: str, now: datetime, email: str | None) -> Attempt:
        """What an attempt is counted under: whoever is familiar at an address is not counted with all others there."""
        by_address = Slowing(_digest("address", address), _FREE_BY_ADDRESS, _LONGEST_SECONDS)
        if email is None:
            return Attempt(self.store, None, by_address, b"")
        familiar = _digest("familiar", email, address)
        if await self.store.is_marked(familiar, now):
            by_user = Slowing(_digest("user", email, address), _FREE_BY_USER, _LONGEST_SECONDS)
            return Attempt(self.store, by_user, None, familiar)
        by_user = Slowing(_digest("user", email), _FREE_BY_USER, _LONGEST_FROM_ELSEWHERE_SECONDS)
        return Attempt(self.store, by_user, by_address, familiar)


def _network(client_ip: str) -> str:
    """What one visitor holds: an IPv4 address, or the 64 bits that are an IPv6 subscriber's at least."""
    try:
        address = ipaddress.ip_address(client_ip)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


def _digest(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode("utf-8", "replace")).digest()
