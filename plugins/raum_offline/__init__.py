"""The offline provider: shows the whole way of a ticket without an account, a key or a network.

It asks no AI. From the redacted ticket it writes a draft that is always the same for the same ticket, says what it is,
and quotes the ticket's placeholders, so that one can watch them being restored. Its drafts are never sent to customers.
"""

import re
from collections.abc import AsyncIterator, Iterable

from raum.api import (
    CallOptions,
    Completion,
    DataClass,
    DataUse,
    Operation,
    Part,
    Prompt,
    Provider,
    Secret,
    Usage,
    hookimpl,
)

_PLACEHOLDER = re.compile(r"\[REDACTED_([A-Z][A-Z0-9_]*?)(?:_[0-9]+)?\]")
_WORDS = {"EMAIL": "e-mail address", "PHONE": "phone number", "CC": "card", "LITERAL": "text"}


class OfflineProvider:
    """Drafts from a template."""

    needs_key = False
    default_model = "template"
    vendor: str | None = None

    async def complete(self, prompt: Prompt, *, key: Secret | None, options: CallOptions) -> Completion:
        """The draft. Neither the key nor the options change it."""
        if not isinstance(prompt, Prompt):
            raise TypeError("a provider takes a Prompt of redacted texts")
        ticket = str(prompt.ticket)
        text = _draft(ticket) if prompt.operation is Operation.GENERATE else _copy(prompt.operation, ticket)
        return Completion(text, model="template", usage=Usage(_words(ticket), _words(text)), draft_only=True)

    async def stream(
        self, prompt: Prompt, *, key: Secret | None, options: CallOptions
    ) -> AsyncIterator[str | Completion]:
        """The draft word by word, then whole."""
        completion = await self.complete(prompt, key=key, options=options)
        for piece in re.findall(r"\S+\s*", completion.text):
            yield piece
        yield completion


def _copy(operation: Operation, ticket: str) -> str:
    """What the other operations work on, as it is: without an AI nothing is translated, rewritten or summarized."""
    return f"Offline copy: no AI was asked to {operation} this.\n\n{ticket.strip()}"


def _draft(ticket: str) -> str:
    placeholders = {match[0]: match[1] for match in _PLACEHOLDER.finditer(ticket)}
    names = [placeholder for placeholder, type_ in placeholders.items() if type_ == "NAME"]
    others = [f"- {_WORDS.get(type_, type_.lower().replace('_', ' '))}: {placeholder}"
              for placeholder, type_ in placeholders.items() if type_ not in ("NAME", "LITERAL")]  # fmt: skip
    paragraphs = [
        "Offline draft: no AI was asked.",
        f"Dear {names[0]}," if names else "Dear customer,",
        "thank you for your message. We are looking into it and will come back to you shortly.",
    ]
    if others:
        paragraphs.append("\n".join(("These are the details we have from you:", *others)))
    paragraphs.append("Kind regards\nThe support team")
    return "\n\n".join(paragraphs)


def _words(text: str) -> int:
    """A stand-in for tokens: the number of words."""
    return len(text.split())


@hookimpl
def raum_providers() -> Iterable[Part[Provider]]:
    """Offers the provider."""
    yield Part(
        "offline",
        lambda _options: OfflineProvider(),
        DataUse({DataClass.REDACTED, DataClass.SETTINGS}),
        summary="a labelled draft from a template, without any AI",
    )
