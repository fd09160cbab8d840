"""The part `anthropic`: calls with the SDK."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import anthropic
import httpx2

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
from raum_anthropic import mapping
from raum_anthropic.options import OWN_REGIONS, AnthropicOptions

# Never sent: each call brings the header with the account's own key, which takes the place of this one.
_NO_KEY = "none"


class AnthropicProvider:
    """Anthropic. An async context manager that owns one pool of connections.

    `transport` takes the place of the network.
    """

    needs_key = True

    def __init__(self, options: AnthropicOptions, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        silence("anthropic")
        self.default_model = options.model
        self.vendor = "anthropic" if urlsplit(options.base_url).hostname in OWN_REGIONS else None
        self._options = options
        self._transport = transport
        self._client: anthropic.AsyncAnthropic | None = None

    async def __aenter__(self) -> Self:
        with without_environment("ANTHROPIC_"):
            self._client = anthropic.AsyncAnthropic(
                api_key=_NO_KEY,
                base_url=self._options.base_url,
                max_retries=0,
                http_client=pool(self._transport),
                # It would send the ids of traces, and can put the prompt into spans.
                open_telemetry=False,
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
        answer: Any = await client.messages.create(**mapping.request(prompt, options), **common)
        return mapping.completion(_document(answer), options.model)

    async def _stream(
        self, prompt: Prompt, key: Secret | None, options: CallOptions
    ) -> AsyncGenerator[str | Completion]:
        client, common = self._call(key, options)
        reading = mapping.Reading(options.model)
        events: Any = await client.messages.create(**mapping.request(prompt, options), stream=True, **common)
        async with events:
            # The SDK's own iterator passes over what it does not know, and so over a piece that arrives broken.
            async for event in events.raw_events(events.response):
                if event.data and (piece := reading.read(json.loads(event.data))):
                    yield piece
        yield reading.completion()

    def _call(self, key: Secret | None, options: CallOptions) -> tuple[anthropic.AsyncAnthropic, dict[str, Any]]:
        if self._client is None:
            raise RuntimeError("the part is used before it was entered")
        headers = {"Authorization": f"Bearer {key_text(key)}", "anthropic-version": mapping.API_VERSION}
        return self._client, {"extra_headers": headers, "timeout": options.seconds}


def failure_of(error: Exception) -> ProviderFailed:
    """What an exception of the SDK stands for; nothing of it is kept."""
    match error:
        case anthropic.APITimeoutError() | httpx2.TimeoutException():
            return DeadlineExceeded()
        case anthropic.APIConnectionError() | httpx2.TransportError():
            return ProviderDown()
        case anthropic.APIStatusError():
            return mapping.failure(
                error.body,
                status=error.status_code,
                request_id=error.request_id,
                retry_after_seconds=retry_after_seconds(error.response.headers, datetime.now(UTC)),
            )
        case _:
            return MalformedAnswer()


def _document(answer: Any) -> mapping.Document:
    """The JSON object of an answer. The SDK gives a str for a body that is not JSON."""
    if not isinstance(answer, anthropic.BaseModel):
        raise MalformedAnswer
    return answer.to_dict(mode="json", warnings=False)


def _check(prompt: object) -> None:
    if not isinstance(prompt, Prompt):
        raise TypeError("a provider takes a Prompt of redacted texts")
