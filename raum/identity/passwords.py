"""Passwords: hashed with Argon2id, a few at a time, because each takes 64 MiB of memory."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from raum.errors import OperatorError, TooManyAttempts
from raum.secrets.secret import Secret

T = TypeVar("T")

_SHORTEST: Final = 8
_LONGEST: Final = 128
_LONGEST_TYPED: Final = 4 * _LONGEST  # NFC makes one character of four at most (U+1F82 and its like)
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 32

# The hash of a password that nobody knows, with the parameters of every other: it takes as long to refuse.
DUMMY: Final = "$argon2id$v=19$m=65536,t=3,p=4$eCpxM2d/ujbHgHj0TZLbnA$kfDeJNPtLmP+pmHzvC5P1yRki2j4P3lc6mTdIDU6z9M"


class Passwords:
    """Hashes and verifies, in threads of its own."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="password")
        self._waiting = 0

    async def hash(self, password: Secret) -> str:
        """What is stored of a password. Raises OperatorError if it is too short or too long (ASVS 5.0, V6.2.1)."""
        text = _normal(password)
        if not _SHORTEST <= len(text) <= _LONGEST:
            raise OperatorError(f"a password has {_SHORTEST} to {_LONGEST} characters")
        return await self._run(lambda: self._hasher.hash(text))

    async def verify(self, password_hash: str | None, password: Secret) -> bool:
        """Whether it is the password. Without a hash it is not, which takes just as long to find out (V6.3.8)."""
        text = _normal(password)
        matches = await self._run(lambda: self._matches(password_hash or DUMMY, text))
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with parameters of the past."""
        return self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, text: str) -> bool:
        try:
            return self._hasher.verify(password_hash, text)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        """Raises TooManyAttempts if too many wait already, so that a flood cannot pile up."""
        if self._waiting >= _MOST_WAITING:
            raise TooManyAttempts(1.0)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _normal(password: Secret) -> str:
    """One form for what is typed in different ways (RFC 8265, 4.2), without what cannot be encoded.

    What is longer than any password is cut, and still longer than any: to put thousands of marks on one letter in order
    takes seconds, in which the host would serve nobody.
    """
    text = unicodedata.normalize("NFC", password.reveal()[: _LONGEST_TYPED + 1])
    return text.encode("utf-8", "replace").decode()
