"""The SDK parts under the host's policy, against LLMock: its verdict on what they try again, how often and how soon."""

from contextlib import aclosing
from types import SimpleNamespace

import pytest
from providers.test_llmock import KEY, PARTS, TEXT

from raum.api import KeyRejected, MalformedAnswer, ProviderBusy, ProviderDown, ProviderFailed
from raum.asking.asker import Asker, Policy
from raum.settings import DEFAULTS
from raum.testing.contracts.provider import sample_prompt


@pytest.fixture(params=PARTS)
async def asker(request, llmock):
    """The host's asker with one provider, for an account that has a key and left all else to the host."""

    async def credential(_account_id, _name):
        return KEY

    async with PARTS[request.param](llmock.url) as provider:
        yield Asker(
            {"ai": provider},
            store=SimpleNamespace(),
            credentials=SimpleNamespace(get=credential),
            policy=Policy(seconds=20, attempts=3),
            jitter=lambda _least, most: most / 7,
        )


async def ask(asker, *, streamed=False):
    async with aclosing(asker.ask("acme", sample_prompt(), DEFAULTS, streamed=streamed)) as pieces:
        return [piece async for piece in pieces]


@pytest.mark.parametrize(("status", "streamed"), [(408, False), (429, False), (500, True), (503, True), (529, False)])
async def test_what_passes_is_tried_again(asker, llmock, status, streamed):
    llmock.fail(status, times=2, retry_after=0.1).reply(TEXT)
    assert (await ask(asker, streamed=streamed))[-1].completion.text == TEXT
    assert len(llmock.requests) == 3
    llmock.assert_resilient(strict=True)


async def test_a_rate_limit_is_waited_for(asker, llmock):
    llmock.rate_limit(retry_after=0.4).reply(TEXT)
    assert (await ask(asker))[-1].completion.text == TEXT
    llmock.assert_resilient(strict=True)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_what_does_not_pass_is_not_tried_again(asker, llmock, status):
    llmock.fail(status, times=None)
    with pytest.raises(ProviderFailed) as raised:
        await ask(asker)
    assert isinstance(raised.value, KeyRejected) == (status in (401, 403))
    assert len(llmock.requests) == 1
    llmock.assert_resilient(strict=True)


async def test_an_outage_is_not_made_worse(asker, llmock):
    llmock.fail(503, times=None, retry_after=0.1)
    with pytest.raises(ProviderBusy):
        await ask(asker)
    assert len(llmock.requests) == 3
    llmock.assert_resilient(strict=True)


async def test_a_wait_beyond_the_cap_is_not_begun(asker, llmock):
    llmock.rate_limit(times=None, retry_after=130)
    with pytest.raises(ProviderBusy):
        await ask(asker)
    assert len(llmock.requests) == 1
    llmock.assert_resilient()


@pytest.mark.parametrize("fault", ["truncate", "corrupt", "disconnect"])
async def test_a_stream_that_breaks_before_its_first_piece_is_tried_again(asker, llmock, fault):
    getattr(llmock, fault)(after_chunks=0).reply(TEXT, times=None)
    *pieces, answered = await ask(asker, streamed=True)
    assert "".join(pieces) == answered.completion.text == TEXT
    assert len(llmock.requests) == 2
    # LLMock goes on after a broken chunk, and may note its end only when the next attempt is under way.
    llmock.assert_resilient(strict=fault != "corrupt")


@pytest.mark.parametrize("fault", ["truncate", "corrupt", "disconnect"])
async def test_a_stream_that_breaks_after_its_first_piece_is_a_failure(asker, llmock, fault):
    # What was shown cannot be taken back, so there is no second half from another call.
    getattr(llmock, fault)(after_chunks=6).reply(TEXT, times=None)
    with pytest.raises((MalformedAnswer, ProviderDown)):
        await ask(asker, streamed=True)
