"""The part `openai`: calls with the SDK."""

from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2
import openai

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
    pool,
    retry_after_seconds,
    silence,
    streamed,
    without_environment,
)
from raum_openai import chat, mapping
from raum_openai.options import OWN_REGIONS, OpenAIOptions

# Never sent: each call brings the header with the account's own key, which takes the place of this one.
_NO_KEY = "none"


class OpenAIProvider:
    """OpenAI. An async context manager that owns one pool of connections.

    `transport` takes the place of the network.
    """

    def __init__(self, options: OpenAIOptions, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        silence("openai")
        self.needs_key = options.needs_key
        self.default_model = options.model
        self.vendor = "openai" if urlsplit(options.base_url).hostname in OWN_REGIONS else None
        self._options = options
        self._transport = transport
        self._client: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        with without_environment("OPENAI_", "AZURE_"):
            self._client = openai.AsyncOpenAI(
                api_key=_NO_KEY, base_url=self._options.base_url, max_retries=0, http_client=pool(self._transport)
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

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
        client, common = self._call(key, options)
        if self._options.api == "chat":
            answer: Any = await client.chat.completions.create(**chat.request(prompt, options), **common)
            return chat.completion(_document(answer), options.model)
        answer = await client.responses.create(**mapping.request(prompt, options), **common)
        return mapping.completion(_document(answer), options.model)

    async def _stream(
        self, prompt: Prompt, key: Secret | None, options: CallOptions
    ) -> AsyncGenerator[str | Completion]:
        client, common = self._call(key, options)
        events: Any
        reading: chat.Reading | mapping.Reading
        if self._options.api == "chat":
            reading = chat.Reading(options.model)
            request = chat.request(prompt, options, stream=True)
            events = await client.chat.completions.create(**request, stream=True, **common)
        else:
            reading = mapping.Reading(options.model)
            events = await client.responses.create(**mapping.request(prompt, options), stream=True, **common)
        async with events:
            async for event in events:
                if piece := reading.read(_document(event)):
                    yield piece
        yield reading.completion()

    def _call(self, key: Secret | None, options: CallOptions) -> tuple[openai.AsyncOpenAI, dict[str, Any]]:
        if self._client is None:
            raise RuntimeError("the part is used before it was entered")
        text = key_text(key) if self.needs_key or key else _NO_KEY
        return self._client, {"extra_headers": {"Authorization": f"Bearer {text}"}, "timeout": options.seconds}


def failure_of(error: Exception) -> ProviderFailed:
    """What an exception of the SDK stands for; nothing of it is kept."""
    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return DeadlineExceeded()
        case openai.APIConnectionError() | httpx2.TransportError():
            return ProviderDown()
        case openai.APIStatusError():
            return mapping.failure(
                status=error.status_code,
                code=error.code,
                type_=error.type,
                request_id=error.request_id,
                retry_after_seconds=retry_after_seconds(error.response.headers, datetime.now(UTC)),
            )
        case openai.APIError():  # an error amid a stream
            return mapping.failure(code=error.code, type_=error.type)
        case _:
            return MalformedAnswer()


def _document(answer: Any) -> mapping.Document:
    """The JSON object of an answer. The SDK gives a str for a body that is not JSON."""
    if not isinstance(answer, openai.BaseModel):
        raise MalformedAnswer
    return answer.to_dict(mode="json", warnings=False)


def _check(prompt: object) -> None:
    if not isinstance(prompt, Prompt):
        raise TypeError("a provider takes a Prompt of redacted texts")
