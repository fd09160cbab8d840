"""What the name model sees of a text: candidates for words of a name, and the features of each.

A candidate is seen through a window of five words, itself in the middle: the rows of these words in the table of word
vectors, the classes of what they and the signs between them are, and pairs of them. All is worked out for all
candidates of a text at once, in native code, so a text costs a few passes and a short step for each word.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, compress, repeat
from operator import ne
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from raum_patterns.namelists import ALWAYS, PARTICLE, UNKNOWN, NameLists

Numbers = NDArray[np.signedinteger[Any]]

REACH: Final = 2
"""So many words to either side of a candidate are seen."""

OUTSIDE, UNLISTED, DIGITS = range(3)
"""The rows of the table of word vectors for what is outside of the text, for a word without a row, and for digits."""
FIRST_WORD: Final = 3

PAIRS: Final = 1 << 18
"""How many weights the pairs share."""

_WORD: Final = re.compile(r"([^\W_]+)")
_JOINS: Final = frozenset({" ", "-", "'", "\u2019", "\u00a0", "  ", "\u2010"})
_INITIAL_JOINS: Final = frozenset({". ", ".", ".-"})
_SIGNS: Final = {sign: number for number, sign in enumerate(".,:;!?()<>[]{}\"'\u2019@#/\\_-\u2013\u2014=|*&$%", 1)}
_NO_SIGN: Final = len(_SIGNS) + 1
_LONGEST: Final = 30

SHAPES: Final = 8
_SMALL, _CAPITAL, _ALL_CAPITALS, _MIXED, _INITIAL, _NOT_LETTERS, _NUMBER, _NOTHING = range(SHAPES)
_LEVELS: Final = 4


class Words:
    """The words of one text, in order: as written (`raw`), in small letters (`small`), where each begins, and
    the places of those with a capital.
    """

    def __init__(self, text: str) -> None:
        pieces = _WORD.split(text)
        self.raw = pieces[1::2]
        self.small = list(map(str.lower, self.raw))
        self.capitals = list(compress(range(len(self.raw)), map(ne, self.raw, self.small)))
        self.gaps = pieces[0::2]
        offsets = list(accumulate(map(len, pieces), initial=0))
        self.starts, self.ends = offsets[1:-1:2], offsets[2::2]

    def hangs_on(self, at: int) -> bool:
        """Whether the word may go on with the one before it: behind a blank, a hyphen or the dot of an initial."""
        gap = self.gaps[at]
        return gap in _JOINS or (gap in _INITIAL_JOINS and len(self.raw[at - 1]) == 1)


@frozen
class Vocabulary:
    """The words that the model knows: `codes` gives each a number, and by that number the others say which row of the
    table of vectors it has, its kind on the lists and in the census, when it may be a name in small letters, and
    whether it is an ordinary word.
    """

    codes: Mapping[str, int]
    rows: Numbers
    families: Numbers
    census: Numbers
    small: bytes
    ordinary: bytes
    particles: frozenset[str]
    openers: frozenset[str]

    @classmethod
    def of(cls, lists: NameLists, words: Sequence[str], openers: frozenset[str]) -> "Vocabulary":
        """The words with a row of their own, in order, and those of the lists."""
        codes = _Codes({word: number for number, word in enumerate(words, FIRST_WORD)})
        rows = [OUTSIDE, UNLISTED, DIGITS, *codes.values()]
        for word in lists.kinds:
            if word not in codes:
                codes[word] = len(rows)
                rows.append(UNLISTED)
        kinds = [UNKNOWN] * len(rows)
        for word, code in codes.items():
            kinds[code] = lists.kinds.get(word, UNKNOWN)
        return cls(
            codes,
            np.array(rows, np.int32),
            np.array(lists.families, np.int32)[kinds],
            np.array(lists.census, np.int32)[kinds],
            bytes(lists.small[kind] for kind in kinds),
            bytes(lists.ordinary[kind] for kind in kinds),
            frozenset(word for word, kind in lists.kinds.items() if kind == PARTICLE),
            openers,
        )

    def codes_of(self, words: Words) -> list[int]:
        """The number of each word of a text."""
        return list(map(self.codes.__getitem__, words.small))

    def candidates(self, words: Words, codes: Sequence[int]) -> list[int]:
        """The places of the words that may be in a name: with a capital, or small and on a list or next to a cue.

        Rows of ordinary words and initials alone, such as the first word of a sentence, are left out.
        """
        candidates: list[int] = []
        row: list[int] = []
        is_name = False
        for at in self._capitals_and_names(words, codes):
            if row and (at != row[-1] + 1 or not words.hangs_on(at)):
                if is_name:
                    candidates += row
                row, is_name = [], False
            row.append(at)
            is_name = is_name or (not self.ordinary[codes[at]] and len(words.raw[at]) > 1)
        return candidates + row if is_name else candidates

    def _capitals_and_names(self, words: Words, codes: Sequence[int]) -> list[int]:
        small, raw, gaps = self.small, words.raw, words.gaps
        found: list[int] = []
        for at in sorted({*words.capitals, *compress(range(len(raw)), map(small.__getitem__, codes))}):
            word = raw[at]
            if not word.isalpha() or len(word) > _LONGEST:
                continue
            if word.islower():
                before = raw[at - 1] if at and gaps[at] in _JOINS else ""
                follows = found[-1:] == [at - 1] and (before.islower() or word in self.particles)
                is_open = before != "" and (follows or before in self.openers)
                if len(word) == 1 or not (is_open or small[codes[at]] == ALWAYS):
                    continue
            found.append(at)
        return found


class _Codes(dict[str, int]):
    """The numbers of words. One without a number of its own is a number or unlisted; it is not kept."""

    def __missing__(self, word: str) -> int:
        return DIGITS if word.isdecimal() else UNLISTED


@frozen
class Layout:
    """Which numbers the classes have: those of one window after the other, each kind of class with room of its own.

    `gaps` numbers the signs between words, `endings` the beginnings and ends of words that have no vector.
    """

    families: int
    gaps: Mapping[int, int]
    endings: Mapping[str, int]

    @cached_property
    def size(self) -> int:
        """How many classes there are."""
        return self._of_endings + len(self.endings) + 1

    @cached_property
    def _of_gaps(self) -> int:
        return (2 * REACH + 1) * (SHAPES + self.families + 16)

    @cached_property
    def _of_levels(self) -> int:
        return self._of_gaps + 2 * REACH * (len(self.gaps) + 1)

    @cached_property
    def _of_endings(self) -> int:
        return self._of_levels + _LEVELS + 2

    def of_text(self, shapes: Numbers, families: Numbers, census: Numbers, gaps: Numbers, whole: Numbers) -> Numbers:
        """The classes that stand for the windows and the text; one row for each candidate."""
        width = 2 * REACH + 1
        places = np.arange(width)
        per_shape, per_family, per_census = SHAPES * places, self.families * places, 16 * places
        at_gap = (len(self.gaps) + 1) * np.arange(2 * REACH)
        return np.concatenate(
            (
                shapes + per_shape,
                families + (width * SHAPES + per_family),
                census + (width * (SHAPES + self.families) + per_census),
                gaps + (self._of_gaps + at_gap),
                whole + self._of_levels,
            ),
            axis=1,
        )

    def of_word(self, word: str) -> list[int]:
        """The classes of how a word without a vector begins and ends."""
        return [self._of_endings + self.endings.get(ending, 0) for ending in self.endings_of(word)]

    @staticmethod
    def endings_of(word: str) -> tuple[str, str, str, str]:
        """How a word ends, in four, three and two letters, and how it begins."""
        return word[-4:] + "$", word[-3:] + "$", word[-2:] + "$", "^" + word[:3]


@frozen
class Features:
    """The features of the candidates of one text, a row for each: rows of the words of its window, classes, pairs."""

    rows: Numbers
    classes: Numbers
    pairs: Numbers


def features(words: Words, codes: Sequence[int], at: Sequence[int], vocabulary: Vocabulary, layout: Layout) -> Features:
    """What the model sees of the words at the places `at`."""
    edge = [OUTSIDE] * REACH
    window = np.array(at)[:, None] + np.arange(2 * REACH + 1)
    all_codes = np.array([*edge, *codes, *edge])
    numbers = all_codes[window]
    shapes = _shapes(words, all_codes[REACH:-REACH])[window]
    signs = _Signs()
    gaps = [*repeat(0, REACH - 1), *map(signs.__getitem__, words.gaps), *repeat(0, REACH - 1)]
    known = list(map(layout.gaps.get, gaps, repeat(0)))
    between = np.array(known)[window[:, :-1]]
    rows, families, census = vocabulary.rows[numbers], vocabulary.families[numbers], vocabulary.census[numbers]
    whole = _whole(words, at, shapes[:, REACH])
    unlisted = rows[:, REACH] == UNLISTED
    nowhere = layout.of_word("")
    endings = np.array(
        [
            layout.of_word(words.small[place]) if new else nowhere
            for place, new in zip(at, unlisted.tolist(), strict=True)
        ]
    )
    classes = layout.of_text(shapes, families, census, between, whole)
    return Features(
        rows,
        np.concatenate((classes, endings), axis=1),
        _pairs(numbers, shapes, families, census, between, endings),
    )


def _pairs(
    words: Numbers, shapes: Numbers, families: Numbers, census: Numbers, gaps: Numbers, endings: Numbers
) -> Numbers:
    """Numbers for what stands together: each a hash of the pair, so that no table of all pairs is needed."""
    before, here, after = REACH - 1, REACH, REACH + 1
    kinds = families * SHAPES + shapes
    me, shape = kinds[:, here], shapes[:, here]
    detailed = me * 16 + census[:, here]
    columns = (
        (detailed, detailed),
        (words[:, here], shape),
        (words[:, before], gaps[:, before]),
        (words[:, after], gaps[:, here]),
        (kinds[:, before] * 4096 + gaps[:, before], me),
        (kinds[:, after] * 4096 + gaps[:, here], me),
        (words[:, before], me),
        (words[:, after], me),
        *((endings[:, place], shape) for place in range(endings.shape[1])),
    )
    left = np.stack([pair[0] for pair in columns], axis=1).astype(np.uint64)
    right = np.stack([pair[1] for pair in columns], axis=1).astype(np.uint64)
    # Multiplicative hashing (Knuth, TAOCP 6.4) with odd constants; the template goes in with the second member.
    right += np.arange(1, len(columns) + 1, dtype=np.uint64) << np.uint64(40)
    mixed = left * np.uint64(0x9E3779B97F4A7C15) ^ right * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return (mixed >> np.uint64(64 - 18)).astype(np.int64)


def _shapes(words: Words, codes: Numbers) -> Numbers:
    """The shape of each word, with room on either side."""
    shapes = np.full(len(words.raw) + 2 * REACH, _NOTHING)
    shapes[REACH:-REACH] = np.where(codes == DIGITS, _NUMBER, _SMALL)
    shapes[[place + REACH for place in words.capitals]] = [_shape(words.raw[place]) for place in words.capitals]
    return shapes


def _shape(word: str) -> int:
    if not word.isalpha():
        return _NOT_LETTERS
    if word.isupper():
        return _INITIAL if len(word) == 1 else _ALL_CAPITALS
    return _CAPITAL if word[1:].islower() else _MIXED


def _whole(words: Words, at: Sequence[int], shapes: Numbers) -> Numbers:
    """How many words of the text have capitals, and whether a word with one is also written without."""
    level = min(_LEVELS - 1, 6 * len(words.capitals) // len(words.raw))
    written = frozenset(words.raw)
    also_small = [words.small[place] in written for place in at]
    again = np.array(also_small) & (shapes != _SMALL)
    return np.stack((np.full(len(at), level), again + _LEVELS), axis=1)


class _Signs(dict[str, int]):
    """A number for what stands between two words: its first and its last sign, and whether the line ends."""

    def __missing__(self, gap: str) -> int:
        signs = gap.strip()
        if signs:
            ends = _SIGNS.get(signs[0], _NO_SIGN), _SIGNS.get(signs[-1], _NO_SIGN) if len(signs) > 1 else 0
        else:
            ends = 0, 0
        number = self[gap] = ((("\n" in gap) * 64 + ends[0]) * 64 + ends[1]) * 2 + (gap == "") + 1
        return number


def sign_numbers(words: Words) -> Iterator[int]:
    """The numbers of the signs around the words of a text, for choosing those that are frequent."""
    signs = _Signs()
    return map(signs.__getitem__, words.gaps)
