"""Finding the cue words of a text in one pass, however many there are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"[^\W_]+")
_FLAT: Final = {"\u2019": "'", "\u02bc": "'", "\u00a0": " ", "\u202f": " "}


class Cue(NamedTuple):
    """`text[start:end]` is a cue word or phrase of one kind."""

    kind: str
    start: int
    end: int


class Cues:
    """An index of phrases by their first two words.

    Looking up costs one or two accesses to a dictionary for each word of the text, and a comparison for each phrase
    that begins like the text does there.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._whole: dict[str, tuple[str, ...]] = {}
        self._single: dict[str, list[tuple[str, str]]] = {}
        self._longer: dict[str, dict[str, list[tuple[str, str]]]] = {}
        phrases = {(kind, fold(word)) for kind, words in lists.items() for word in words}
        for kind, phrase in sorted(phrases, key=lambda item: (len(item[1]), item)):
            match _WORD.findall(phrase)[:2]:
                case [first, second]:
                    self._longer.setdefault(first, {}).setdefault(second, []).append((kind, phrase))
                case [first]:
                    self._single.setdefault(first, []).append((kind, phrase))
        # Words that begin no phrase but the one that they are need no comparison.
        for word, alone in tuple(self._single.items()):
            if word not in self._longer and all(phrase == word for _, phrase in alone):
                self._whole[word] = tuple(kind for kind, _ in alone)
                del self._single[word]
        self._first = frozenset((*self._whole, *self._single, *self._longer))

    def find(self, folded: str, start: int = 0, end: int | None = None) -> list[Cue]:
        """The longest phrase of each kind at each word of a text that went through `fold`."""
        found = list(_WORD.finditer(folded, start, len(folded) if end is None else end))
        return self.among(folded, [word[0] for word in found], [word.start() for word in found])

    def among(self, folded: str, words: Sequence[str], starts: Sequence[int]) -> list[Cue]:
        """The same, for a text whose words, in small letters, are known with the places where they begin."""
        whole, single, longer = self._whole, self._single, self._longer
        cues: list[Cue] = []
        for at in compress(range(len(words)), map(self._first.__contains__, words)):
            word = words[at]
            if word in whole:
                start = starts[at]
                cues += [Cue(kind, start, start + len(word)) for kind in whole[word]]
                continue
            phrases = single.get(word)
            if word in longer and at + 1 < len(words) and (behind := longer[word].get(words[at + 1])):
                phrases = [*phrases, *behind] if phrases else behind
            if phrases:
                cues += _longest(folded, phrases, starts[at])
        return cues


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


def _longest(folded: str, phrases: Iterable[tuple[str, str]], at: int) -> list[Cue]:
    """The longest of each kind; the phrases come in the order of their lengths."""
    ends = {
        kind: at + len(phrase)
        for kind, phrase in phrases
        if folded.startswith(phrase, at) and _is_word_end(folded, at + len(phrase))
    }
    return [Cue(kind, at, end) for kind, end in ends.items()]


def _is_word_end(folded: str, end: int) -> bool:
    return end == len(folded) or not (folded[end - 1].isalnum() and folded[end].isalnum())
