"""A key manager in the place of others, whose values are still there: how a host goes from one to another."""

from collections.abc import Mapping, Sequence

from raum.api import KeyManager
from raum.errors import NotDecryptable


class Succession:
    """The key manager that encrypts, and those that decrypt what they encrypted. Itself a key manager.

    Each is asked in turn. That is safe, because a value decrypts under nothing but its own key and context, and quick,
    because a key manager sees by the id in front of a value that the key is none of its own.
    """

    def __init__(self, newest: KeyManager, former: Sequence[KeyManager]) -> None:
        self._newest = newest
        self._former = former

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A value of the newest key manager. Raises what that raises."""
        return await self._newest.encrypt(plaintext, context)

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext. Raises NotDecryptable if none of them can decrypt it, and what they raise else."""
        for keys in (self._newest, *self._former):
            try:
                return await keys.decrypt(ciphertext, context)
            except NotDecryptable:
                pass  # it is the next one's, or nobody's
        raise NotDecryptable(_NOBODYS)

    async def rewrap(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The value under the newest key of the newest key manager. One of a former's is decrypted here for that."""
        try:
            return await self._newest.rewrap(ciphertext, context)
        except NotDecryptable:
            pass  # it is a former's, or nobody's
        for keys in self._former:
            try:
                plaintext = await keys.decrypt(ciphertext, context)
            except NotDecryptable:
                continue
            return await self._newest.encrypt(plaintext, context)
        raise NotDecryptable(_NOBODYS)

    def key_of(self, ciphertext: bytes) -> str:
        """The id of the key of a value. Raises NotDecryptable for a format that none of them knows."""
        for keys in (self._newest, *self._former):
            try:
                return keys.key_of(ciphertext)
            except NotDecryptable:
                pass  # it is the next one's, or nobody's
        raise NotDecryptable("an encrypted value has a format that none of the key managers knows")


_NOBODYS = "an encrypted value was changed, was encrypted for another place, or is under a key of no key manager here"
