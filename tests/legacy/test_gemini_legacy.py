"""The part `gemini-legacy`: the contracts of providers, and keys that stay apart, over the loopback interface."""

import asyncio

import pytest
from attrs import evolve
from providers.dialects import PIECES, TEXT, GenerateContent
from providers.peer import listening

from raum.api import CallOptions, Secret
from raum.testing.contracts import ProviderContract, ProviderFaultContract
from raum.testing.contracts.provider import sample_prompt
from raum_gemini_legacy import GeminiLegacyOptions, build

OPTIONS = CallOptions("model-1", seconds=20)


class Legacy(GenerateContent):
    """What the old SDK gets to see: no thoughts, for it cannot ask for them, and a JSON array as a stream."""

    name = "gemini-legacy"

    def part(self, url, **network):
        return build(GeminiLegacyOptions(base_url=url))

    def whole(self, pieces=PIECES, end="end"):
        return self._document([{"text": piece} for piece in pieces], self._REASONS[end])

    def events(self, pieces=PIECES, end="end"):
        chunks = [*super().events(pieces, end)][1:]
        for number, chunk in enumerate(chunks):
            yield (b"," if number else b"[") + chunk.removeprefix(b"data: ").strip()
        yield b"]"

    def stream_error(self, told):
        return b"," + super().stream_error(told).removeprefix(b"data: ").strip() + b"]"


@pytest.fixture
def dialect():
    return Legacy()


@pytest.fixture
async def peer():
    async with listening() as peer:
        yield peer


class TestAnswers(ProviderContract):
    @pytest.fixture
    def part(self, dialect, peer):
        peer.answer = dialect.answer
        return dialect.part(peer.url)


class TestFaults(ProviderFaultContract):
    @pytest.fixture
    def failing(self, dialect, peer):
        def part(fault):
            peer.answer = lambda request: dialect.fault(fault, request)
            return dialect.part("http://127.0.0.1:1" if fault == "connection refused" else peer.url)

        return part

    @pytest.fixture
    def attempts(self, failure, peer):
        return len(peer.requests)


async def test_keys_of_two_accounts_stay_apart(dialect, peer):
    peer.answer = dialect.answer
    provider = dialect.part(peer.url)

    async def call(account):
        options = evolve(OPTIONS, model=f"model-of-{account}")
        completion = await provider.complete(sample_prompt(), key=Secret(f"sk-{account}"), options=options)
        assert completion.text == TEXT

    await asyncio.gather(*(call(account) for _ in range(20) for account in ("ada", "ben")))
    assert len(peer.requests) == 40
    for request in peer.requests:
        assert f"model-of-{request.key.removeprefix('sk-')}" in request.path
        assert "cookie" not in request.headers
