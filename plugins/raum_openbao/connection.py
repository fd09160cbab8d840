"""Calls of OpenBao's HTTP API (https://openbao.org/api-docs/) with the host's token, and what each failure becomes."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from raum.api import KeyRefused, KeyRejected, KeysUnavailable, NotDecryptable, key_text, pool
from raum_openbao.options import OpenBaoOptions

_SECONDS: Final = 2.0
_Failure = KeyRefused | KeysUnavailable | NotDecryptable
_UNAVAILABLE: Final = "OpenBao cannot be reached, is sealed or has failed; try again later"


class Connection:
    """The way to one server; entered before it is used. `transport` takes the place of the network."""

    def __init__(self, options: OpenBaoOptions, transport: httpx2.AsyncBaseTransport | None) -> None:
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

    async def call(self, method: str, path: str, wanted: str, fields: Mapping[str, str]) -> Any:
        """What the answer has under `wanted`. Raises KeyRefused, KeysUnavailable; NotDecryptable for a 400.

        What the library raises holds what was sent; what it stands for is raised outside of its frames.
        """
        if self._client is None:
            raise RuntimeError("the key manager was not entered")
        failure: _Failure = KeysUnavailable(_UNAVAILABLE)
        try:
            async with asyncio.timeout(_SECONDS):
                response = await self._client.request(
                    method,
                    f"{self._options.url.rstrip('/')}/v1/{path}",
                    json=dict(fields) if fields else None,
                    headers={"authorization": f"Bearer {key_text(self._options.token)}"},
                )
            if response.status_code == 200:
                return response.json()[wanted]
            failure = _failure_of(response.status_code)
        except KeyRejected:
            failure = KeyRefused("the host's token for OpenBao is empty, or has characters that no token has")
        except (TimeoutError, httpx2.HTTPError, ValueError, LookupError, TypeError):
            pass  # it is the failure from above
        raise failure


def _failure_of(status: int) -> _Failure:
    """What a status means (https://openbao.org/api-docs/#http-status-codes)."""
    if status == 400:
        return NotDecryptable()
    if status in (401, 403):
        return KeyRefused("the host's token for OpenBao has ended, or its policy does not allow to use the key")
    if status in (412, 429) or status >= 500:
        return KeysUnavailable(_UNAVAILABLE)
    return KeyRefused(REFUSED)


REFUSED: Final = "OpenBao refused the call; see that the transit engine is mounted and its key is there"
"""What is said about an answer that names no reason which raum knows."""
