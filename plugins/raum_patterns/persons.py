"""Reading a person's name at a known place: words with a capital, particles and initials, in a row."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from attrs import frozen

# Letters, with the marks that combine with them in decomposed Latin text and in Indic scripts.
_LETTERS: Final = r"[\w\u0300-\u036f\u0900-\u0dff]{1,40}+"
_WORD: Final = re.compile(rf"[^\W\d_]\.(?:-?[^\W\d_]\.)*|{_LETTERS}(?:['\u2019\u02bc\u2010-]{_LETTERS}){{0,3}}")
_BLANK: Final = " \u00a0"
_POSSESSIVE: Final = re.compile(r"['\u2019]s\Z")
_MOST_WORDS: Final = 5
_MOST_TITLES: Final = 3
_LONGEST: Final = 100
_AROUND: Final = " \u00a0\"'\u201c\u201d\u2018\u2019"


@frozen
class Name:
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
    not_names: Collection[str]
    organisations: Collection[str]

    def read(self, text: str, at: int) -> Name | None:
        """The name that begins at `at`, behind any titles; None if there is none."""
        start = end = None
        count = 0
        for word in _words_from(text, self.behind_titles(text, at)):
            small = word[0].lower()
            if small in self.organisations:
                return None
            is_word = self._is_name_word(word[0], is_first=count == 0)
            if not is_word and small not in self.particles:
                break
            start = word.start() if start is None else start
            if is_word:
                count, end = count + 1, word.end()
            if count == _MOST_WORDS:
                break
        return None if start is None or end is None else _trimmed(text, start, end, count)

    def read_before(self, text: str, end: int) -> Name | None:
        """The name that ends at `end`, but for a quotation mark and a blank; None if there is none."""
        line = max(text.rfind("\n", max(0, end - _LONGEST), end) + 1, end - _LONGEST, 0)
        stop = end - 3 + len(text[end - 3 : end].rstrip(_AROUND)) if end - line > 3 else end
        if not text[line:stop][-1:].isalnum():
            return None
        start, count, following = stop, 0, stop
        for word in reversed(list(_WORD.finditer(text, line, stop))):
            is_adjacent = word.end() == stop if count == 0 else _is_blank(text[word.end() : following])
            if not is_adjacent or count == _MOST_WORDS:
                break
            small = word[0].lower()
            if small in self.organisations:
                return None
            if self._is_name_word(word[0], is_first=False) and small not in self.titles:
                start, count = word.start(), count + 1
            elif small not in self.particles or count == 0:
                break
            following = word.start()
        return Name(start, stop, count) if count else None

    def behind_titles(self, text: str, at: int) -> int:
        """Where the name begins whose titles, if there are any, begin at `at`."""
        for _ in range(_MOST_TITLES):
            word = _WORD.match(text, at)
            if not word or word[0].lower().rstrip(".") not in self.titles:
                break
            at = word.end() + text.startswith(".", word.end())
            at += _is_blank(text[at : at + 1])
        return at

    def _is_name_word(self, word: str, *, is_first: bool) -> bool:
        small = word.lower()
        if small in self.not_names or small.removesuffix("'s") in self.not_names:
            return False
        if not _is_capitalised(re.split(r"['\u2019\u02bc\u2010.-]", word, maxsplit=1)[0]):
            return False
        if any(character.isdecimal() or character == "_" for character in word):
            return False
        if len(word) == 1:
            return not is_first
        return not (word.isupper() and "." not in word and len(word) <= 3 and is_first)


def _words_from(text: str, at: int) -> "Iterator[re.Match[str]]":
    """The words from `at` on that have one blank, and nothing else, between them."""
    for _ in range(2 * _MOST_WORDS):
        word = _WORD.match(text, at)
        if not word:
            return
        yield word
        at = word.end() + 1
        if not _is_blank(text[word.end() : at]):
            return


def _trimmed(text: str, start: int, end: int, count: int) -> Name:
    possessive = _POSSESSIVE.search(text[start:end])
    return Name(start, start + possessive.start() if possessive else end, count)


def _is_blank(text: str) -> bool:
    return len(text) == 1 and text in _BLANK


def _is_capitalised(word: str) -> bool:
    """Whether a word begins with a capital, or is a short one of a script that has none."""
    if not word or word[0].islower():
        return False
    return word[0].isupper() or (word[0].isalpha() and len(word) <= 6)
