"""Finding the cue words of a text in one pass, however many there are."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

_FIRST_WORD: Final = re.compile(r"[^\W_]+")
_FLAT: Final = {"\u2019": "'", "\u02bc": "'", "\u00a0": " ", "\u202f": " "}


@frozen
class Cue:
    """`text[start:end]` is a cue word or phrase of one kind."""

    kind: str
    start: int
    end: int


class Cues:
    """An index of phrases by their first word.

    Looking up costs one dictionary access for each word of the text, and a comparison for each phrase that begins with
    that word.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        phrases: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for kind, words in lists.items():
            for word in map(fold, words):
                if first := _FIRST_WORD.match(word):
                    phrases[first[0]].add((kind, word))
        self._phrases = {first: sorted(found, key=lambda item: len(item[1])) for first, found in phrases.items()}

    def find(self, folded: str, start: int = 0, end: int | None = None) -> Iterator[Cue]:
        """The longest phrase of each kind at each word of a text that went through `fold`."""
        for word in _FIRST_WORD.finditer(folded, start, len(folded) if end is None else end):
            if phrases := self._phrases.get(word[0]):
                yield from _longest(folded, phrases, word.start())

    def among(self, folded: str, words: Iterable[str], starts: Iterable[int]) -> Iterator[Cue]:
        """The same, for a text whose words, in small letters, are known with the places where they begin."""
        known = self._phrases
        for word, at in zip(words, starts, strict=True):
            if word in known:
                yield from _longest(folded, known[word], at)


def fold(text: str) -> str:
    """The text in small letters, with plain apostrophes and blanks, every code point in its place."""
    lower = text.lower()
    if text.isascii():
        return lower
    if len(lower) != len(text):
        lower = "".join(small if len(small := character.lower()) == 1 else character for character in text)
    for curly, plain in _FLAT.items():
        lower = lower.replace(curly, plain)
    return lower


def _longest(folded: str, phrases: list[tuple[str, str]], at: int) -> Iterator[Cue]:
    ends = {
        kind: at + len(phrase)
        for kind, phrase in phrases
        if folded.startswith(phrase, at) and _is_word_end(folded, at + len(phrase))
    }
    for kind, end in ends.items():
        yield Cue(kind, at, end)


def _is_word_end(folded: str, end: int) -> bool:
    return end == len(folded) or not (folded[end - 1].isalnum() and folded[end].isalnum())
