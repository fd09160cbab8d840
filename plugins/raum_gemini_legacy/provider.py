"""The part `gemini-legacy`: calls with the old SDK, which knows one key for the whole process and no event loop.

So each call gets a client of its own, with its key, and a thread. The client is put where the SDK keeps its global one
(`_client`, private, in a package that no longer changes).
"""

import asyncio
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

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
    retry_after_seconds,
    silence,
    streamed,
    without_environment,
)
from raum_gemini_legacy import mapping
from raum_gemini_legacy.options import OWN_REGIONS, GeminiLegacyOptions

with warnings.catch_warnings():
    # It warns that it has ended, and of Python versions that will end. Whoever configures this part was told.
    warnings.simplefilter("ignore")
    import google.generativeai as genai
    import requests
    from google.ai.generativelanguage import GenerativeServiceClient
    from google.api_core import exceptions
    from google.api_core.client_options import ClientOptions

_LOGGERS: Final = ("google.ai", "google.api_core", "google.auth", "google.generativeai")


class GeminiLegacyProvider:
    """Gemini over the SDK that Google has ended."""

    needs_key = True

    def __init__(self, options: GeminiLegacyOptions) -> None:
        silence(*_LOGGERS)
        self.default_model = options.model
        self.vendor = "google" if urlsplit(options.base_url).hostname in OWN_REGIONS else None
        self._options = options

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
        reading = mapping.Reading(options.model)
        for document in await asyncio.to_thread(list, self._documents(prompt, key, options, stream=False)):
            reading.read(document)
        return reading.completion()

    async def _stream(
        self, prompt: Prompt, key: Secret | None, options: CallOptions
    ) -> AsyncGenerator[str | Completion]:
        reading = mapping.Reading(options.model)
        documents = self._documents(prompt, key, options, stream=True)
        while (document := await asyncio.to_thread(next, documents, None)) is not None:
            if piece := reading.read(document):
                yield piece
        yield reading.completion()

    def _documents(
        self, prompt: Prompt, key: Secret | None, options: CallOptions, *, stream: bool
    ) -> Iterator[mapping.Document]:
        """The answer, in one document or in many. Blocks."""
        model: Any = genai.GenerativeModel(options.model, system_instruction=str(prompt.instructions))
        with self._transport(key_text(key)) as transport:
            model._client = GenerativeServiceClient(transport=transport)
            answer = model.generate_content(
                **mapping.request(prompt, options),
                stream=stream,
                # Left to itself it would try again for ten minutes.
                request_options={"timeout": options.seconds, "retry": None},
            )
            for chunk in answer if stream else [answer]:
                message = chunk._result  # to_dict of the chunk itself gives numbers for the reasons
                yield type(message).to_dict(message, use_integers_for_enums=False)

    @contextmanager
    def _transport(self, key: str) -> Iterator[Any]:
        """A connection with a key. The SDK leaves answers open that it does not read to the end."""
        with without_environment("GOOGLE_", "GEMINI_"):
            options = ClientOptions(api_key=key, api_endpoint=self._options.base_url)
            transport: Any = GenerativeServiceClient(transport="rest", client_options=options).transport
        session = transport._session
        session.trust_env = False
        session._refresh_status_codes = ()  # it would send a key that was refused twice more
        answers: list[Any] = []
        session.hooks["response"] = [lambda answer, **_: answers.append(answer)]
        try:
            yield transport
        finally:
            for answer in answers:
                answer.close()
            transport.close()


def failure_of(error: Exception) -> ProviderFailed:
    """What an exception of the SDK stands for; nothing of it is kept."""
    match error:
        case requests.Timeout() | exceptions.RetryError():
            return DeadlineExceeded()
        case requests.JSONDecodeError():
            return MalformedAnswer()
        case requests.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return ProviderDown()
        case exceptions.GoogleAPICallError(code=int(status)):
            headers = {name.lower(): value for name, value in getattr(error.response, "headers", {}).items()}
            told = f"{error.message} {error.details}"
            return mapping.failure(int(status), told, retry_after_seconds(headers, datetime.now(UTC)))
        case _:
            return MalformedAnswer()


def _check(prompt: object) -> None:
    if not isinstance(prompt, Prompt):
        raise TypeError("a provider takes a Prompt of redacted texts")
