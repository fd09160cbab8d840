"""Phone numbers whose last digits are letters of the keypad: 1-800-FLOWERS, (202) 555-HELP.

The letters are those of ITU-T E.161; North American numbers have three digits of area code and seven more, and letters
past those are dialled in vain but advertised all the same.
"""

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

# Both begin with one fixed character, which the regex engine searches as fast as memory can be read.
_TOLL_FREE: Final = re.compile(
    r"8(?:00|33|44|55|66|77|88)\)?[-. ](?:[A-Z0-9]{2,10}(?:[- ][A-Z0-9]{1,8}){0,2}|(?<=-)[a-z]{6,10})(?!\w)"
)
_LOCAL: Final = re.compile(r"-(?<=[0-9]{3}-)(?:[A-Z]{4}|[A-Z]{3}[0-9]|[0-9][A-Z]{3})(?![\w-])")
_BEFORE_TOLL_FREE: Final = re.compile(r"(?:(?<!\w)(?:\+ ?1|1|0|00 ?1)[-. ]?)?\(?\Z")
_BEFORE_LOCAL: Final = re.compile(
    r"(?:(?<![\w-])\+?1[-. ])?(?:(?<![\w-])[2-9]\d\d[-. ]|\([2-9]\d\d\) ?)?(?<!\w)\d{3}\Z"
)
_WINDOW: Final = 20
_DIGITS_OF_NUMBER, _DIGITS_WITHOUT_AREA = 10, 7
_MOST_DIGITS = 14


@frozen
class VanityNumber:
    """`text[start:end]` reads like a vanity number; `is_sure` if it does so without a word that announces it."""

    start: int
    end: int
    is_sure: bool


def vanity_numbers(text: str) -> Iterator[VanityNumber]:
    """Everything that is written like a vanity number."""
    for match in _TOLL_FREE.finditer(text):
        before = _BEFORE_TOLL_FREE.search(text, max(0, match.start() - _WINDOW), match.start())
        start = before.start() if before else match.start()
        dialled = _dialled(match[0])
        is_free = start == 0 or not (text[start - 1].isalnum() or text[start - 1] in "-.")
        if is_free and _DIGITS_OF_NUMBER <= dialled <= _MOST_DIGITS and sum(map(str.isalpha, match[0])) >= 3:
            has_prefix = match.start() - start > 1
            yield VanityNumber(start, match.end(), has_prefix or (dialled == _DIGITS_OF_NUMBER and "-" in match[0]))
    for match in _LOCAL.finditer(text):
        before = _BEFORE_LOCAL.search(text, max(0, match.start() - _WINDOW), match.start())
        if before:
            dialled = _dialled(before[0]) + _dialled(match[0])
            yield VanityNumber(before.start(), match.end(), dialled > _DIGITS_WITHOUT_AREA)


def _dialled(written: str) -> int:
    return sum(map(str.isalnum, written))
