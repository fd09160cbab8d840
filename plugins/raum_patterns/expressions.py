"""RE2 expressions: a text is read once, in time linear in its length, however many alternatives there are."""

from typing import Any

import re2  # type: ignore[import-untyped]


def compiled(expression: str) -> Any:
    """An RE2 expression that keeps silent about its errors: RE2 would print them."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression, options)


def readable(text: str) -> str | bytes:
    """The text as RE2 reads it fastest. The offsets of a match are those in the text either way."""
    return text.encode() if text.isascii() else text
