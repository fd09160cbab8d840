"""Sets of characters that the detectors share, in the form in which they stand inside `[...]` of a pattern."""

import unicodedata
from typing import Final

SPACES: Final = " \u00a0\u2000-\u200a\u202f\u205f\u3000"
"""Blanks that may stand between groups of digits: space, no-break, thin and ideographic ones."""

HYPHENS: Final = "\\-\u2010-\u2015\u2212\ufe63\uff0d"
"""Hyphen-minus, the Unicode hyphens and dashes, the minus sign."""

DOTS: Final = ".\u00b7\u2024\uff0e"
"""Full stop, middle dot, one-dot leader, full-width stop."""

INVISIBLE: Final = "\u00ad\u200b-\u200d\u2060\ufeff"
"""Characters of no width that end up inside copied text: soft hyphen, zero-width spaces and joiners."""

UNSPACED: Final = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Thai, Kana, Han and Hangul: scripts that are written without blanks, or glue particles to what they stand beside."""

NOT_GLUED_BEFORE: Final = rf"(?<![^\W_{UNSPACED}])"
"""Nothing before that would make a number the end of a longer word."""

NOT_GLUED_AFTER: Final = rf"(?![^\W_{UNSPACED}])"
"""Nothing after that would make a number the beginning of a longer word."""

_NO_DIGITS: Final = bytes(set(range(128)) - set(b"0123456789"))


def digits_of(text: str) -> str:
    """The decimal digits of a text, of any script, as ASCII digits."""
    if text.isascii():
        return text if text.isdecimal() else text.encode().translate(None, _NO_DIGITS).decode()
    return "".join(str(unicodedata.decimal(character)) for character in text if character.isdecimal())
