"""`RedactedText`, the only kind of text that may leave for a provider.

There are two ways to get one: out of the redactor, and by filling a template of the host's own with others. A `str`
is refused by the type checker and, because `Prompt` checks, at run time as well.
"""

from string import Template
from typing import Final, LiteralString, final

from attrs import field, frozen, validators

from raum.model import Operation

_SEAL: Final = object()


@final
class RedactedText:
    """Text in which every original was replaced by its placeholder. Not a `str`, so it is never mixed up with one."""

    __slots__ = ("_text",)

    def __init__(self, text: str, *, seal: object = None) -> None:
        if seal is not _SEAL:
            raise TypeError("a RedactedText is made by raum.redaction alone; pass on the one you were given")
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"RedactedText({len(self._text)} characters)"

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RedactedText) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


def seal(text: str) -> RedactedText:
    """Declare a text redacted. For the redactor; a call from anywhere else is a hole in promise P2."""
    return RedactedText(text, seal=_SEAL)


def fill(template: LiteralString, /, **values: RedactedText) -> RedactedText:
    """A template written in the source code (`$name` marks a place), filled with redacted texts.

    Raises TypeError for a value that is not redacted and KeyError for a place without a value.
    """
    for name, value in values.items():
        if not isinstance(value, RedactedText):
            raise TypeError(f"'{name}' must be a RedactedText, not {type(value).__name__}")
    return seal(Template(template).substitute({name: str(value) for name, value in values.items()}))


def join(separator: LiteralString, texts: list[RedactedText]) -> RedactedText:
    """Redacted texts one after the other."""
    return seal(separator.join(str(text) for text in texts))


@frozen
class Prompt:
    """What a provider gets: `instructions` are the host's own words, `message` is the matter, in its delimiters.

    `ticket` is the bare matter that `message` holds, for what is looked up or kept.
    """

    operation: Operation
    instructions: RedactedText = field(validator=validators.instance_of(RedactedText))
    ticket: RedactedText = field(validator=validators.instance_of(RedactedText))
    message: RedactedText = field(validator=validators.instance_of(RedactedText))

    @message.default
    def _without_delimiters(self) -> RedactedText:
        return self.ticket
