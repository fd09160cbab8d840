"""What leaves for the vendors, and what does not: keys, cookies, the environment, connections that are given up."""

import asyncio

import pytest
from attrs import evolve
from providers.dialects import PIECES, TEXT
from providers.peer import Answer

from raum.api import CallOptions, KeyRejected, ProviderDown, ProviderFailed, RequestRejected, Secret, Usage
from raum.testing.contracts.provider import sample_prompt

OPTIONS = CallOptions("model-1", seconds=20)
KEY = Secret("sk-a")
POISON = {
    "OPENAI_API_KEY": "sk-env", "OPENAI_BASE_URL": "http://127.0.0.1:1", "OPENAI_ORG_ID": "org-env",
    "OPENAI_PROJECT_ID": "proj-env", "OPENAI_ADMIN_KEY": "sk-env", "OPENAI_LOG": "debug",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer sk-env\nX-Env: 1\nContent-Type: text/plain",
    "ANTHROPIC_API_KEY": "sk-env", "ANTHROPIC_AUTH_TOKEN": "sk-env", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
    "ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer sk-env\nX-Env: 1\nanthropic-version: 1999-01-01",
    "ANTHROPIC_PROFILE": "env", "ANTHROPIC_LOG": "debug", "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
    "GOOGLE_API_KEY": "sk-env", "GEMINI_API_KEY": "sk-env", "GOOGLE_GENAI_USE_VERTEXAI": "true",
    "GOOGLE_GENAI_USE_ENTERPRISE": "true", "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:1",
    "GOOGLE_GENAI_API_VERSION": "v9", "GOOGLE_GENAI_HTTP_CLIENT": "httpx9", "GOOGLE_CLOUD_PROJECT": "env",
    "GOOGLE_CLOUD_LOCATION": "env", "GOOGLE_GENAI_CLIENT_MODE": "replay", "GOOGLE_API_USE_MTLS_ENDPOINT": "always",
    "HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1",
}  # fmt: skip
HEADERS = {
    "accept", "accept-encoding", "anthropic-version", "authorization", "connection", "content-length", "content-type",
    "host", "user-agent", "x-goog-api-key",
}  # fmt: skip


async def streamed(provider, key=KEY, options=OPTIONS):
    return [piece async for piece in provider.stream(sample_prompt(), key=key, options=options)]


async def test_the_answer_is_what_the_model_says_to_the_customer_alone(provider):
    completion = await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)
    *pieces, last = await streamed(provider)
    assert completion == last
    assert completion.text == TEXT
    assert tuple(pieces) == PIECES


async def test_usage_is_counted_in_one_way(provider, dialect):
    usage = (await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)).usage
    written = 4 if dialect.name in ("openai", "anthropic") else 0
    assert usage == Usage(30, 20, cache_read_tokens=10, cache_write_tokens=written, reasoning_tokens=5)


async def test_a_request_holds_the_prompt_the_model_and_the_key_and_nothing_of_the_machine(provider, peer):
    await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)
    await streamed(provider)
    for request in peer.requests:
        sent = request.body.decode() + request.path
        assert "SEVEN-LEMONS" in request.document.__repr__()
        assert "model-1" in sent
        assert request.key == "sk-a"
        assert set(request.headers) <= HEADERS
        assert request.headers["user-agent"] == "raum"


async def test_nothing_is_stored_and_nothing_is_sampled_unless_the_account_says_so(provider, peer, dialect):
    await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)
    (request,) = peer.requests
    assert request.document.get("store", False) is False
    assert ("store" in request.document) == dialect.name.startswith("openai")
    told = request.body.decode().lower()
    assert not any(word in told for word in ("temperature", "top_p", "topp", "topk", "top_k"))


async def test_the_sampling_that_the_account_chose_is_sent_where_there_is_one(provider, peer, dialect):
    chosen = evolve(OPTIONS, temperature=0.25, top_p=0.5)
    if dialect.name == "anthropic":
        with pytest.raises(RequestRejected):
            await provider.complete(sample_prompt(), key=KEY, options=chosen)
        assert peer.requests == []
    else:
        await provider.complete(sample_prompt(), key=KEY, options=chosen)
        document = peer.requests[0].document
        told = document.get("generationConfig", document)
        assert (told["temperature"], told.get("topP", told.get("top_p"))) == (0.25, 0.5)


@pytest.mark.parametrize("key", [None, Secret(""), Secret("sk a"), Secret("sk-\u00e4"), Secret("sk-a\r\nX-Evil: 1")])
async def test_what_cannot_be_a_key_is_not_sent(provider, peer, key):
    with pytest.raises(KeyRejected):
        await provider.complete(sample_prompt(), key=key, options=OPTIONS)
    with pytest.raises(KeyRejected):
        await streamed(provider, key)
    assert peer.requests == []


async def test_the_environment_changes_nothing(dialect, peer, monkeypatch):
    peer.answer = dialect.answer
    for poisoned in (False, True):
        if poisoned:
            for name, value in POISON.items():
                monkeypatch.setenv(name, value)
        async with dialect.part(peer.url) as provider:
            assert (await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)).text == TEXT
            assert (await streamed(provider))[-1].text == TEXT
    calls = [(request.path, request.headers, request.body) for request in peer.requests]
    assert calls[:2] == calls[2:]


async def test_the_keys_and_cookies_of_two_accounts_stay_apart_in_one_pool(provider, peer, dialect):
    def answer(request):
        cookie = {"Set-Cookie": f"account={request.key}; Path=/", "Set-Cookie2": f"account={request.key}"}
        return evolve(dialect.answer(request), headers=cookie)

    async def call(account, number):
        options = evolve(OPTIONS, model=f"model-of-{account}")
        async with turn:
            if number % 2:
                await provider.complete(sample_prompt(), key=Secret(f"sk-{account}"), options=options)
            else:
                await streamed(provider, Secret(f"sk-{account}"), options)

    peer.answer = answer
    turn = asyncio.Semaphore(8)
    await asyncio.gather(*(call(account, number) for number in range(50) for account in ("ada", "ben")))
    for request in peer.requests:
        account = request.key.removeprefix("sk-")
        assert f"model-of-{account}" in request.path + request.body.decode()
        assert "cookie" not in request.headers
    assert sorted(request.key for request in peer.requests) == ["sk-ada"] * 50 + ["sk-ben"] * 50
    assert peer.connections <= 8


async def test_a_stream_that_is_closed_early_ends_the_request(provider, peer, dialect):
    begun = list(dialect.events())[:-3]
    peer.answer = lambda request: Answer(begun, type="text/event-stream", ending="hang")
    pieces = provider.stream(sample_prompt(), key=KEY, options=OPTIONS)
    assert isinstance(await anext(pieces), str)
    await pieces.aclose()
    await asyncio.wait_for(peer.gone.wait(), 5)


@pytest.mark.parametrize("way", ["complete", "stream"])
async def test_a_call_that_is_cancelled_ends_the_request(provider, peer, way):
    peer.answer = lambda request: Answer(ending="never")
    call = provider.complete(sample_prompt(), key=KEY, options=OPTIONS) if way == "complete" else streamed(provider)
    task = asyncio.create_task(call)
    await asyncio.wait_for(peer.arrived.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(peer.gone.wait(), 5)


async def test_a_redirect_is_not_followed(provider, peer):
    peer.answer = lambda request: Answer([b"{}"], 307, headers={"Location": f"{peer.url}/elsewhere"})
    with pytest.raises(ProviderFailed):
        await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)
    assert len(peer.requests) == 1


async def test_an_answer_without_end_is_given_up(provider, peer, dialect, monkeypatch):
    monkeypatch.setattr("raum.outgoing.clients.MAX_RESPONSE_BYTES", 1000)
    peer.answer = lambda request: dialect.answer(request, ("x" * 2000,))
    with pytest.raises(ProviderDown):
        await provider.complete(sample_prompt(), key=KEY, options=OPTIONS)
