"""Encrypting single fields with the transit engine (https://openbao.org/api-docs/secret/transit/).

A stored value is: the format version (one byte, 1), the length of the key's id (one byte), the id, which is the key's
name, a colon and the number of its version, and what the engine gave, as bytes: its text has unused bits.
"""

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import httpx2

from raum.api import KeyRefused, KeyRejected, KeysUnavailable, NotDecryptable, key_text, pool
from raum_openbao.options import OpenBaoOptions

_VERSION: Final = 1
_SECONDS: Final = 2.0
_WRAPPED: Final = re.compile(r"vault:v([0-9]{1,9}):(.+)")
_ID: Final = re.compile(r"([A-Za-z0-9_-]+):([1-9][0-9]{0,8})")
_Failure = KeyRefused | KeysUnavailable | NotDecryptable
_UNAVAILABLE: Final = "OpenBao cannot be reached, is sealed or has failed; try again later"


class OpenBao:
    """A key manager over one key of a transit engine. `transport` takes the place of the network."""

    def __init__(self, options: OpenBaoOptions, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._options = options
        self._transport = transport
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._client = pool(self._transport)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A value that decrypts under the same context alone. Raises KeyRefused and KeysUnavailable."""
        return self._packed(await self._write("encrypt", "ciphertext", context, plaintext=_text(plaintext)))

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
        """One text of the answer. What the library raises holds what was sent; what it stands for is raised outside."""
        if self._client is None:
            raise RuntimeError("the key manager was not entered")
        options = self._options
        bound = _text(json.dumps(dict(context), sort_keys=True, separators=(",", ":")).encode("ascii"))
        failure: _Failure = KeysUnavailable(_UNAVAILABLE)
        try:
            async with asyncio.timeout(_SECONDS):
                response = await self._client.post(
                    f"{options.url.rstrip('/')}/v1/{options.mount}/{action}/{options.key}",
                    json={**fields, "context": bound},
                    headers={"authorization": f"Bearer {key_text(options.token)}"},
                )
            if response.status_code == 200:
                return str(response.json()["data"][wanted])
            failure = _failure_of(response.status_code, action)
        except KeyRejected:
            failure = KeyRefused("the host's token for OpenBao is empty, or has characters that no token has")
        except (TimeoutError, httpx2.HTTPError, ValueError, LookupError, TypeError):
            pass  # it is the failure from above
        raise failure


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _failure_of(status: int, action: str) -> _Failure:
    """What a status means (https://openbao.org/api-docs/#http-status-codes)."""
    if status == 400 and action != "encrypt":
        return NotDecryptable()
    if status in (401, 403):
        return KeyRefused("the host's token for OpenBao has ended, or its policy does not allow to use the key")
    if status in (412, 429) or status >= 500:
        return KeysUnavailable(_UNAVAILABLE)
    return KeyRefused("OpenBao refused the call; see that the transit engine is mounted and its key is there")
