"""Reading a person's name at a known place: words with a capital, particles and initials, in a row."""

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Final, NamedTuple

from attrs import frozen

# Letters, with the marks that combine with them in decomposed Latin text and in Indic scripts.
_LETTERS: Final = r"[\w\u0300-\u036f\u0900-\u0dff]{1,40}+"
_JOINED: Final = rf"{_LETTERS}(?:['\u2019\u02bc\u2010-]{_LETTERS}){{0,3}}"
_WORD: Final = re.compile(rf"[^\W\d_]\.(?:-?[^\W\d_]\.)*|{_JOINED}")
_WORD_BACKWARDS: Final = re.compile(rf"(?:\.[^\W\d_](?:-?\.[^\W\d_])*(?!\w)|{_JOINED})")
_BLANKS: Final = frozenset(" \u00a0")
_POSSESSIVES: Final = frozenset({"'s", "\u2019s"})
_NO_LETTERS: Final = re.compile(r"[\d_]")
_PARTS: Final = re.compile(r"['\u2019\u02bc\u2010.-]")
_MOST_WORDS: Final = 5
# Particles are no words of a name, but a row of them ends as well.
_MOST_STEPS: Final = range(2 * _MOST_WORDS)
_MOST_TITLES: Final = 3
_LONGEST: Final = 100
_AROUND: Final = " \u00a0\"'\u201c\u201d\u2018\u2019"


class Name(NamedTuple):
    """`text[start:end]` reads like a name of so many words, particles not counted."""

    start: int
    end: int
    words: int


@frozen
class NameReader:
    """Reads names in a text. All sets hold words in small letters.

    A word of `organisations` makes the whole phrase no name; one of `not_names` ends it.
    """

    titles: Collection[str]
    particles: Collection[str]
    not_names: frozenset[str]
    organisations: Collection[str]

    @cached_property
    def _begin_titles(self) -> frozenset[str]:
        return frozenset(_PARTS.split(title)[0] for title in self.titles)

    def read(self, text: str, at: int) -> Name | None:
        """The name that begins at `at`, behind any titles; None if there is none."""
        word = _WORD.match(text, at)
        if not word:
            return None
        if self._is_title(word[0]):
            at, word = self._behind_titles(text, at)
        start = end = at
        count = 0
        for _ in _MOST_STEPS:
            if not word:
                break
            written, behind = word[0], word.end()
            small = written.lower()
            if small in self.organisations:
                return None
            if self._is_name_word(written, small, is_first=not count):
                count, end = count + 1, behind
            elif small not in self.particles:
                break
            if count == _MOST_WORDS or text[behind : behind + 1] not in _BLANKS:
                break
            word = _WORD.match(text, behind + 1)
        if not count:
            return None
        return Name(start, end - 2 if text[end - 2 : end] in _POSSESSIVES else end, count)

    def read_before(self, text: str, end: int) -> Name | None:
        """The name that ends at `end`, but for a quotation mark and a blank; None if there is none."""
        line = max(text.rfind("\n", max(0, end - _LONGEST), end) + 1, end - _LONGEST, 0)
        stop = end - 3 + len(text[end - 3 : end].rstrip(_AROUND)) if end - line > 3 else end
        before = text[line:stop][::-1]
        if not before[:1].isalnum():
            return None
        start, count, at = stop, 0, 0
        while count < _MOST_WORDS and (word := _WORD_BACKWARDS.match(before, at)):
            written, at = word[0][::-1], word.end()
            small = written.lower()
            if small in self.organisations:
                return None
            if self._is_name_word(written, small, is_first=False) and small not in self.titles:
                start, count = stop - at, count + 1
            elif small not in self.particles or not count:
                break
            if before[at : at + 1] not in _BLANKS:
                break
            at += 1
        return Name(start, stop, count) if count else None

    def has_titles(self, words: Iterable[str]) -> bool:
        """Whether any of the words of a text can be, or begin, a title."""
        return not self._begin_titles.isdisjoint(words)

    def behind_titles(self, text: str, at: int) -> int:
        """Where the name begins whose titles, if there are any, begin at `at`."""
        return self._behind_titles(text, at)[0]

    def _behind_titles(self, text: str, at: int) -> "tuple[int, re.Match[str] | None]":
        """The place behind the titles, and the word there."""
        word = _WORD.match(text, at)
        for _ in range(_MOST_TITLES):
            if not word or not self._is_title(word[0]):
                break
            at = word.end() + text.startswith(".", word.end())
            at += text[at : at + 1] in _BLANKS
            word = _WORD.match(text, at)
        return at, word

    def _is_title(self, word: str) -> bool:
        return word.rstrip(".").lower() in self.titles

    def _is_name_word(self, word: str, small: str, *, is_first: bool) -> bool:
        if small in self.not_names:
            return False
        if word.rstrip(".").isalpha() and (word.istitle() or word.isupper()):  # as most names and initials are written
            return not is_first or len(word) > (3 if word.isupper() and "." not in word else 1)
        if small.removesuffix("'s") in self.not_names:
            return False
        if not _is_capitalised(_PARTS.split(word, maxsplit=1)[0]) or _NO_LETTERS.search(word):
            return False
        if len(word) == 1:
            return not is_first
        return not (word.isupper() and "." not in word and len(word) <= 3 and is_first)


def _is_capitalised(word: str) -> bool:
    """Whether a word begins with a capital, or is a short one of a script that has none."""
    if not word or word[0].islower():
        return False
    return word[0].isupper() or (word[0].isalpha() and len(word) <= 6)
