"""IP addresses: version 4 in dotted decimals (RFC 791), version 6 in the text forms of RFC 4291 and RFC 4007.

A port or the length of a prefix behind an address is not part of it. Numbers of versions and sections look like version
4 addresses; what stands before them tells them apart.
"""

import re
import socket
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_ids.introduced import compiled, readable

_V4: Final = compiled(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}")
# Two colons side by side or at least six of them.
_V6: Final = compiled(
    r"(?:[0-9A-Fa-f:]*::|(?:[0-9A-Fa-f]{1,4}:){6})[0-9A-Fa-f:]*(?:(?:\.[0-9]{1,3}){3})?(?:%[0-9A-Za-z]{1,15})?"
)
_COLONS: Final = 6
_LONGEST_V6: Final = 61

# What introduces a version or a section.
_VERSIONS: Final = frozenset((
    "v", "ver", "version", "versions", "versie", "versión", "versão", "versione", "release", "rel", "build", "firmware",
    "driver", "revision", "rev", "patch", "update", "upgrade", "upgraded", "section", "sections", "sec", "chapter",
    "clause", "article", "paragraph", "para", "abschnitt", "kapitel", "absatz", "oid", "§", "§§",
))  # fmt: skip
_PRE_RELEASE: Final = re.compile(r"[-+](?:rc|alpha|beta|dev|pre|snapshot|build|b[0-9])", re.IGNORECASE)
_BETWEEN: Final = frozenset(("is", "to", "from", "no"))
_BEFORE_VERSION: Final = " .:=\"'("
_WORD: Final = re.compile(r"\w+|§+")
_LOOK_BACK: Final = 32


class IpDetector:
    """Finds IP addresses of versions 4 and 6; type IP."""

    types: Final = ("IP",)

    def find(self, text: str) -> Iterator[Finding]:
        """Every address in `text`, without port and prefix length, with its zone."""
        ends: set[int] = set()
        if "::" in text or text.count(":") >= _COLONS:
            yield from _version_6(text, ends)
        if "." not in text:
            return
        for match in _V4.finditer(readable(text)):
            start, end = match.span()
            if end not in ends and _is_version_4(text, start, end):
                yield Finding("IP", start, end, 1.0, "version 4")


def _is_version_4(text: str, start: int, end: int) -> bool:
    if max(map(int, text[start:end].split("."))) > 255:
        return False
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    if before.isalnum() or before in ("_", ".") or after[:1].isalnum() or (after[:1] == "." and after[1:].isdigit()):
        return False
    return not (_PRE_RELEASE.match(text, end) or _is_version(text[max(0, start - _LOOK_BACK) : start]))


def _is_version(before: str) -> bool:
    """Whether a version or section number follows: `version 1.2.3.4`, `upgraded to 1.2.3.4`, `Chrome/120.0.0.0`."""
    introduction = before.rstrip(_BEFORE_VERSION)
    if not introduction.endswith("/") and not (introduction[-1:].isalpha() or introduction.endswith("§")):
        return False
    words: list[str] = _WORD.findall(introduction)[-2:]
    if not words or not before.rstrip(_BEFORE_VERSION + "/").endswith(words[-1]):
        return False
    if before.endswith("/"):
        return words[-1][0].isupper()
    last = words[-1].lower()
    return last in _VERSIONS or (last in _BETWEEN and words[0].lower() in _VERSIONS)


def _version_6(text: str, ends: set[int]) -> Iterator[Finding]:
    """Those of version 6; `ends` is where the digits of those end that may end in an address of version 4."""
    for match in _V6.finditer(readable(text)):
        start, end = match.span()
        if text[end - 1] == ":" != text[end - 2]:
            end -= 1  # punctuation
        if end - start > _LONGEST_V6 or (start and text[start - 1].isalnum()) or text[end : end + 1].isalnum():
            continue
        address, _, zone = text[start:end].partition("%")
        if _is_version_6(address) and _has_digit(address + zone):
            if "." in address:
                ends.add(start + len(address))
            yield Finding("IP", start, end, 1.0, "version 6")


def _is_version_6(address: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return False
    return True


def _has_digit(written: str) -> bool:
    """Whether not all of it is colons and letters, which are more often code: `std::cafe`."""
    letters = written.replace(":", "")
    return bool(letters) and not letters.isalpha()
