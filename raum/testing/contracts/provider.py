"""What every provider does."""

from collections.abc import AsyncIterator, Iterator, Mapping
from types import ModuleType
from typing import Any, ClassVar, Final

import pytest
import pytest_asyncio

from raum.api import CallOptions, Completion, Prompt, Provider, Secret
from raum.model import Operation
from raum.redaction.redacted import fill
from raum.testing.contracts.parts import MARK, entered, shown


def sample_prompt() -> Prompt:
    """A prompt as a provider gets it."""
    return Prompt(
        Operation.GENERATE,
        instructions=fill("Write a short reply. Keep what stands in brackets as it is."),
        ticket=fill("From: [REDACTED_NAME]\n\nMy hat SEVEN-LEMONS is late. Write to [REDACTED_EMAIL]. Grüße 🙂"),
    )


class ProviderContract:
    """Subclass it and give the fixture `part`: a provider whose service is a stand-in that always answers the same.

        class TestParrot(ProviderContract):
            @pytest.fixture
            def part(self):
                return Parrot()

    `key` is what the calls get as the customer's key. The stand-in may keep it, if the provider reaches the stand-in
    through a callable alone, such as the handler of a transport.
    """

    pytestmark = pytest.mark.asyncio

    key: ClassVar[Secret | None] = Secret("sk-contract-5c1f0a")
    options: ClassVar[CallOptions] = CallOptions("model-1", seconds=20)

    @pytest.fixture
    def part(self) -> Provider:
        """The provider, not yet entered; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the provider")

    @pytest_asyncio.fixture(loop_scope="function")
    async def provider(self, part: Provider) -> AsyncIterator[Provider]:
        async with entered(part) as provider:
            yield provider

    @pytest.fixture
    def prompt(self) -> Prompt:
        """What the provider is asked."""
        return sample_prompt()

    async def test_it_says_whether_it_needs_a_key(self, provider: Provider) -> None:
        assert isinstance(provider.needs_key, bool)

    async def test_it_says_which_model_it_asks_and_whose_prices_hold(self, provider: Provider) -> None:
        assert provider.default_model
        assert provider.vendor in (None, "openai", "anthropic", "google")

    async def test_a_prompt_is_answered(self, provider: Provider, prompt: Prompt) -> None:
        completion = await provider.complete(prompt, key=self.key, options=self.options)
        assert isinstance(completion, Completion)
        assert completion.text
        assert completion.model
        assert completion.usage is None or completion.usage.cache_read_tokens <= completion.usage.input_tokens

    async def test_a_stream_ends_with_one_completion_of_all_its_pieces(
        self, provider: Provider, prompt: Prompt
    ) -> None:
        *pieces, last = [piece async for piece in provider.stream(prompt, key=self.key, options=self.options)]
        assert all(isinstance(piece, str) for piece in pieces)
        assert isinstance(last, Completion)
        assert "".join(map(str, pieces)) == last.text

    async def test_a_stream_says_what_the_whole_answer_says(self, provider: Provider, prompt: Prompt) -> None:
        whole = await provider.complete(prompt, key=self.key, options=self.options)
        *_, last = [piece async for piece in provider.stream(prompt, key=self.key, options=self.options)]
        assert isinstance(last, Completion)
        assert (last.text, last.model, last.usage) == (whole.text, whole.model, whole.usage)
        assert last.draft_only == whole.draft_only

    async def test_a_plain_string_is_refused_and_not_shown(self, provider: Provider) -> None:
        plain: Any = MARK
        with pytest.raises(TypeError) as refusal:
            await provider.complete(plain, key=self.key, options=self.options)
        assert MARK not in shown(refusal.value)

    async def test_a_plain_string_is_not_streamed_either(self, provider: Provider) -> None:
        plain: Any = MARK
        with pytest.raises(TypeError) as refusal:
            [piece async for piece in provider.stream(plain, key=self.key, options=self.options)]
        assert MARK not in shown(refusal.value)

    async def test_neither_the_key_nor_the_ticket_is_shown(self, provider: Provider, prompt: Prompt) -> None:
        await self._use(provider, prompt)
        told = repr(provider) + str(provider)
        assert MARK not in told
        assert self.key is None or self.key.reveal() not in told

    async def test_the_key_is_not_kept(self, provider: Provider, prompt: Prompt) -> None:
        await self._use(provider, prompt)
        assert self.key is None or [path for path, value in kept(provider) if _is_key(value, self.key)] == []

    async def test_the_ticket_is_not_kept(self, provider: Provider, prompt: Prompt) -> None:
        await self._use(provider, prompt)
        assert [path for path, value in kept(provider) if _is_prompt(value, prompt) or MARK in _text(value)] == []

    async def _use(self, provider: Provider, prompt: Prompt) -> None:
        await provider.complete(prompt, key=self.key, options=self.options)
        assert [piece async for piece in provider.stream(prompt, key=self.key, options=self.options)]


_LEAVES: Final = (str, bytes, bytearray, int, float, Secret, type, ModuleType)
_DEEPEST: Final = 12


def kept(value: object) -> Iterator[tuple[str, object]]:
    """All that an object holds in attributes and containers, with the way to it; callables are not looked into."""
    seen: set[int] = set()
    heap: list[tuple[str, object, int]] = [("", value, 0)]
    while heap:
        path, each, depth = heap.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield path, each
        if depth < _DEEPEST and not isinstance(each, _LEAVES) and not callable(each):
            heap += [(path + step, held, depth + 1) for step, held in _held(each)]


def _held(value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        yield from (("[key]", key) for key in list(value))
        yield from ((f"[{key!r}]", held) for key, held in list(value.items()))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{number}]", held) for number, held in enumerate(value))
    slots = [name for each in type(value).__mro__ for name in getattr(each, "__slots__", ())]
    for name in [*getattr(value, "__dict__", ()), *slots]:
        yield f".{name}", getattr(value, name, None)


def _is_key(value: object, key: Secret) -> bool:
    return (isinstance(value, Secret) and value == key) or key.reveal() in _text(value)


def _is_prompt(value: object, prompt: Prompt) -> bool:
    return isinstance(value, Prompt) and value == prompt


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    return value if isinstance(value, str) else ""
