"""Names in base64 (RFC 4648, section 4): `SmFuZSBEb2U=` stands for `Jane Doe`."""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

import numpy as np

from raum_patterns.name_words import MIXED, NOT_LETTERS, Words

_SHORTEST, _LONGEST = 8, 64
_PADDING: Final = "="


def decoded_names(words: Words) -> Iterator[tuple[int, int, str]]:
    """Where a word of the text, with its padding, is base64 of two or more words, and these words.

    What is written in Latin letters has letters and digits alone in base64, so it is one word.
    """
    is_one = (words.shapes == MIXED) | (words.shapes == NOT_LETTERS)
    is_one &= (words.lengths >= _SHORTEST - len("==")) & (words.lengths <= _LONGEST)
    for at in np.flatnonzero(is_one).tolist():
        start, end = int(words.starts[at]), int(words.ends[at])
        padding = -(end - start) % 4
        if padding < 3 and words.text.startswith(_PADDING * padding, end):
            text = _decoded(words.text[start : end + padding])
            if " " in text:
                yield start, end + padding, text


def _decoded(encoded: str) -> str:
    """The text, or nothing if it is no text or has characters that stand in no name."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return text if text.isprintable() else ""
