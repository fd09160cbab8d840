"""The words of a text and what is between them, worked out for the whole text at once, in native code.

What a character is comes from a table of code points; the words are where it changes. A text so costs a few passes over
its characters, a slice for each word, and one for each gap that is more than a blank.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from raum_patterns.cues import fold
from raum_patterns.word_index import Hashes, Points, hashes_at, points_of

Numbers = NDArray[np.signedinteger[Any]]
Flags = NDArray[np.bool_]

SHAPES: Final = 8
SMALL, CAPITAL, ALL_CAPITALS, MIXED, INITIAL, NOT_LETTERS, NUMBER, NOTHING = range(SHAPES)

_CODE_POINTS: Final = 0x110000
_BLANK: Final = np.uint32(ord(" "))
# Above it there are no letters and no digits (Unicode 16).
_LAST_OF_WORDS: Final = 0x40000

# What a word is counted by, packed into one number for each of its characters: capitals, no letters, no decimals.
_FIELD: Final = 21
_IS_CAPITAL, _IS_NO_LETTER, _IS_NO_DECIMAL = 1, 1 << _FIELD, 1 << (2 * _FIELD)
_MASK: Final = (1 << _FIELD) - 1
_NO_LETTERS: Final = _MASK << _FIELD

_JOINS: Final = frozenset({" ", "-", "'", "\u2019", "\u00a0", "  ", "\u2010"})
_INITIAL_JOINS: Final = frozenset({". ", ".", ".-"})
_SIGNS: Final = {sign: number for number, sign in enumerate(".,:;!?()<>[]{}\"'\u2019@#/\\_-\u2013\u2014=|*&$%", 1)}
_NO_SIGN: Final = len(_SIGNS) + 1
GAPS: Final = 2 * 64 * 64 * 2
"""How many numbers there are for what stands between two words."""
NO_GAP: Final = GAPS - 2
"""The number of none of them: no sign has so high a number."""


class Words:
    """The words of one text, in order: in small letters (`small`), where each begins and ends, its shape, what stands
    before it and behind the last (`gaps`, of which there is one more), and whether it goes on with the one before it
    (`joined`: behind a blank, a hyphen or the like; `hangs`: also behind the dot of an initial).
    """

    def __init__(self, text: str, folded: str | None = None) -> None:
        self.text = text
        points = points_of(text)
        traits = _TRAITS.take(points)
        is_inside = np.zeros(len(traits) + 2, np.bool_)
        np.not_equal(traits, 0, out=is_inside[1:-1])
        edges = np.flatnonzero(is_inside[1:] != is_inside[:-1])
        self.starts, self.ends = edges[0::2], edges[1::2]
        self._folded = points_of(fold(text) if folded is None else folded)
        self.begins = self.starts.tolist()
        # With blanks for all that is in no word, so that one native pass cuts them out.
        apart = np.where(is_inside[1:-1], self._folded, _BLANK)
        self.small = apart.tobytes().decode("utf-32-le", "surrogatepass").split()
        self._count(traits)
        self._look_between(text, points)

    def __len__(self) -> int:
        return len(self.small)

    def raw(self, at: int) -> str:
        """A word as it is written."""
        return self.text[self.begins[at] : self.ends[at]]

    def hashes(self) -> Hashes:
        """A number for each word in small letters."""
        return hashes_at(self._folded, self.starts, self.ends)

    def _count(self, traits: NDArray[np.uint8]) -> None:
        if not self.small:
            self.lengths = self.starts
            self.shapes = np.zeros(0, np.int64)
            return
        counts = np.add.reduceat(_COUNTED.take(traits), self.starts)
        self.lengths = lengths = self.ends - self.starts
        capitals = counts & _MASK
        first = traits.take(self.starts) & 2
        # Each word is looked up by what is true of it, one bit for each question.
        index = (capitals > 0).view(np.uint8) | first
        for bit, is_true in enumerate(
            (capitals > 1, capitals == lengths, lengths == 1, counts & _NO_LETTERS > 0, counts < _IS_NO_DECIMAL), 2
        ):
            index |= is_true.view(np.uint8) << bit
        self.shapes = _SHAPE_OF.take(index)

    def _look_between(self, text: str, points: Points) -> None:
        befores, behinds = np.zeros((2, len(self.starts) + 1), np.int64)
        befores[1:], behinds[:-1], behinds[-1] = self.ends, self.starts, len(text)
        found = (
            _LONE_SIGNS.take(points.take(befores, mode="clip"), mode="clip") if len(points) else np.zeros(1, np.int64)
        )
        longer = np.flatnonzero((behinds - befores != 1) | (found < 0))
        gaps = _Gaps(_FREQUENT_GAPS)
        found[longer] = [
            gaps[text[before:behind]]
            for before, behind in zip(befores[longer].tolist(), behinds[longer].tolist(), strict=True)
        ]
        self.gaps = found >> 2
        self.joined: Flags = (found[:-1] & 1) != 0
        self.hangs: Flags = self.joined.copy()
        if self.small:
            self.hangs[1:] |= ((found[1:-1] & 2) != 0) & (self.lengths[:-1] == 1)
            self.joined[0] = self.hangs[0] = False


class Page:
    """The words of several texts, one text after the other, with `apart` places between where there are none: those
    have the shape `NOTHING`, and gaps that are on no list.

    `begin` and `end` say where the words of each text are, and `text` which text each place is of.
    """

    def __init__(self, texts: Sequence[Words], apart: int) -> None:
        counts = np.array([len(words) for words in texts])
        self.end = np.cumsum(counts + apart) - apart
        self.begin = self.end - counts
        self.text: Numbers = np.repeat(np.arange(len(texts)), counts + apart)
        blank, no_number, no = [""] * apart, np.zeros(apart, np.int64), np.zeros(apart, np.bool_)
        self.small = [small for words in texts for small in (*words.small, *blank)]
        self.hashes = _strung([words.hashes() for words in texts], no_number.view(np.uint64))
        self.shapes = _strung([words.shapes for words in texts], no_number + NOTHING)
        self.lengths = _strung([words.lengths for words in texts], no_number)
        self.joined = _strung([words.joined for words in texts], no)
        self.hangs = _strung([words.hangs for words in texts], no)
        # A text has one gap more than words.
        self.gaps = _strung([words.gaps for words in texts], no_number[1:] + NO_GAP)

    def __len__(self) -> int:
        return len(self.small)


def _strung(parts: Sequence[NDArray[Any]], between: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([each for part in parts for each in (part, between)])


class _Gaps(dict[str, int]):
    """A number for what stands between two words: its first and its last sign, and whether the line ends; in its last
    two bits, whether the words hang together, and whether they do if the first is an initial.
    """

    def __missing__(self, gap: str) -> int:
        signs = gap.strip()
        if signs:
            ends = _SIGNS.get(signs[0], _NO_SIGN), _SIGNS.get(signs[-1], _NO_SIGN) if len(signs) > 1 else 0
        else:
            ends = 0, 0
        number = ((("\n" in gap) * 64 + ends[0]) * 64 + ends[1]) * 2 + (gap == "")
        self[gap] = number = number * 4 + (gap in _INITIAL_JOINS) * 2 + (gap in _JOINS)
        return number


def _frequent_gaps() -> dict[str, int]:
    gaps = _Gaps()
    for sign in ("", *_SIGNS):
        for gap in (sign, f"{sign} ", f" {sign}", f"{sign}\n", f"{sign}\n\n", f" {sign} "):
            gaps[gap]
    return dict(gaps)


def _trait(character: str) -> int:
    """0 for what is in no word, else an odd number: 2 is added for a capital, 4 for no letter, 8 for no decimal."""
    if not character.isalnum():
        return 0
    return 1 + 2 * (character.lower() != character) + 4 * (not character.isalpha()) + 8 * (not character.isdecimal())


def _traits() -> NDArray[np.uint8]:
    table = np.zeros(_CODE_POINTS, np.uint8)
    table[:_LAST_OF_WORDS] = np.fromiter(map(_trait, map(chr, range(_LAST_OF_WORDS))), np.uint8, _LAST_OF_WORDS)
    return table


def _counted() -> NDArray[np.int64]:
    return np.array(
        [
            (trait & 1)
            * (bool(trait & 2) * _IS_CAPITAL + bool(trait & 4) * _IS_NO_LETTER + bool(trait & 8) * _IS_NO_DECIMAL)
            for trait in range(16)
        ]
    )


def _shapes() -> Iterable[int]:
    for index in range(128):
        has_capital, first, many, only, short, no_letters, decimals = (bool(index >> bit & 1) for bit in range(7))
        if decimals:
            yield NUMBER
        elif no_letters:
            yield NOT_LETTERS
        elif not has_capital:
            yield SMALL
        elif only:
            yield INITIAL if short else ALL_CAPITALS
        else:
            yield CAPITAL if first and not many else MIXED


_TRAITS: Final = _traits()
_COUNTED: Final = _counted()
_SHAPE_OF: Final = np.array(list(_shapes()))
_FREQUENT_GAPS: Final = _frequent_gaps()
# The numbers of the gaps that are one character, by its code point; -1 for those beyond the table.
_LONE_SIGNS: Final = np.array([*map(_Gaps().__getitem__, map(chr, range(0x2100))), -1])
