"""Encrypting single fields with AES-256-GCM (NIST SP 800-38D).

A stored value is: the format version (one byte, 1), the length of the key id (one byte), the key id, a random nonce
(12 bytes), the ciphertext with its tag (16 bytes). The authenticated data is everything before the nonce, then the
context as JSON with sorted keys, so that a value decrypts only in the place it was encrypted for.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from raum.api import OperatorError
from raum_localkeys.keyfile import load_or_create

_VERSION = 1
_NONCE_LENGTH = 12


class LocalKeys:
    """A key manager whose keys come from a file, read when it is entered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ciphers: dict[str, AESGCM] = {}

    async def __aenter__(self) -> Self:
        keys = await asyncio.to_thread(load_or_create, self._path)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._ciphers = {}

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A value that decrypts under the same context alone. Raises RuntimeError if the manager is not entered."""
        if not self._ciphers:
            raise RuntimeError("the key manager was not entered")
        key_id, cipher = list(self._ciphers.items())[-1]
        header = bytes([_VERSION, len(key_id)]) + key_id.encode("ascii")
        nonce = os.urandom(_NONCE_LENGTH)
        return header + nonce + cipher.encrypt(nonce, plaintext, _authenticated(header, context))

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext. Raises OperatorError if the value was changed or belongs elsewhere, or its key is missing."""
        if not self._ciphers:
            raise RuntimeError("the key manager was not entered")
        if ciphertext[:1] != bytes([_VERSION]):
            raise OperatorError("an encrypted value has a format that this version of raum does not know")
        header_length = 2 + ciphertext[1] if len(ciphertext) > 1 else 2
        header, rest = ciphertext[:header_length], ciphertext[header_length:]
        cipher = self._ciphers.get(header[2:].decode("ascii", errors="replace"))
        if cipher is None:
            raise OperatorError("an encrypted value names a key that the key file does not hold")
        nonce, sealed = rest[:_NONCE_LENGTH], rest[_NONCE_LENGTH:]
        try:
            return cipher.decrypt(nonce, sealed, _authenticated(header, context))
        except (InvalidTag, ValueError):
            raise OperatorError("an encrypted value was changed, or it was encrypted for another place") from None


def _authenticated(header: bytes, context: Mapping[str, str]) -> bytes:
    return header + json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode("ascii")
