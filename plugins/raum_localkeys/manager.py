"""Encrypting single fields with AES-256-GCM (NIST SP 800-38D).

A stored value is: the format version (one byte, 1), the length of the key id (one byte), the key id, a random nonce
(12 bytes), the ciphertext with its tag (16 bytes). The authenticated data is everything before the nonce, then the
context as JSON with sorted keys, so that a value decrypts only in the place it was encrypted for.

A value that names a key which is not known makes the file be read again, if it changed: another host of the same file
may have been started with a newer key.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from raum.api import NotDecryptable
from raum_localkeys.keyfile import load_or_create

_VERSION = 1
_NONCE_LENGTH = 12


class LocalKeys:
    """A key manager whose keys come from a file, read when it is entered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ciphers: dict[str, AESGCM] = {}
        self._read_as: object = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ciphers = {}

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A value that decrypts under the same context alone. Raises RuntimeError if the manager is not entered."""
        key_id = self._newest()
        header = bytes([_VERSION, len(key_id)]) + key_id.encode("ascii")
        nonce = os.urandom(_NONCE_LENGTH)
        return header + nonce + self._ciphers[key_id].encrypt(nonce, plaintext, _authenticated(header, context))

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext. Raises NotDecryptable if the value was changed or belongs elsewhere, or its key is missing."""
        self._newest()
        key_id = self.key_of(ciphertext)
        header, rest = ciphertext[: 2 + len(key_id)], ciphertext[2 + len(key_id) :]
        if key_id not in self._ciphers:
            await asyncio.to_thread(self._read_if_changed)
        if key_id not in self._ciphers:
            raise NotDecryptable("an encrypted value names a key that the key file does not hold")
        nonce, sealed = rest[:_NONCE_LENGTH], rest[_NONCE_LENGTH:]
        with contextlib.suppress(InvalidTag, ValueError):
            return self._ciphers[key_id].decrypt(nonce, sealed, _authenticated(header, context))
        raise NotDecryptable

    async def rewrap(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The value under the newest key; the same bytes if it is under that one already. Raises NotDecryptable."""
        plaintext = await self.decrypt(ciphertext, context)
        return ciphertext if self.key_of(ciphertext) == self._newest() else await self.encrypt(plaintext, context)

    def key_of(self, ciphertext: bytes) -> str:
        """The id of the key of a value. Raises NotDecryptable for a format that is not known."""
        if ciphertext[:1] != bytes([_VERSION]):
            raise NotDecryptable("an encrypted value has a format that this version of raum does not know")
        length = ciphertext[1] if len(ciphertext) > 1 else 0
        return ciphertext[2 : 2 + length].decode("ascii", errors="replace")

    def _newest(self) -> str:
        if not self._ciphers:
            raise RuntimeError("the key manager was not entered")
        return list(self._ciphers)[-1]

    def _read(self) -> None:
        keys = load_or_create(self._path)
        self._read_as = self._version()
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}

    def _read_if_changed(self) -> None:
        if self._version() != self._read_as:
            self._read()

    def _version(self) -> object:
        try:
            found = self._path.stat()
        except OSError:
            return self._read_as  # it was there when the host started: what was read then goes on to be used
        return found.st_mtime_ns, found.st_size, found.st_ino


def _authenticated(header: bytes, context: Mapping[str, str]) -> bytes:
    return header + json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode("ascii")
