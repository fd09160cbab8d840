"""A provider that asks the test for its answers, and detectors that misbehave on request."""

import httpx2
from attrs import frozen

from raum.api import Completion, DataClass, DataUse, Part, Prompt, Usage, hookimpl

FAULT = "DETECTOR FAULT"
"""A text that holds this makes the detector `touchy` raise, with the text in its message."""


@frozen
class ScriptedOptions:
    """`url` is where the test listens."""

    url: str


@frozen
class Scripted:
    options: ScriptedOptions
    needs_key = True
    default_model = "scripted-1"
    vendor = None

    async def complete(self, prompt, *, key, options):
        if not isinstance(prompt, Prompt):
            raise TypeError("a provider takes a Prompt")
        question = {
            "instructions": str(prompt.instructions),
            "ticket": str(prompt.ticket),
            "key": key.reveal() if key else None,
        }
        async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
            answer = (await client.post(self.options.url, json=question)).json()
        if "text" not in answer:
            raise RuntimeError(f"the AI refused {prompt.ticket} under the key {question['key']}: {answer['refused']}")
        return Completion(answer["text"], "scripted-1", Usage(7, 5), answer["draft_only"])

    async def stream(self, prompt, *, key, options):
        completion = await self.complete(prompt, key=key, options=options)
        yield completion.text
        yield completion


class Touchy:
    def find(self, text):
        if FAULT in text:
            raise ValueError(f"cannot read {text}")
        return []


@hookimpl
def raum_providers():
    yield Part("scripted", Scripted, DataUse({DataClass.REDACTED}), ScriptedOptions)


@hookimpl
def raum_detectors():
    yield Part("touchy", lambda options: Touchy(), DataUse({DataClass.RAW}))
