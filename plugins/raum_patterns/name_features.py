"""What the name model sees of a text: candidates for words of a name, and the features of each.

A candidate is seen through a window of words, itself in the middle: the rows of these words in the table of word
vectors, what they and the signs between them are, and pairs of them. All is worked out for all candidates of a text at
once, in native code. The arrays have a column for each candidate, so that what is added up lies together.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np
from attrs import cmp_using, field, frozen
from numpy.typing import NDArray

from raum_patterns.name_words import (
    CAPITAL,
    GAPS,
    INITIAL,
    NOT_LETTERS,
    NOTHING,
    NUMBER,
    SHAPES,
    SMALL,
    Flags,
    Numbers,
    Page,
)
from raum_patterns.namelists import ALWAYS, NEVER, PARTICLE, UNKNOWN, NameLists
from raum_patterns.word_index import MISSING, WordIndex, hashes_in

Traits = NDArray[np.uint8]

REACH: Final = 2
"""So many words to either side of a candidate are seen."""

OUTSIDE, UNLISTED, DIGITS = range(3)
"""The rows of the table of word vectors for what is outside of the text, for a word without a row, and for digits."""
FIRST_WORD: Final = 3

PAIRS: Final = 1 << 18
"""How many weights the pairs share."""

_WIDTH: Final = 2 * REACH + 1
_LONGEST: Final = 30
_GRADES: Final = 16
_LEVELS: Final = 4
_NEAR: Final = 6
_DENSITIES: Final = 8
_LENGTHS: Final = 4
_WHOLE: Final = _LEVELS + 2 + _DENSITIES + 3 * _LENGTHS
_ENDINGS: Final = 4
_TEXT: Final = 1 << 32
CLASSES: Final = 2 * REACH + 4 + _ENDINGS
"""How many classes a candidate has beside the kinds of its window."""

# What is known of a word, one bit for each: may be a name in small letters next to a cue, or anywhere; is an ordinary
# word, a particle, an opener.
_IF_CUED, _IF_SMALL, _ORDINARY, _IS_PARTICLE, _OPENS = 1, 2, 4, 8, 16


@frozen
class Lexicon:
    """The words that have a row in the table of word vectors, written in a row with blanks between: `words`, in order,
    each its own, from `FIRST_WORD` on; of the `others`, `groups` says which of the rows behind these each shares with
    those like it.
    """

    words: str
    others: str = ""
    groups: Numbers = field(factory=lambda: np.zeros(0, np.int16), eq=cmp_using(np.array_equal))


@frozen(eq=False)
class Vocabulary:
    """The words that the model knows: `index` gives each a number, and by that number the others say which row of the
    table of vectors it has, its kind on the lists and in the census, and what it may be (`traits`).
    """

    index: WordIndex
    rows: Numbers
    kinds: Numbers
    traits: Traits
    particles: frozenset[str]

    @classmethod
    def of(cls, lists: NameLists, lexicon: Lexicon, openers: frozenset[str]) -> "Vocabulary":
        """The words of the lexicon, in order, those of the lists, and the openers."""
        known = hashes_in(lexicon.words), hashes_in(lexicon.others)
        listed = hashes_in(" ".join(lists.kinds))
        opening = hashes_in(" ".join(sorted(openers)))
        # Each word once, numbered in the order in which they come.
        hashes, first = np.unique(np.concatenate((*known, listed, opening)), return_index=True)
        numbers = np.empty(len(hashes), np.int32)
        numbers[np.argsort(first)] = np.arange(FIRST_WORD, FIRST_WORD + len(hashes))
        index = WordIndex(hashes, numbers)
        rows = np.full(FIRST_WORD + len(hashes), UNLISTED, np.int32)
        rows[:FIRST_WORD] = OUTSIDE, UNLISTED, DIGITS
        rows[index.numbers_of(known[1])] = FIRST_WORD + len(known[0]) + lexicon.groups.astype(np.int32)
        rows[index.numbers_of(known[0])] = np.arange(FIRST_WORD, FIRST_WORD + len(known[0]))
        kinds = np.full(len(rows), UNKNOWN, np.int32)
        kinds[index.numbers_of(listed)] = np.fromiter(lists.kinds.values(), np.int32, len(listed))
        traits = np.array([_traits(lists, kind) for kind in range(len(lists.small))], np.uint8)[kinds]
        traits[index.numbers_of(opening)] |= _OPENS
        grades = np.array(lists.families, np.int32) * _GRADES + np.array(lists.census, np.int32)
        particles = frozenset(word for word, kind in lists.kinds.items() if kind == PARTICLE)
        return cls(index, rows, grades[kinds], traits, particles)

    def codes_of(self, page: Page) -> Numbers:
        """The number of each word of a page."""
        codes = self.index.numbers_of(page.hashes)
        return np.where(codes != MISSING, codes, _ROWS_OF_SHAPES.take(page.shapes))


_ROWS_OF_SHAPES: Final = np.full(SHAPES, UNLISTED)
_ROWS_OF_SHAPES[[NUMBER, NOTHING]] = DIGITS, OUTSIDE


def _traits(lists: NameLists, kind: int) -> int:
    small = lists.small[kind]
    traits = _IF_CUED * (small != NEVER) + _IF_SMALL * (small == ALWAYS)
    return traits + _ORDINARY * lists.ordinary[kind] + _IS_PARTICLE * (kind == PARTICLE)


@frozen(eq=False)
class Candidates:
    """The words that may be in a name (`at`), in rows that hang together: whether each begins one, how long it is, and
    which word of it.
    """

    at: Numbers
    is_first: Flags
    lengths: Numbers
    places: Numbers

    @classmethod
    def among(cls, page: Page, codes: Numbers, vocabulary: Vocabulary) -> "Candidates":
        """Words with a capital, or small and on a list or next to a cue.

        Rows of ordinary words and initials alone, such as the first word of a sentence, are left out.
        """
        traits = vocabulary.traits.take(codes)
        at = np.flatnonzero(_capitals_and_names(page, traits))
        is_first = np.ones(len(at), np.bool_)
        if not len(at):
            return cls(at, is_first, at, at)
        is_first[1:] = (at[1:] != at[:-1] + 1) | ~page.hangs[at[1:]]
        firsts = np.flatnonzero(is_first)
        is_name = ((traits[at] & _ORDINARY) == 0) & (page.lengths[at] > 1)
        has_name = np.logical_or.reduceat(is_name, firsts)
        row = np.cumsum(is_first) - 1
        kept = has_name[row]
        behinds = np.append(firsts[1:], len(at))
        places = np.arange(len(at)) - firsts[row]
        return cls(at[kept], is_first[kept], (behinds - firsts)[row][kept], places[kept])

    def of(self, first: int, last: int, start: int) -> "Candidates":
        """Those of one text, whose words begin at `start`."""
        its = slice(first, last)
        return Candidates(self.at[its] - start, self.is_first[its], self.lengths[its], self.places[its])


def _capitals_and_names(page: Page, traits: Traits) -> Flags:
    shapes = page.shapes
    is_word = (shapes < NOT_LETTERS) & (page.lengths <= _LONGEST)
    is_small = shapes == SMALL
    may_be = is_word & is_small & ((traits & _IF_CUED) != 0) & (page.lengths > 1)
    found = (is_word & ~is_small) | (may_be & ((traits & _IF_SMALL) != 0))
    may_be &= page.joined
    found[1:] |= may_be[1:] & ((traits[:-1] & _OPENS) != 0)
    # A small word behind a small one that was found, or a particle behind any, is found too, and so on.
    goes_on = may_be & ((traits & _IS_PARTICLE) != 0)
    goes_on[1:] |= may_be[1:] & is_small[:-1]
    goes_on &= ~found
    places = np.arange(len(shapes))
    last_found = np.maximum.accumulate(np.where(found, places, -1))
    last_stop = np.maximum.accumulate(np.where(found | goes_on, -1, places))
    is_candidate: Flags = last_found > last_stop
    return is_candidate


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
        return self.of_endings + len(self.endings) + 1

    @cached_property
    def kinds(self) -> int:
        """How many kinds of words there are: family, grade in the census, shape."""
        return self.families * _GRADES * SHAPES

    @cached_property
    def of_gaps(self) -> int:
        """Where the classes of the gaps begin."""
        return _WIDTH * (SHAPES + self.families + _GRADES)

    @cached_property
    def of_whole(self) -> int:
        """Where the classes of what is around begin."""
        return self.of_gaps + 2 * REACH * (len(self.gaps) + 1)

    @cached_property
    def of_endings(self) -> int:
        """Where the classes of beginnings and ends begin."""
        return self.of_whole + _WHOLE

    @cached_property
    def gap_classes(self) -> Numbers:
        """The number of a gap among those that are frequent, 0 for all others."""
        table = np.zeros(GAPS, np.int64)
        table[list(self.gaps)] = list(self.gaps.values())
        return table

    def of_kinds(self, kinds: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The classes of the shape, the family and the grade of kinds, by their place in the window (a row each)."""
        places = np.arange(_WIDTH)[:, None]
        shapes, grades = kinds % SHAPES, kinds // SHAPES
        families = _WIDTH * SHAPES + self.families * places + grades // _GRADES
        return (
            SHAPES * places + shapes,
            families,
            _WIDTH * (SHAPES + self.families) + _GRADES * places + grades % _GRADES,
        )

    def of_word(self, word: str) -> list[int]:
        """The numbers of how a word without a vector begins and ends."""
        return [self.endings.get(ending, 0) for ending in self.endings_of(word)]

    @staticmethod
    def endings_of(word: str) -> tuple[str, str, str, str]:
        """How a word ends, in four, three and two letters, and how it begins."""
        return word[-4:] + "$", word[-3:] + "$", word[-2:] + "$", "^" + word[:3]


@frozen(eq=False)
class Features:
    """The features of the candidates of one text, a column for each: the rows of the words of its window in the table
    of vectors, the kinds of these words, classes of all else, and pairs.
    """

    rows: Numbers
    kinds: Numbers
    classes: Numbers
    pairs: Numbers

    def of(self, chosen: Flags | slice) -> "Features":
        """Those of some of the candidates."""
        return Features(*(table[:, chosen] for table in (self.rows, self.kinds, self.classes, self.pairs)))


def features(page: Page, codes: Numbers, candidates: Candidates, vocabulary: Vocabulary, layout: Layout) -> Features:
    """What the model sees of the candidates."""
    at = candidates.at
    window = at + np.arange(_WIDTH)[:, None]
    all_codes = np.zeros(len(codes) + 2 * REACH, np.int64)
    all_codes[REACH:-REACH] = codes
    shapes = np.full(len(all_codes), NOTHING)
    shapes[REACH:-REACH] = page.shapes
    numbers = all_codes.take(window)
    rows = vocabulary.rows.take(numbers)
    kinds = vocabulary.kinds.take(numbers) * SHAPES + shapes.take(window)
    gaps = np.zeros(len(codes) + 2 * REACH - 1, np.int64)
    gaps[REACH - 1 : REACH - 1 + len(page.gaps)] = layout.gap_classes.take(page.gaps)
    between = gaps.take(window[:-1])
    endings = np.zeros((_ENDINGS, len(at)), np.int64)
    unlisted = np.flatnonzero(rows[REACH] == UNLISTED)
    if len(unlisted):
        endings[:, unlisted] = np.array([layout.of_word(page.small[place]) for place in at[unlisted].tolist()]).T
    at_gap = (len(layout.gaps) + 1) * np.arange(2 * REACH)[:, None]
    classes = np.concatenate(
        (
            between + (layout.of_gaps + at_gap),
            _whole(page, codes, candidates, kinds[REACH] % SHAPES) + layout.of_whole,
            endings + layout.of_endings,
        )
    )
    return Features(rows, kinds, classes, _pairs(numbers, kinds, between, endings))


# Multiplicative hashing (Knuth, TAOCP 6.4) with odd constants.
_LEFT, _RIGHT, _MIX = (np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))


def _pairs(numbers: Numbers, kinds: Numbers, gaps: Numbers, endings: Numbers) -> Numbers:
    """Numbers for what stands together: each a hash of the pair, so that no table of all pairs is needed."""
    before, here, after = REACH - 1, REACH, REACH + 1
    near = kinds[before : after + 1]
    shapes = near % SHAPES
    shape = shapes[1]
    left_kind, me, right_kind = near // (SHAPES * _GRADES) * SHAPES + shapes
    columns = (
        (kinds[here], kinds[here]),
        (numbers[here], shape),
        (numbers[before], gaps[before]),
        (numbers[after], gaps[here]),
        (left_kind * 4096 + gaps[before], me),
        (right_kind * 4096 + gaps[here], me),
        (numbers[before], me),
        (numbers[after], me),
        (numbers[before], numbers[after]),
        (numbers[before - 1], numbers[before]),
        (numbers[after + 1], numbers[after]),
        (left_kind * 4096 + right_kind, me),
        *((ending, shape) for ending in endings),
    )
    mixed = np.empty((len(columns), len(me)), np.uint64)
    right = np.empty_like(mixed)
    for row, (one, other) in enumerate(columns):
        mixed[row] = one
        right[row] = other
    # The template goes in with the second member.
    right += _TEMPLATES[: len(columns)]
    mixed *= _LEFT
    right *= _RIGHT
    mixed ^= right
    mixed *= _MIX
    mixed >>= np.uint64(64 - 18)
    return mixed.view(np.int64)


_TEMPLATES: Final = np.arange(1, 33, dtype=np.uint64)[:, None] << np.uint64(40)


def _whole(page: Page, codes: Numbers, candidates: Candidates, shapes: Numbers) -> Numbers:
    """What is around a candidate: how many words of the text and near it have capitals, whether a word with one is also
    written without, and which word it is of how long a row.
    """
    at = candidates.at
    has_capital = (page.shapes >= CAPITAL) & (page.shapes <= INITIAL)
    total = np.concatenate(([0], np.cumsum(has_capital)))
    text = page.text.take(at)
    first, last = np.maximum(at - _NEAR, page.begin[text]), np.minimum(at + _NEAR + 1, page.end[text])
    density = (total[last] - total[first]) * _DENSITIES // (last - first + 1)
    mine = codes.take(at)
    places = np.flatnonzero(page.shapes == SMALL)
    small = np.append(np.sort(page.text.take(places) * _TEXT + codes.take(places)), MISSING)
    sought = text * _TEXT + mine
    also_small = (small.take(small[:-1].searchsorted(sought)) == sought) & (mine != UNLISTED) & (shapes != SMALL)
    capitals = total[page.end] - total[page.begin]
    level = np.minimum(_LEVELS - 1, 6 * capitals // np.maximum(page.end - page.begin, 1))[text]
    place = np.where(candidates.places == candidates.lengths - 1, 2, candidates.places > 0)
    row = (np.minimum(candidates.lengths, _LENGTHS) - 1) * 3 + place
    return np.stack(
        (
            level,
            also_small + _LEVELS,
            density + (_LEVELS + 2),
            row + (_LEVELS + 2 + _DENSITIES),
        )
    )
