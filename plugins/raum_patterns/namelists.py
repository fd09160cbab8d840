"""Which words are names, places or ordinary words: `namelists.txt` beside this file, one kind of word a line.

A kind is letters, a digit and, behind a slash, two more digits. The letters are g for a given name, f for a family
name, p for a place, o for none of them and u for a word that only a census knows; large letters stand for words that
are common in many languages. The digit says how often the word is an ordinary one: 0 hardly ever, 1 seldom, 2 often.
The digits behind the slash say how many people have the word as their family and as their given name, from 0 for
hardly anybody to 3 for very many. The lists were built by `tools/names/build_lists.py`.
"""

from importlib import resources
from typing import Final

from attrs import frozen

UNKNOWN: Final = 0
PARTICLE: Final = 1
"""The kinds of words that are on no list, and of those that are written small inside a name."""

_FIRST: Final = 2
_OFTEN_ORDINARY: Final = "o2"
_GIVEN, _MANY = 4, 2
_VERY_MANY: Final = "3"

NEVER, AFTER_CUE, ALWAYS = range(3)
"""Whether a word in small letters may be a name: never, next to a cue or a name alone, or anywhere."""


@frozen
class NameLists:
    """`kinds` maps a word in small letters to the number of its kind. By that number, `small` says what a word may be
    when it is written small, `ordinary` whether it is on no list of names or places, or is a rare name and often an
    ordinary word, `named` whether it is on a list of names, `families` which kinds differ by the census alone, and
    `census` what the census says, from 0 to 15.
    """

    kinds: dict[str, int]
    small: tuple[int, ...]
    ordinary: tuple[bool, ...]
    named: tuple[bool, ...]
    given: tuple[bool, ...]
    families: tuple[int, ...]
    census: tuple[int, ...]

    def names(self) -> frozenset[str]:
        """The words that can be a name, also those that are ordinary words as well."""
        return frozenset(word for word, kind in self.kinds.items() if self.named[kind])

    def given_names(self) -> frozenset[str]:
        """The words that are given names and hardly ever anything else."""
        return frozenset(word for word, kind in self.kinds.items() if self.given[kind])

    def ambiguous_names(self) -> frozenset[str]:
        """The words that many people have as their given name, and that are something else as well."""
        return frozenset(
            word
            for word, kind in self.kinds.items()
            if self.named[kind] and not self.given[kind] and self.census[kind] % _GIVEN >= _MANY
        )

    def ordinary_words(self) -> frozenset[str]:
        """The words that are no names, or so rarely that only the model or an introduction makes one of them."""
        return frozenset(word for word, kind in self.kinds.items() if self.ordinary[kind] and kind != PARTICLE)


def words_by_kind() -> dict[str, tuple[str, ...]]:
    """The lists, read anew, each under its kind."""
    lines = resources.files(__package__).joinpath("namelists.txt").read_text(encoding="utf-8").splitlines()
    return {kind: tuple(words) for kind, *words in (line.split(" ") for line in lines)}


def name_lists(particles: frozenset[str], ordinary_words: frozenset[str] = frozenset()) -> NameLists:
    """The lists with a number for each kind, with these words as particles, and these as ordinary ones on no list."""
    kinds: dict[str, int] = {}
    small, ordinary = [AFTER_CUE, AFTER_CUE], [False, True]
    named, given = [False, False], [False, False]
    families, census = [UNKNOWN, PARTICLE], [0, 0]
    numbers: dict[str, int] = {"u0": UNKNOWN}
    for number, (kind, words) in enumerate(words_by_kind().items(), _FIRST):
        kinds.update(dict.fromkeys(words, number))
        family, _, people = kind.partition("/")
        letters, often = family[:-1], family[-1]
        small.append(_when_small(letters, often))
        ordinary.append(letters == "o" or (often == "2" and letters.islower()))
        named.append(_is_name(letters))
        given.append(often == "0" and _is_given(letters, people))
        families.append(numbers.setdefault(family, len(numbers) + 1))
        census.append(int(people, 4))
        if family == _OFTEN_ORDINARY:
            kinds.update(dict.fromkeys(sorted(ordinary_words), number))
    # In order: the numbers that the model gives to words follow from it.
    kinds.update(dict.fromkeys(sorted(particles), PARTICLE))
    return NameLists(kinds, tuple(small), tuple(ordinary), tuple(named), tuple(given), tuple(families), tuple(census))


def _when_small(letters: str, often: str) -> int:
    if letters == "u":
        return AFTER_CUE
    if not _is_name(letters) or often == "2":
        return NEVER
    return ALWAYS if often == "0" else AFTER_CUE


def _is_given(letters: str, people: str) -> bool:
    """Whether a word is a given name rather than a place: Anna and Maria are places, too."""
    if "p" not in letters.lower():
        return "g" in letters.lower()
    return "G" in letters and ("p" in letters or people[1] == _VERY_MANY)


def _is_name(letters: str) -> bool:
    return not {"g", "f"}.isdisjoint(letters.lower())
