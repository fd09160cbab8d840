"""Finding the cue words of a text in one pass, however many there are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_FLAT: Final = {"\u2019": "'", "\u02bc": "'", "\u00a0": " ", "\u202f": " "}


Place = tuple[int, int]
"""Where something begins and ends in a text."""


class Cues:
    """An index of phrases by their first two words.

    Looking up costs one or two accesses to a dictionary for each word of the text, and a comparison for each phrase
    of more than this word that begins like the text does there.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._kinds = tuple(lists)
        self._whole: dict[str, list[str]] = {}
        self._single: dict[str, list[tuple[str, str]]] = {}
        self._longer: dict[str, dict[str, list[tuple[str, str]]]] = {}
        phrases = {(kind, fold(word)) for kind, words in lists.items() for word in words}
        for kind, phrase in sorted(phrases, key=lambda item: (len(item[1]), item)):
            match _WORD.findall(phrase)[:2]:
                case [first, second]:
                    self._longer.setdefault(first, {}).setdefault(second, []).append((kind, phrase))
                case [first] if first == phrase:
                    self._whole.setdefault(first, []).append(kind)
                case [first]:
                    self._single.setdefault(first, []).append((kind, phrase))
        self._first = frozenset((*self._whole, *self._single, *self._longer))

    def among(self, folded: str, words: Sequence[str], starts: Sequence[int]) -> dict[str, list[Place]]:
        """Where the phrases of each kind stand, from left to right: at each word the longest one of the kind.

        The text went through `fold`; its words, in small letters, are known with the places where they begin.
        """
        whole, single, longer = self._whole, self._single, self._longer
        cues: dict[str, list[Place]] = {kind: [] for kind in self._kinds}
        for at in compress(range(len(words)), map(self._first.__contains__, words)):
            word, start = words[at], starts[at]
            phrases = single.get(word, ())
            if word in longer and at + 1 < len(words) and (behind := longer[word].get(words[at + 1])):
                phrases = [*phrases, *behind]
            place, kinds = (start, start + len(word)), whole.get(word, ())
            if phrases:
                ends = dict.fromkeys(kinds, place[1]) | _longest(folded, phrases, start)
                for kind, end in ends.items():
                    cues[kind].append((start, end))
            else:
                for kind in kinds:
                    cues[kind].append(place)
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


def _longest(folded: str, phrases: Iterable[tuple[str, str]], at: int) -> dict[str, int]:
    """Where the longest of each kind ends; the phrases come in the order of their lengths."""
    return {
        kind: at + len(phrase)
        for kind, phrase in phrases
        if folded.startswith(phrase, at) and _is_word_end(folded, at + len(phrase))
    }


def _is_word_end(folded: str, end: int) -> bool:
    return end == len(folded) or not (folded[end - 1].isalnum() and folded[end].isalnum())
