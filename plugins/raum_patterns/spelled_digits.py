"""Numbers that are spelled digit by digit: "five five five, oh one three two"."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from raum_patterns.expressions import compiled, readable

_GAP: Final = r"[\s,.-]{1,3}"
_REPEATED: Final = "double |triple "
_FEWEST_WORDS: Final = 6
_WORDS: Final = re.compile(rf"(?:{_REPEATED})?[^\s,.-]+", re.IGNORECASE)


class SpelledDigits:
    """Finds rows of the names of digits; `languages` are the names of 0 to 9, several for a digit joined by `|`."""

    def __init__(self, languages: Iterable[Sequence[str]]) -> None:
        self._values = {
            name: digit for names in languages for digit, joined in enumerate(names) for name in joined.split("|")
        }
        names = "|".join(sorted(self._values, key=len, reverse=True))
        word = rf"(?:{_REPEATED})?(?:{names})"
        self._row = compiled(rf"(?i)(?:^|[^\pL\pN])((?:{word}{_GAP}){{{_FEWEST_WORDS - 1},}}{word})")

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where a row of at least six words stands, and its digits."""
        for row in self._row.finditer(readable(text)):
            start, end = row.span(1)
            words = list(_WORDS.finditer(text, start, end))
            if text[end : end + 1].isalnum():  # the last one is the beginning of another word: `two o` of `two or`
                words.pop()
                end = words[-1].end()
            if len(words) >= _FEWEST_WORDS:
                yield start, end, self._digits(text[start:end])

    def _digits(self, row: str) -> str:
        digits, times = "", 1
        for word in row.lower().replace(",", " ").replace(".", " ").replace("-", " ").split():
            if word in ("double", "triple"):
                times = 2 if word == "double" else 3
            else:
                digits += str(self._values[word]) * times
                times = 1
        return digits
