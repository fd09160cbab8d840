"""Values that are found because words introduce them: `passport no. is ...`, `"dob": "..."`, `<ssn>...`.

One RE2 expression holds all the words of a type, the few that may stand in between and the shape of the value: a text
is read once, in time linear in its length, however many words there are.
"""

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any, Final

import re2  # type: ignore[import-untyped]

from raum.api import Finding

_GAP: Final = r"[\s\pZ:=<>#.,;\"'“”„‘’`(\[{\\|*~•·_/–—-]{1,8}"
_NO_PUNCTUATION: Final = "-./"


def compiled(expression: str) -> Any:
    """An RE2 expression that keeps silent about its errors: RE2 would print them."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression, options)


def readable(text: str) -> str | bytes:
    """The text as RE2 reads it fastest. The offsets of a match are those in the text either way."""
    return text.encode() if text.isascii() else text


@cache
def _cues() -> dict[str, tuple[str, ...]]:
    document = tomllib.loads(resources.files(__package__).joinpath("cues.toml").read_text(encoding="utf-8"))
    return {name: tuple(word for words in languages.values() for word in words) for name, languages in document.items()}


def _any_of(words: Iterable[str]) -> str:
    """The longest of the words that fits, with a blank as `_`, `-` or nothing as well."""
    ordered = sorted({word.strip() for word in words} - {""}, key=len, reverse=True)
    return "|".join(r"[\s_-]?".join(map(re2.escape, word.split())) for word in ordered)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether nothing is glued to `text[start:end]`: no letter or digit, nor a digit beyond a mark."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if (before and _is_word(before[-1])) or (after and _is_word(after[0])):
        return False
    glued_before = len(before) == 2 and (
        before[0].isdigit() if before[1] == "." else before[1] == "-" and before[0].isalnum()
    )
    return not glued_before and not (len(after) == 2 and after[0] in _NO_PUNCTUATION and after[1].isdigit())


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


class Introduced:
    """Finds values of one shape behind the words of one section of `cues.toml`.

    `value` is an RE2 expression without groups; it is compared without regard to case.
    """

    def __init__(self, section: str, extra: Iterable[str], value: str) -> None:
        cues = _any_of((*_cues()[section], *extra))
        fillers = _any_of(_cues()["fillers"])
        self._pattern = compiled(rf"(?i)(?:{cues})(?:{_GAP}(?:{fillers})){{0,4}}{_GAP}({value})")

    def spans(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Where the words that introduce a value begin, and where the value begins and ends."""
        for match in self._pattern.finditer(readable(text)):
            before = match.start() - 1
            start, end = match.span(1)
            if (before < 0 or not text[before].isalnum()) and not text[end : end + 1].isalnum():
                yield match.start(), start, end


class IntroducedDetector:
    """Finds whatever is introduced as a value of one type."""

    def __init__(self, type_: str, introduced: Introduced) -> None:
        self.types = (type_,)
        self._introduced = introduced

    def find(self, text: str) -> Iterator[Finding]:
        """Every value that words of its type introduce, without the words."""
        for _, start, end in self._introduced.spans(text):
            yield Finding(*self.types, start, end, 0.9, rule="introduced")
