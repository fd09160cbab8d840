"""Payment card numbers: digits of a known brand's prefix and length whose check digit is right.

Prefixes and lengths are those of ISO/IEC 7812 issuers as the card schemes publish them; the check digit is the Luhn
formula of ISO/IEC 7812-1, annex B.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_patterns.characters import DOTS, HYPHENS, NOT_GLUED_AFTER, NOT_GLUED_BEFORE, SPACES, digits_of

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
    | (?: 50 | 5[6-9] | 6\d ) \d{10,17}                                                   # Maestro
    """,
    re.VERBOSE | re.ASCII,
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_SHORTEST, _LONGEST = 12, 19
_SEPARATOR: Final = rf"[{SPACES}]?[{HYPHENS}{DOTS}]?[{SPACES}]?"
_GROUP: Final = rf"\d++{NOT_GLUED_AFTER}"
_RUN: Final = re.compile(rf"{NOT_GLUED_BEFORE}(?<![0-9A-Fa-f]{{4}}-){_GROUP}(?:{_SEPARATOR}{_GROUP})*+")
_DIGITS: Final = re.compile(r"\d+")


def is_card_number(digits: str) -> bool:
    """Whether ASCII digits have a brand's prefix and length and a correct check digit."""
    if not _BRANDS.fullmatch(digits):
        return False
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(_DOUBLED[int(digit)] for digit in even)) % 10 == 0


class CardDetector:
    """Finds payment card numbers, in one piece or in groups; type CC."""

    def find(self, text: str) -> Iterator[Finding]:
        """Every card number in `text`, from its first digit to its last."""
        for run in _RUN.finditer(text):
            if run.end() - run.start() >= _SHORTEST:
                yield from _cards(text, [match.span() for match in _DIGITS.finditer(text, *run.span())])


def _cards(text: str, groups: list[tuple[int, int]]) -> Iterator[Finding]:
    """The cards in a run of digit groups: each group may begin one, the longest that fits is taken."""
    numbers = [digits_of(text[start:end]) for start, end in groups]
    first = 0
    while first < len(groups):
        # What follows a decimal point is a fraction.
        is_fraction = first > 0 and text[groups[first - 1][1] : groups[first][0]] == "."
        count = 0 if is_fraction else _groups_of_card(numbers[first : first + _LONGEST])
        if count:
            yield Finding("CC", groups[first][0], groups[first + count - 1][1])
        first += count or 1


def _groups_of_card(numbers: list[str]) -> int:
    """How many of the groups, from the first on, make the longest card; 0 if none do.

    People write cards in one piece, in groups of three digits or more, or digit by digit.
    """
    count, digits = 0, ""
    one_by_one = len(numbers[0]) == 1
    for index, number in enumerate(numbers, start=1):
        digits += number
        if len(digits) > _LONGEST or (len(number) != 1 if one_by_one else len(number) < 3):
            break
        if len(digits) >= _SHORTEST and is_card_number(digits):
            count = index
    return count
