"""URLs with a user's password, `scheme://user:password@host` (RFC 3986 section 3.2.1; deprecated, and in daily use)."""

from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_secrets.expressions import compiled, readable

_URL: Final = compiled(r"(?i)[a-z][a-z0-9+.-]+://[^\s/?#@:\"'<>`]*:([^\s/?#@\"'<>`]+)@[^\s\"'<>`@]+")
_PUNCTUATION: Final = ".,;:!?)]}*_"
_NO_PASSWORDS: Final = frozenset("<[{*$%")


class UrlCredentialsDetector:
    """Finds URLs that hold a password, as a whole: what it opens is as private as itself; type URLCRED."""

    types: Final = ("URLCRED",)

    def find(self, text: str) -> Iterator[Finding]:
        """Every URL with a password in `text`, without the punctuation behind it."""
        if "://" not in text or "@" not in text:
            return
        for match in _URL.finditer(readable(text)):
            if text[match.start(1)] not in _NO_PASSWORDS:  # a place for a password: ${PASSWORD}
                url = text[match.start() : match.end()].rstrip(_PUNCTUATION)
                yield Finding("URLCRED", match.start(), match.start() + len(url), rule="password in url")
