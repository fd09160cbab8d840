"""E-mail addresses, grown from the at sign to both sides.

The local part takes the characters of RFC 5322 section 3.2.3 that also occur in running text without being its
punctuation, plus those of RFC 6531; quoted local parts are found as well, and the equals signs of bounce addresses
(VERP, BATV, SRS). The domain is two or more labels (RFC 1035, RFC 5890), the last of them beginning with a letter, or
an address literal in brackets.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_patterns.characters import INVISIBLE, UNSPACED
from raum_patterns.options import EmailOptions
from raum_patterns.spelled_email import SpelledEmails

# Beyond ASCII everything is part of an address but blanks, punctuation, symbols and emoji.
_NOT_IN_WORDS: Final = (
    "\u0000-\u007f\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u1680\u180e\u2000-\u206f\u2190-\u2bff"
    "\u3000-\u3004\u3008-\u3020\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ud800-\udfff\U0001f000-\U0001faff"
)
_WIDE: Final = rf"[^{_NOT_IN_WORDS}]"
_LETTER_OR_DIGIT: Final = rf"(?:[A-Za-z0-9]|{_WIDE})"

_AT: Final = re.compile(r"@(?=[\w\[])")
_ANY_AT: Final = re.compile(r"[@\uff20\ufe6b](?=[\w\[])")

# Matched against the text before the at sign, reversed. Text without blanks that leads up to an ASCII address is left
# out: of such scripts at most one character stands between two others.
_LOCAL_REVERSED: Final = re.compile(
    rf"""
    (?: [A-Za-z0-9.!#$%&'*+^_~{INVISIBLE}-] | [^{_NOT_IN_WORDS}{UNSPACED}]
      | [{UNSPACED}](?![{UNSPACED}]) ){{1,128}}
    | (?: [A-Za-z0-9._+-] | {_WIDE} ){{1,64}}
    """,
    re.VERBOSE,
)
_QUOTED_REVERSED: Final = re.compile(r'"(?:"\\|[^"\r\n]){1,64}"(?![\\\w])')
_BOUNCE_REVERSED: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}(?:=[A-Za-z0-9._+-]{1,64}){1,4}(?![A-Za-z0-9.=?&/])")
_BOUNCE: Final = re.compile(
    r"(?:bounces?|returns?|verp|prvs|btv1|msprvs1|srs[01])[=+-]|[\w.-]{1,64}\+[\w.+-]{1,64}=[\w-]{1,63}\.",
    re.IGNORECASE,
)
_USER_AND_PASSWORD_REVERSED: Final = re.compile(r":[^\s:/@]{1,64}//:[a-z]")
_LONGEST_LOCAL: Final = 160

_DOT: Final = r"[.\u3002\uff0e\uff61]"
_LABEL: Final = rf"{_LETTER_OR_DIGIT}(?:[A-Za-z0-9_{INVISIBLE}-]|{_WIDE}){{0,62}}"
_TOP_LEVEL: Final = rf"(?:xn--[A-Za-z0-9-]{{1,59}}|[A-Za-z][A-Za-z0-9]{{1,62}}|{_WIDE}{{2,63}})"
# A capital after a small letter and a dot, past the first dot, begins a sentence whose blank was forgotten.
_NEW_SENTENCE: Final = r"(?<=[a-z]\.)[A-Z][a-z]"
_DOMAIN: Final = re.compile(
    rf"""
    (?! [0-9A-F]{{8}}\.[0-9A-F]{{8}}\b | \d x \.(?:png|jpe?g|gif|webp|svg)\b )   # inline images: cid and @2x
    (?! v?\d{{1,4}}\.\d{{1,4}}\. )                                                # package@1.2.3
    (?: {_LABEL}{_DOT} (?:(?!{_NEW_SENTENCE}){_LABEL}{_DOT}(?!{_NEW_SENTENCE})){{0,8}} {_TOP_LEVEL}
      | \[(?:IPv6:)?[0-9A-Fa-f.:]{{3,45}}\] )
    """,
    re.VERBOSE,
)


class EmailDetector:
    """Finds e-mail addresses of any script; type EMAIL."""

    types: Final = ("EMAIL",)

    def __init__(self, options: EmailOptions) -> None:
        self._spelled = SpelledEmails(options)

    def find(self, text: str) -> Iterator[Finding]:
        """Every address in `text`, without the punctuation around it."""
        for at in (_AT if text.isascii() else _ANY_AT).finditer(text):
            domain = _DOMAIN.match(text, at.end())
            start = _start_of_local(text, at.start()) if domain else None
            if domain and start is not None and not _is_login(text, start, domain.end()):
                yield Finding("EMAIL", start, domain.end(), rule="at sign")
        yield from self._spelled.find(text)


def _start_of_local(text: str, at: int) -> int | None:
    """Where the local part that ends at `at` begins; None if there is none."""
    before = text[max(0, at - _LONGEST_LOCAL) : at][::-1]
    quoted = _QUOTED_REVERSED.match(before)
    if quoted and any(character.isalnum() for character in quoted[0]):
        return at - quoted.end()
    bounce = _BOUNCE_REVERSED.match(before)
    if bounce and _BOUNCE.match(bounce[0][::-1]):
        return at - bounce.end()
    local = _LOCAL_REVERSED.match(before)
    if not local:
        return None
    # Marks in front belong to the sentence or its markup: "...jane@", "*jane@", "'jane@".
    name = local[0].rstrip("".join(character for character in set(local[0]) if not character.isalnum()))
    return at - len(name) if name else None


def _is_login(text: str, start: int, end: int) -> bool:
    """Whether this is how a URL or a shell names a user of a host: `ssh://user:password@host`, `git@host:path`."""
    if text.startswith("git@", start):
        return text.startswith((":", "/"), end)
    return _USER_AND_PASSWORD_REVERSED.match(text[max(0, start - _LONGEST_LOCAL) : start][::-1]) is not None
