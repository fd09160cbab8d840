"""What the name model sees of a text: runs of words that may be a name, and the features of each word.

A feature is a number, or for the beginning and the end of a word that is on no list a string. Reading a text costs a
few passes in native code and, in Python, a short step for each word and a longer one for each candidate.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate, repeat
from typing import Final, NamedTuple

from attrs import frozen

from raum_patterns.namelists import ALWAYS, NEVER, PARTICLE, UNKNOWN, NameLists

Feature = int | str

_WORD: Final = re.compile(r"([^\W_]+)")
_JOINS: Final = frozenset({" ", "-", "'", "\u2019", "\u00a0", "  ", "\u2010"})
_INITIAL_JOINS: Final = frozenset({". ", ".", ".-"})
_SIGNS: Final = {sign: number for number, sign in enumerate(".,:;!?()<>[]{}\"'\u2019@#/\\_-\u2013\u2014=|*&$%", 1)}

_KINDS: Final = 128
_CLASSES: Final = 8 * _KINDS
_GAPS: Final = 4096
_START, _END = 4094, 4095
_TEMPLATES: Final = 32
_LONGEST: Final = 30


class Token(NamedTuple):
    """`text[start:end]`, a word that may be in a name. `join` says how it hangs on the word before it in its run:
    0 at the beginning, 1 by a blank, 2 by a hyphen or an apostrophe, 3 as what follows an initial. A tuple, because
    one is made for each candidate.
    """

    start: int
    end: int
    join: int
    word: str
    is_particle: bool
    features: tuple[Feature, ...]


@frozen
class Vocabulary:
    """The words that the model knows: `codes` holds for each the number of its kind and, from 1, its own number;
    `never` are those that are in no name when they are written small.
    """

    codes: Mapping[str, int]
    small: tuple[int, ...]
    ordinary: tuple[bool, ...]
    openers: frozenset[str]
    never: frozenset[str]

    @classmethod
    def of(cls, lists: NameLists, words: tuple[str, ...], openers: frozenset[str]) -> "Vocabulary":
        """The words of the lists, and those that features name one by one."""
        codes = dict(lists.kinds)
        for number, word in enumerate(words, 1):
            codes[word] = codes.get(word, UNKNOWN) + number * _KINDS
        never = frozenset(word for word, kind in lists.kinds.items() if lists.small[kind] == NEVER)
        return cls(codes, lists.small, lists.ordinary, openers, never)


class Words:
    """The words of one text, in order: as written (`raw`), in small letters (`small`), and where each begins."""

    def __init__(self, text: str) -> None:
        pieces = _WORD.split(text)
        self.raw = pieces[1::2]
        self.small = list(map(str.lower, self.raw))
        self._gaps = pieces[0::2]
        offsets = list(accumulate(map(len, pieces), initial=0))
        self.starts, self.ends = offsets[1:-1:2], offsets[2::2]

    def runs(self, vocabulary: Vocabulary) -> Iterator[list[Token]]:
        """Each row of candidates that nothing but a blank, a hyphen or the dot of an initial separates.

        Rows of ordinary words and initials alone, such as the first word of a sentence, are left out.
        """
        codes = list(map(vocabulary.codes.get, self.small, repeat(UNKNOWN)))
        reader = _Reader(self, self._gaps, codes)
        ordinary = vocabulary.ordinary
        candidates = [*self._candidates(vocabulary, codes), len(codes) + 1]
        first, last, is_name = candidates[0], candidates[0] - 1, False
        for at in candidates:
            if at != last + 1 or (at > first and not self._join(at)):
                if is_name:
                    yield [reader.token(member, self._join(member) if member > first else 0)
                           for member in range(first, last + 1)]  # fmt: skip
                first, is_name = at, False
            last = at
            is_name = is_name or (at < len(codes) and not ordinary[codes[at] % _KINDS] and len(self.raw[at]) > 1)

    def _candidates(self, vocabulary: Vocabulary, codes: list[int]) -> Iterator[int]:
        """The words that may be in a name: with a capital, or small and on a list or next to a cue."""
        small, openers, ordinary = vocabulary.small, vocabulary.openers, vocabulary.never
        last = -2
        for at in [at for at, word in enumerate(self.raw) if word not in ordinary]:
            word = self.raw[at]
            if not word.isalpha() or len(word) > _LONGEST:
                continue
            if word.islower():
                before = self.raw[at - 1] if at and self._gaps[at] in _JOINS else ""
                follows = last == at - 1 and (before.islower() or codes[at] % _KINDS == PARTICLE)
                is_open = before != "" and (follows or before in openers)
                if len(word) == 1 or not (is_open or small[codes[at] % _KINDS] == ALWAYS):
                    continue
            last = at
            yield at

    def _join(self, at: int) -> int:
        """How the word hangs on the one before it; 0 if it does not."""
        gap = self._gaps[at]
        if gap in _JOINS:
            return 1 if gap.isspace() else 2
        return 3 if gap in _INITIAL_JOINS and len(self.raw[at - 1]) == 1 else 0


class _Reader:
    """Reads the features of the words of one text."""

    def __init__(self, words: Words, gaps: list[str], codes: list[int]) -> None:
        self._words = words
        self._gaps = gaps
        # Two empty places on either side, so that every word has neighbours.
        self._codes = [0, 0, *codes, 0, 0]
        self._raw = ["", *words.raw, ""]
        self._all = frozenset(words.raw)
        self._shapes = _Shapes()
        self._signs = _Gaps({" ": 0, "": 1})

    def token(self, at: int, join: int) -> Token:
        """The word with its features, each made of what it and its neighbours are."""
        codes = self._codes
        w2, w1, w0, v1, v2 = codes[at : at + 5]
        shape = self._shapes[self._raw[at + 1]]
        me = w0 % _KINDS * 8 + shape
        before = w1 % _KINDS * 8 + self._shapes[self._raw[at]]
        after = v1 % _KINDS * 8 + self._shapes[self._raw[at + 2]]
        w2, w1, w0, v1, v2 = w2 // _KINDS, w1 // _KINDS, w0 // _KINDS, v1 // _KINDS, v2 // _KINDS
        gap = self._signs[self._gaps[at]] if at else _START
        gap_after = self._signs[self._gaps[at + 1]] if at + 3 < len(self._raw) else _END
        word = self._words.small[at]
        features: tuple[Feature, ...] = (
            _TEMPLATES * me,
            _TEMPLATES * (w0 * 8 + shape) + 1,
            _TEMPLATES * (w1 * _GAPS + gap) + 2,
            _TEMPLATES * (v1 * _GAPS + gap_after) + 3,
            _TEMPLATES * (w2 * 8 + shape) + 4,
            _TEMPLATES * (v2 * 8 + shape) + 5,
            _TEMPLATES * ((before * _GAPS + gap) * _CLASSES + me) + 6,
            _TEMPLATES * ((after * _GAPS + gap_after) * _CLASSES + me) + 7,
            _TEMPLATES * (w1 * _CLASSES + me) + 8,
            _TEMPLATES * (v1 * _CLASSES + me) + 9,
            _TEMPLATES * ((w2 << 16 | w1) * 8 + shape) + 10,
            _TEMPLATES * ((before * _CLASSES + after) * _CLASSES + me) + 11,
            _TEMPLATES * ((w1 << 16 | v1) * 8 + shape) + 12,
            _TEMPLATES * (me * 2 + (shape != 0 and word in self._all)) + 13,
        )
        if not w0:
            features += (f"{shape}-{word[-3:]}", f"{shape}-{word[-2:]}.", f"{shape}{word[:3]}-")
        return Token(self._words.starts[at], self._words.ends[at], join, word, me // 8 == PARTICLE, features)


class _Gaps(dict[str, int]):
    """A number for what stands before a word: its first and its last sign, and whether the line ends."""

    def __missing__(self, gap: str) -> int:
        signs = gap.strip()
        ends = (_SIGNS.get(signs[0], 31) & 31, _SIGNS.get(signs[-1], 31) & 31) if signs else (0, 0)
        number = self[gap] = (("\n" in gap) * 32 + ends[0]) * 32 + ends[1] + 2
        return number


class _Shapes(dict[str, int]):
    """0 small, 1 with a capital, 2 all capitals, 3 mixed, 4 one capital, 5 no letters alone, 6 no word."""

    def __missing__(self, word: str) -> int:
        shape = self[word] = _shape(word)
        return shape


def _shape(word: str) -> int:
    if word.islower():
        return 0
    if not word.isalpha():
        return 5 if word else 6
    if word.isupper():
        return 4 if len(word) == 1 else 2
    return 1 if word[1:].islower() else 3
