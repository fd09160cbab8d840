"""The same texts with other names in them, so that what is learned is where names stand and not who is in the news."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve

from raum_patterns.namelists import words_by_kind
from tools.names.corpora import Document
from tools.names.invent import Dice

_PIECES: Final = re.compile(r"([^\W_]+)")
# Of ten single names so many are given names. Of ten names so many come from the lists of many languages, and so many
# are those of very many people: drawn from all alike, they would hardly ever come.
_GIVEN, _LISTED, _COMMON = 6, 3, 4


class Names:
    """Names to put in: of the lists of many languages, of the census, and common ones, given names and family names."""

    def __init__(self, particles: frozenset[str]) -> None:
        self._particles = particles
        listed: list[str] = []
        given: list[str] = []
        family: list[str] = []
        common_given: list[str] = []
        common_family: list[str] = []
        for kind, words in words_by_kind().items():
            letters, _, census = kind.partition("/")
            listed += words if {"g", "f"} & set(letters.lower()) else ()
            family += words if census[0] != "0" else ()
            given += words if census[1] != "0" else ()
            common_family += words if "F" in letters or census[0] == "3" else ()
            common_given += words if "G" in letters or census[1] == "3" else ()
        self._listed, self._family, self._given = sorted(listed), sorted(family), sorted(given)
        self._common_family, self._common_given = sorted(common_family), sorted(common_given)

    def other(self, name: str, dice: Dice) -> str:
        """Another name with as many words, in the same letters; particles, initials and titles stay."""
        pieces = _PIECES.split(name)
        many = len(pieces) > 3
        for at in range(1, len(pieces), 2):
            word = pieces[at]
            if len(word) < 3 or word.lower() in self._particles or (word.isupper() and len(word) == 3):
                continue
            is_given = at == 1 if many else dice.below(10) < _GIVEN
            pieces[at] = _in_letters_of(word, dice.choose(self._source(is_given, dice)))
        return "".join(pieces)

    def _source(self, is_given: bool, dice: Dice) -> Sequence[str]:
        drawn = dice.below(10)
        if drawn < _LISTED:
            return self._listed
        if drawn < _LISTED + _COMMON:
            return self._common_given if is_given else self._common_family
        return self._given if is_given else self._family


def swapped(documents: Sequence[Document], particles: frozenset[str]) -> Iterator[Document]:
    """Each document that has names, once more with others."""
    names = Names(particles)
    for document in documents:
        if document.names and not document.ignored:
            yield _swapped(document, names)


def _swapped(document: Document, names: Names) -> Document:
    dice = Dice(f"swap {document.id}")
    text, spans, last = "", [], 0
    for start, end in sorted(document.names):
        text += document.text[last:start]
        name = names.other(document.text[start:end], dice)
        spans.append((len(text), len(text) + len(name)))
        text, last = text + name, end
    return evolve(document, text=text + document.text[last:], names=tuple(spans))


def _in_letters_of(word: str, name: str) -> str:
    if word.isupper():
        return name.upper()
    return name.capitalize() if word[0].isupper() else name
