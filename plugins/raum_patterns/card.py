"""Payment card numbers: digits of a known brand's prefix and length whose check digit is right.

Prefixes and lengths are those of ISO/IEC 7812 issuers as the card schemes publish them; the check digit is the Luhn
formula of ISO/IEC 7812-1, annex B. What the text itself calls a card number is one even when it is mistyped. A number
that is masked or named by its end ("ending in 1111") is none: PCI DSS, requirement 3.4, lets anybody see that.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final

from raum.api import Finding
from raum_patterns.characters import DOTS, HYPHENS, NOT_GLUED_AFTER, SPACES, UNSPACED, digits_of
from raum_patterns.options import CardOptions
from raum_patterns.spelled_digits import SpelledDigits
from raum_patterns.words import words_by_language, words_of_all_languages

_BRANDS: Final = re.compile(
    r"""
      4 (?: \d{12} | \d{15} | \d{18} )                                                    # Visa
    | 5[1-5] \d{14} | (?: 222[1-9] | 22[3-9]\d | 2[3-6]\d\d | 27[01]\d | 2720 ) \d{12}     # Mastercard
    | 3[47] \d{13}                                                                        # American Express
    | 3 (?: 0[0-5]\d | 095 | [689]\d\d ) \d{10} | 3[689] \d{14,17}                        # Diners Club
    | (?: 6011 | 64[4-9]\d | 65\d\d ) \d{12,15}                                           # Discover
    | 35 \d{14,17} | (?: 1800 | 2131 ) \d{11}                                             # JCB
    | (?: 62 | 81 ) \d{14,17}                                                             # UnionPay
    | 220[0-4] \d{12,15}                                                                  # Mir
    | 9792 \d{12}                                                                         # Troy
    | (?: 50 | 5[6-9] | 6\d ) \d{10,17}                                                   # Maestro
    """,
    re.VERBOSE | re.ASCII,
)
_FIRST_DIGITS: Final = "234568"
_OTHER_PREFIXES: Final = ("1800", "9792")
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_SINGLE: Final = bytes.maketrans(b"0123456789", bytes(range(10)))


_DIGIT_BY_DIGIT: Final = "digit by digit"
_SHORTEST, _USUAL, _LONGEST = 12, 15, 19
_MOST_GROUPS = 6
_SIMPLE: Final = rf"[{SPACES}]?[{HYPHENS}{DOTS}]?[{SPACES}]?"
# People write cards in one piece, in groups of three digits or more, or digit by digit.
_RUN: Final = re.compile(
    rf"""
    \d (?<![^\W_{UNSPACED}]\d) (?<!\d\.\d) (?<![0-9A-Fa-f]{{4}}-\d)
    (?: \d{{2,}}+ {NOT_GLUED_AFTER} (?:[\W_]{{1,4}}\d{{3,}}+{NOT_GLUED_AFTER})*+
      | (?P<digits> (?<!\D\d[\W_]\d) (?:{_SIMPLE}\d){{11,18}}+ (?!{_SIMPLE}\d) {NOT_GLUED_AFTER} ) )
    """,
    re.VERBOSE,
)
# A run is looked for where there are so many digits, or marks and digits in turn.
_MARK: Final = re.compile(rf"[0-9][\W_0-9]{{{_SHORTEST - 2},}}[0-9]")
_GROUP: Final = re.compile(r"\d+")
_LONG_GROUP: Final = re.compile(r"\d{3}")
_JOIN: Final = re.compile(_SIMPLE)
# How numbers are printed on cards. Written so, any marks may stand between the groups, and the end of a line.
_PRINTED: Final = frozenset({(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (6, 13)})


_WINDOW_BEFORE, _WINDOW_BEHIND = 48, 32
_WORD: Final = re.compile(r"[^\W\d_]+")
# It begins with one set of characters, which the regex engine searches in a tight loop.
_END_OF_CLAUSE: Final = re.compile(r"[\d!?;\n.](?:(?<=[\d!?;])|(?<=\n)(?=.)|(?<=\.)(?<!no\.)(?<!nr\.))")


def is_card_number(digits: str) -> bool:
    """Whether ASCII digits have a brand's prefix and length and a correct check digit."""
    if not _BRANDS.fullmatch(digits):
        return False
    code = digits.encode()[::-1]
    return (sum(code[::2].translate(_SINGLE)) + sum(code[1::2].translate(_DOUBLED))) % 10 == 0


class CardDetector:
    """Finds payment card numbers, in one piece or in groups; type CC."""

    types: Final = ("CC",)

    def __init__(self, options: CardOptions) -> None:
        words = words_of_all_languages("card")
        self._cues = frozenset(cue.lower() for cue in (*words["cues"], *options.cues))
        self._between = frozenset(words["between"])
        self._spelled = SpelledDigits(lists["digits"] for lists in words_by_language("phone").values())
        self._kinds, self._others = frozenset(words["kinds"]), frozenset(words["others"])

    def find(self, text: str) -> Iterator[Finding]:
        """Every card number in `text`, from its first digit to its last."""
        for mark in _MARK.finditer(text):
            if len(digits_of(mark[0])) >= _SHORTEST:
                yield from self._among(text, mark.start(), mark.end() + 1)
        for start, end, digits in self._spelled.find(text):
            if is_card_number(digits) or (
                _SHORTEST <= len(digits) <= _LONGEST and self._is_announced(text, start, end)
            ):
                yield Finding("CC", start, end, 0.9, rule="spelled out")

    def _among(self, text: str, first: int, last: int) -> Iterator[Finding]:
        while run := _RUN.search(text, first, last):
            start, first = run.span()
            if first - start < _SHORTEST:
                continue
            if not run["digits"]:
                spans = [group.span() for group in _GROUP.finditer(text, start, first)]
                if sum(end - begin for begin, end in spans) >= _SHORTEST:
                    yield from self._cards(text, spans)
            elif is_card_number(digits_of(run[0])):
                yield Finding("CC", start, first, rule=_DIGIT_BY_DIGIT)
            elif inside := list(self._behind_item(text, start, first)):
                yield from inside
            elif self._is_announced(text, start, first):
                yield Finding("CC", start, first, rule=_DIGIT_BY_DIGIT)

    def _behind_item(self, text: str, start: int, end: int) -> Iterator[Finding]:
        """The card behind the number of an item, which digit by digit would be a part of it: `1. 4111 1111 ...`."""
        group = _LONG_GROUP.search(text, start, end)
        return self._among(text, group.start(), end) if group and group.start() > start else iter(())

    def _cards(self, text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Finding]:
        """The cards in a run of digit groups: each group may begin one, the longest that fits is taken."""
        groups = _Groups(text, spans)
        first = 0
        while first < len(spans) and groups.left(first) >= _SHORTEST:
            ends = groups.ends_from(first)
            end = next((end for end in reversed(ends) if is_card_number(groups.digits(first, end))), 0)
            rule = "brand and check digit"
            if end and not groups.are_alike(first, end):  # the groups of something else may be among them
                first, end = next(self._within(groups, first, end), (first, end))
            if ends and not end and (whole := groups.mistyped(first, ends)):
                behind = spans[-1 if not first else whole - 1][1]
                end, rule = whole if self._is_announced(text, spans[first][0], behind) else 0, "announced"
            if end:
                yield Finding("CC", spans[first][0], spans[end - 1][1], rule=rule)
            first = end or first + 1

    def _within(self, groups: "_Groups", first: int, end: int) -> Iterator[tuple[int, int]]:
        """The cards that begin further inside and are written in one way throughout."""
        for start in range(first + 1, end):
            for stop in reversed(groups.ends_from(start)):
                if groups.are_alike(start, stop) and is_card_number(groups.digits(start, stop)):
                    yield start, stop

    def _is_announced(self, text: str, start: int, end: int) -> bool:
        if not _WORD.search(text, max(0, start - _WINDOW_BEFORE), end + _WINDOW_BEHIND):
            return False
        before = text[max(0, start - _WINDOW_BEFORE) : start].lower().rstrip()
        words = _WORD.findall(_END_OF_CLAUSE.split(before)[-1])
        for index in range(len(words) - 1, -1, -1):
            if words[index] in self._others:
                return False
            if words[index] in self._cues:
                return not index or words[index - 1] not in self._kinds
        return self._is_announced_behind(text, end)

    def _is_announced_behind(self, text: str, end: int) -> bool:
        words = _WORD.findall(_END_OF_CLAUSE.split(text[end : end + _WINDOW_BEHIND].lower(), maxsplit=1)[0])
        behind = next((word for word in words if word not in self._between), None)
        return behind in self._cues and words[0] in self._between


class _Groups:
    """The digit groups of a run, and whether what stands before each is usual between groups of one number."""

    def __init__(self, text: str, spans: Sequence[tuple[int, int]]) -> None:
        self._sizes = tuple(end - start for start, end in spans)
        self._offsets = (0, *accumulate(self._sizes))
        self._digits = digits_of(text[spans[0][0] : spans[-1][1]])
        marks = ["", *(text[end:start] for (_, end), (start, _) in pairwise(spans))]
        kinds = set(marks)
        usual = {mark for mark in kinds if _JOIN.fullmatch(mark)}
        self._marks = marks
        self._joined = [mark in usual for mark in marks]
        self._fractions = {index for index, mark in enumerate(marks) if mark == "."} if "." in kinds else ()

    def left(self, first: int) -> int:
        """How many digits the groups from the first one on have."""
        return len(self._digits) - self._offsets[first]

    def digits(self, first: int, end: int) -> str:
        """The digits of groups `first` to `end`, as ASCII digits."""
        return self._digits[self._offsets[first] : self._offsets[end]]

    def are_alike(self, first: int, end: int) -> bool:
        """Whether the same stands between all of the groups `first` to `end`."""
        return len(set(self._marks[first + 1 : end])) < 2

    def ends_from(self, first: int) -> list[int]:
        """Where stretches of groups end that begin with the first and are written as a card number may be."""
        ends: list[int] = []
        begin, is_joined = self._offsets[first], True
        if first in self._fractions or (
            self._digits[begin] not in _FIRST_DIGITS and not self._digits.startswith(_OTHER_PREFIXES, begin)
        ):
            return ends
        for end in range(first + 1, min(first + _MOST_GROUPS, len(self._sizes)) + 1):
            length = self._offsets[end] - begin
            if length > _LONGEST:
                break
            is_joined = is_joined and (end == first + 1 or self._joined[end - 1])
            if length < _SHORTEST:
                continue
            # Twelve digits of a longer row pass the check by chance.
            is_part = end - first > 1 and end - first < len(self._sizes) and length < _USUAL
            is_usual = is_joined and not is_part and self.are_alike(first, end)
            if is_usual or self._sizes[first:end] in _PRINTED:
                ends.append(end)
        return ends

    def mistyped(self, first: int, ends: Sequence[int]) -> int:
        """Which end makes the groups most like a card number with a wrong check digit; 0 if none does.

        Amid other groups it is printed as on a card, and something else stands before it than inside.
        """
        if self._digits[self._offsets[first]] not in "23456":
            return 0
        printed = [end for end in ends if self._sizes[first:end] in _PRINTED]
        if first:
            return min(printed) if printed and self._marks[first] != self._marks[first + 1] else 0
        return min(printed) if printed else max(ends)
