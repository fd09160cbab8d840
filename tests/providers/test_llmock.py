"""The SDK parts against LLMock, a server of others that stands in for the vendors: answers, and streams that break."""

import pytest

from raum.api import CallOptions, Completion, MalformedAnswer, ProviderDown, ProviderFailed, Secret
from raum.testing.contracts.provider import sample_prompt
from raum_anthropic import AnthropicOptions
from raum_anthropic.provider import AnthropicProvider
from raum_gemini import GeminiOptions
from raum_gemini.provider import GeminiProvider
from raum_openai import OpenAIOptions
from raum_openai.provider import OpenAIProvider

KEY = Secret("sk-llmock")
TEXT = "Dear [REDACTED_NAME], your hat is on its way."
PARTS = {
    "openai": lambda url: OpenAIProvider(OpenAIOptions(base_url=f"{url}/v1")),
    "openai chat": lambda url: OpenAIProvider(OpenAIOptions(base_url=f"{url}/v1", api="chat")),
    "anthropic": lambda url: AnthropicProvider(AnthropicOptions(base_url=f"{url}/anthropic")),
    "gemini": lambda url: GeminiProvider(GeminiOptions(base_url=f"{url}/gemini")),
}


@pytest.fixture(params=PARTS)
async def provider(request, llmock):
    async with PARTS[request.param](llmock.url) as provider:
        yield provider


def options(provider):
    return CallOptions(provider.default_model, seconds=20)


async def complete(provider):
    return await provider.complete(sample_prompt(), key=KEY, options=options(provider))


async def stream(provider):
    return [piece async for piece in provider.stream(sample_prompt(), key=KEY, options=options(provider))]


async def test_answers_are_the_same_whole_and_streamed(provider, llmock):
    llmock.reply(TEXT, times=2)
    whole = await complete(provider)
    *pieces, last = await stream(provider)
    assert whole.text == last.text == TEXT
    assert "".join(pieces) == TEXT
    assert len(pieces) > 1
    assert isinstance(last, Completion)
    llmock.assert_resilient(strict=True)


@pytest.mark.parametrize("fault", ["truncate", "corrupt", "disconnect"])
async def test_a_stream_that_breaks_is_a_failure(provider, llmock, fault):
    getattr(llmock, fault)(after_chunks=2)
    with pytest.raises(ProviderDown if fault == "disconnect" else MalformedAnswer) as raised:
        await stream(provider)
    assert raised.value.retryable
    assert len(llmock.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 429, 500, 503])
async def test_a_part_leaves_trying_again_to_the_host(provider, llmock, status):
    llmock.fail(status)
    with pytest.raises(ProviderFailed) as raised:
        await complete(provider)
    assert raised.value.status == status
    assert raised.value.retryable == (status in (408, 429, 500, 503))
    assert len(llmock.requests) == 1


async def test_what_a_rate_limit_asks_for_is_told(provider, llmock):
    llmock.rate_limit(retry_after=7)
    with pytest.raises(ProviderFailed) as raised:
        await complete(provider)
    assert raised.value.retry_after_seconds == pytest.approx(7, abs=0.5)
