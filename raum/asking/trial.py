"""Trying a key: one small call, and one sentence about what came of it."""

import asyncio
from typing import Final, LiteralString

from attrs import evolve, frozen

from raum.api import Provider
from raum.asking.asker import tried
from raum.errors import (
    DeadlineExceeded,
    KeyRejected,
    MalformedAnswer,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    QuotaExhausted,
    RequestRejected,
    TooLong,
)
from raum.model import Operation
from raum.redaction.redacted import Prompt, fill
from raum.secrets.secret import Secret
from raum.settings import Settings

_SECONDS: Final = 20.0
# Enough for a model that reasons before it says its one word; most take a few.
_TOKENS: Final = 512

_SENTENCES: Final[dict[type[ProviderFailed], LiteralString]] = {
    KeyRejected: "The provider does not accept this key, or it may not use the model: make a new key and store it.",
    QuotaExhausted: "The key is right, but its credit or spending limit is used up: raise it at the provider.",
    RequestRejected: "The provider does not know the model, or an option of the settings: choose another model.",
    ProviderBusy: "The key's rate limit is reached, or the provider is overloaded: try again in a minute.",
    ProviderDown: "The provider cannot be reached, or failed: try again later.",
    DeadlineExceeded: "The provider did not answer in time: try again later.",
    MalformedAnswer: "What answered does not speak the provider's API: ask the operator of the host about base_url.",
}


@frozen
class Trial:
    """Whether the key works, the code of the failure if not, the model that was asked, and one sentence for people."""

    works: bool
    code: str | None
    model: str
    sentence: str


async def try_key(name: str, provider: Provider, key: Secret, settings: Settings) -> Trial:
    """Ask the provider for one word, once. Nothing of any ticket is sent."""
    options = settings.options(name, provider.default_model, Operation.GENERATE, _SECONDS)
    prompt = Prompt(Operation.GENERATE, fill("Answer with the one word OK."), fill("Are you there?"))
    until = asyncio.get_running_loop().time() + _SECONDS
    result = await tried(provider, prompt, key, evolve(options, max_output_tokens=_TOKENS), until)
    if not isinstance(result, ProviderFailed) or isinstance(result, TooLong):  # a cut answer is an answer
        return Trial(True, None, options.model, f"The key works; {options.model} answered.")
    sentence = _SENTENCES.get(type(result), "The provider did not answer as it should: try again later.")
    return Trial(False, result.code, options.model, sentence)
