"""The part `gemini`: calls with the SDK."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
from google import genai
from google.genai import errors, types

from raum.api import (
    CallOptions,
    Completion,
    DeadlineExceeded,
    MalformedAnswer,
    Prompt,
    ProviderDown,
    ProviderFailed,
    Secret,
    answered,
    key_text,
    opened_streams,
    pool,
    retry_after_seconds,
    silence,
    streamed,
    without_environment,
)
from raum_gemini import mapping
from raum_gemini.options import OWN_REGIONS, GeminiOptions

# Never sent: each call brings the header with the account's own key, which takes the place of this one.
_NO_KEY = "none"


class GeminiProvider:
    """Gemini. An async context manager that owns one pool of connections.

    `transport` takes the place of the network.
    """

    needs_key = True

    def __init__(self, options: GeminiOptions, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        silence("google_genai", "google.genai")
        self.default_model = options.model
        self.vendor = "google" if urlsplit(options.base_url).hostname in OWN_REGIONS else None
        self._options = options
        self._transport = transport
        self._http: httpx2.AsyncClient | None = None
        self._client: genai.Client | None = None

    async def __aenter__(self) -> Self:
        self._http = pool(self._transport)
        with without_environment("GOOGLE_", "GEMINI_"):
            # One client for all accounts: to build one takes 20 ms, most of them for transports that are not used.
            self._client = genai.Client(
                api_key=_NO_KEY,
                vertexai=False,
                http_options=types.HttpOptions(
                    base_url=self._options.base_url,
                    api_version=self._options.api_version,
                    retry_options=types.HttpRetryOptions(attempts=1),
                    httpx_client=httpx2.Client(transport=httpx2.MockTransport(_unused)),
                    httpx_async_client=self._http,
                ),
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = self._client = None

    async def complete(self, prompt: Prompt, *, key: Secret | None, options: CallOptions) -> Completion:
        """The whole answer. Raises ProviderFailed."""
        _check(prompt)
        return await answered(self._complete(prompt, key, options), options.seconds, failure_of)

    async def stream(
        self, prompt: Prompt, *, key: Secret | None, options: CallOptions
    ) -> AsyncIterator[str | Completion]:
        """The pieces of the answer, then the whole. Raises ProviderFailed."""
        _check(prompt)
        async for piece in streamed(self._stream(prompt, key, options), options.seconds, failure_of):
            yield piece

    async def _complete(self, prompt: Prompt, key: Secret | None, options: CallOptions) -> Completion:
        models, request = self._call(prompt, key, options)
        answer = await models.generate_content(**request)
        return mapping.completion(_document(answer), options.model)

    async def _stream(
        self, prompt: Prompt, key: Secret | None, options: CallOptions
    ) -> AsyncGenerator[str | Completion]:
        models, request = self._call(prompt, key, options)
        reading = mapping.Reading(options.model)
        chunks: Any = await models.generate_content_stream(**request)
        # Closing the SDK's iterator leaves the connection to the garbage collector.
        with opened_streams() as opened:
            chunk = await anext(chunks, None)
        async with AsyncExitStack() as stack:
            for stream in opened:
                stack.push_async_callback(stream.aclose)
            while chunk is not None:
                if piece := reading.read(_document(chunk)):
                    yield piece
                chunk = await anext(chunks, None)
        yield reading.completion()

    def _call(self, prompt: Prompt, key: Secret | None, options: CallOptions) -> tuple[Any, dict[str, Any]]:
        if self._client is None:
            raise RuntimeError("the part is used before it was entered")
        request = mapping.request(prompt, options)
        request["config"] |= {
            # Both make calls of their own: for tools, and when a model pauses.
            "automatic_function_calling": {"disable": True},
            "automatic_continuation": False,
            # The name in small letters, or else the client's own key goes out beside it.
            "http_options": {
                "headers": {"x-goog-api-key": key_text(key)},
                "timeout": max(1, round(options.seconds * 1000)),
            },
        }
        return self._client.aio.models, request


def failure_of(error: Exception) -> ProviderFailed:
    """What an exception of the SDK stands for; nothing of it is kept."""
    match error:
        case httpx2.TimeoutException():
            return DeadlineExceeded()
        case httpx2.TransportError():
            return ProviderDown()
        case errors.APIError(code=int(status)):
            headers = getattr(error.response, "headers", None) or {}
            return mapping.failure(
                error.details, status=status, retry_after_seconds=retry_after_seconds(headers, datetime.now(UTC))
            )
        case _:
            return MalformedAnswer()


def _document(answer: types.GenerateContentResponse) -> mapping.Document:
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)


def _check(prompt: object) -> None:
    if not isinstance(prompt, Prompt):
        raise TypeError("a provider takes a Prompt of redacted texts")


def _unused(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("the part makes no synchronous calls")
