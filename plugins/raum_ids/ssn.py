"""US social security numbers.

Three, two and four digits (20 CFR 422.103). The Social Security Administration never gave out the area 000, the group
00 and the serial 0000; areas from 900 on are individual taxpayer numbers of the same shape (IRS), found alike. Other
unissued areas count: people mistype, and test data is written as if it were real.
"""

from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_ids.introduced import Introduced, compiled, readable, stands_alone
from raum_ids.options import CueOptions

_HYPHEN: Final = r"[\-‐-―−]"
_HYPHENATED: Final = compiled(rf"[0-9]{{3}}{_HYPHEN}[0-9]{{2}}{_HYPHEN}[0-9]{{4}}")

# What is introduced may be without hyphens, masked in part, or have letters that look like digits.
_DIGIT: Final = "[0-9OoQIlSsBZGX*•#]"
_INTRODUCED: Final = (
    rf"{_DIGIT}{{3}}[\s.‐-―−-]{{1,3}}{_DIGIT}{{2}}[\s.‐-―−-]{{1,3}}{_DIGIT}{{4}}"
    r"|[0-9]{9}|[X*•#]{3,5}[ -]?(?:[X*•#]{2}[ -])?[0-9]{4}"
)
_FEWEST_DIGITS: Final = 3


class SsnDetector:
    """Finds US social security numbers: in groups with hyphens, or introduced as one; type SSN."""

    types: Final = ("SSN",)

    def __init__(self, options: CueOptions) -> None:
        self._introduced = Introduced("ssn", options.cues, _INTRODUCED)

    def find(self, text: str) -> Iterator[Finding]:
        """Every social security number in `text`."""
        for match in _HYPHENATED.finditer(readable(text)):
            start, end = match.span()
            if stands_alone(text, start, end) and _was_issued(text[start:end]):
                yield Finding("SSN", start, end, rule="hyphenated")
        for _, start, end in self._introduced.spans(text):
            if sum(map(str.isdigit, text[start:end])) >= _FEWEST_DIGITS:
                yield Finding("SSN", start, end, 0.9, rule="introduced")


def _was_issued(number: str) -> bool:
    return number[:3] != "000" and number[4:6] != "00" and number[7:] != "0000"
