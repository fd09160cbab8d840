"""Encrypting single fields with the transit engine (https://openbao.org/api-docs/secret/transit/).

A stored value is: the format version (one byte, 1), the length of the key's id (one byte), the id, which is the key's
name, a colon and the number of its version, and what the engine gave, as bytes: its text has unused bits.
"""

import asyncio
import base64
import json
import re
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

import httpx2

from raum.api import KeyRefused, KeysUnavailable, NotDecryptable
from raum_openbao.connection import REFUSED, Connection
from raum_openbao.options import OpenBaoOptions
from raum_openbao.token import TokenLife

_VERSION: Final = 1
_WRAPPED: Final = re.compile(r"vault:v([0-9]{1,9}):(.+)")
_ID: Final = re.compile(r"([A-Za-z0-9_-]+):([1-9][0-9]{0,8})")


class OpenBao:
    """A key manager over one key of a transit engine. `transport` takes the place of the network."""

    def __init__(self, options: OpenBaoOptions, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._options = options
        self._connection = Connection(options, transport)
        self._token = TokenLife(self._connection)
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        self._keeping = asyncio.create_task(self._token.keep(), name="raum-openbao-token")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
            self._keeping = None
        await self._connection.__aexit__(kind, error, traceback)

    def troubles(self) -> Sequence[str]:
        """What is wrong with the host's token. Implements `raum.api.HasTroubles`."""
        return [self._token.trouble] if self._token.trouble else []

    async def warnings(self) -> Sequence[str]:
        """The same, asked for now. Implements `raum.api.Warns`."""
        try:
            life = await self._token.look()
        except KeysUnavailable as error:
            return [f"cannot see for how long the host's token is good: {error}"]
        return [life.trouble] if life.trouble else []

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A value that decrypts under the same context alone. Raises KeyRefused and KeysUnavailable."""
        try:
            return self._packed(await self._write("encrypt", "ciphertext", context, plaintext=_text(plaintext)))
        except NotDecryptable:  # nothing is decrypted here: it is the call that OpenBao does not take
            pass
        raise KeyRefused(REFUSED)

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext. Raises NotDecryptable, KeyRefused, KeysUnavailable."""
        return base64.b64decode(
            await self._write("decrypt", "plaintext", context, ciphertext=self._unpacked(ciphertext))
        )

    async def rewrap(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The value under the newest version of the key, moved within the engine: its plaintext does not get here.

        The engine makes a new value each time. One that was of the newest version already stays as it is.
        """
        new = self._packed(await self._write("rewrap", "ciphertext", context, ciphertext=self._unpacked(ciphertext)))
        return ciphertext if self.key_of(new) == self.key_of(ciphertext) else new

    def key_of(self, ciphertext: bytes) -> str:
        """The name and the version of the key of a value. Raises NotDecryptable for a format that is not known."""
        if ciphertext[:1] != bytes([_VERSION]):
            raise NotDecryptable("an encrypted value has a format that this version of raum does not know")
        length = ciphertext[1] if len(ciphertext) > 1 else 0
        return ciphertext[2 : 2 + length].decode("ascii", errors="replace")

    def _packed(self, text: str) -> bytes:
        """The engine's text in the form that is stored."""
        parts = _WRAPPED.fullmatch(text)
        if parts is None:
            raise KeyRefused("OpenBao gave a value of a form that raum does not know")
        key = f"{self._options.key}:{parts[1]}"
        return bytes([_VERSION, len(key)]) + key.encode("ascii") + base64.b64decode(parts[2], validate=True)

    def _unpacked(self, ciphertext: bytes) -> str:
        """The engine's text of a stored value."""
        key = self.key_of(ciphertext)
        parts = _ID.fullmatch(key)
        if parts is None or parts[1] != self._options.key:
            raise NotDecryptable("an encrypted value names a key that is not the one of the configuration")
        return f"vault:v{parts[2]}:{_text(ciphertext[2 + len(key) :])}"

    async def _write(self, action: str, wanted: str, context: Mapping[str, str], **fields: str) -> str:
        """One text of the answer."""
        path = f"{self._options.mount}/{action}/{self._options.key}"
        bound = _text(json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode("ascii"))
        answer = await self._connection.call("POST", path, "data", {**fields, "context": bound})
        if not isinstance(answer, dict) or wanted not in answer:
            raise KeysUnavailable
        return str(answer[wanted])


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
