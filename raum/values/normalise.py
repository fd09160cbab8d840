"""Text as a reader sees it: disguises taken off before detectors run, with the way back to the original kept.

The underscores of Markdown's emphasis (CommonMark 6.2) become blanks. Left out are characters of no width and bare
inline tags of HTML. Rewritten are full-width and mathematical letters, digits of other scripts, exotic blanks, hyphens,
decomposed letters, letters of another script inside a Latin word, and the escapes of HTML (WHATWG HTML 13.5), URLs (RFC
3986 2.1), JSON and JavaScript (RFC 8259 7) and Markdown (CommonMark 2.4), down to escapes of escapes. It is one pass:
what only looks like a disguise once another is off stays as it is.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from html.entities import html5, name2codepoint
from typing import Final

from attrs import field, frozen

_INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
_MOST_MARKS: Final = 30
_LAST_BEFORE_MARKS: Final = "\u02ff"
_MARKS: Final = "\u0300-\u034e\u0350-\u036f"
_BLANKS: Final = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_LINE_ENDS: Final = "\u0085\u2028\u2029"
_HYPHENS: Final = "\u2010-\u2013\u2043\u2212\ufe58\ufe63\uff0d"
_DASHES: Final = "\u2014\u2015"
# Stand for one character each, those of the second line sometimes for a few. Superscripts are notes, not digits.
_COMPATIBLE: Final = (
    "\uff01-\uff0c\uff0e-\uff5e\ufe50-\ufe57\ufe59-\ufe62\ufe64-\ufe6b\U0001d400-\U0001d7ff\U0001fbf0-\U0001fbf9"
)
_LIGATURES: Final = "\u2024\u2100-\u211f\u2121\u2123-\u214f\u2460-\u24ff\ufb00-\ufb06\U0001f100-\U0001f18f"
_DIGITS: Final = "".join(chr(code) for code in range(0x660, 0xABFA) if chr(code).isdecimal())

_LOOKALIKES: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТУХԚԜавеѕіјкорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιονρυ",
        "ABESIJKMHOPCTYXQWabesijkopcyxhdqwABEZHIKMNOPTYXaiovpu",
        strict=True,
    )
)
_LOOKALIKE: Final = "".join(_LOOKALIKES)

_PUNCTUATION: Final = (
    "apos commat period plus hyphen dash lpar rpar lsqb rsqb colon semi comma num lowbar sol equals excl quest ast "
    "percnt dollar NewLine Tab ZeroWidthSpace NoBreak"
)
_NAMED: Final = {name: chr(code) for name, code in name2codepoint.items()} | {
    name: html5[f"{name};"] for name in _PUNCTUATION.split()
}

# Every alternative begins with a character of one set, which the regex engine searches in a tight loop.
_TAG: Final = r"/?(?:b|i|u|s|em|strong|span|font|mark|code|small|tt|wbr)\ ?/?>"
_ESCAPED: Final = rf"""
      (?<=&) (?:amp;){{0,2}} (?: \#[0-9]{{1,7}};? | \#[xX][0-9A-Fa-f]{{1,6}};? | [A-Za-z][A-Za-z0-9]{{1,14}}; )
    | (?<=%) (?:25){{0,2}} (?: 0[9AaDd] | [2-7][0-9A-Fa-f]
        | [C-Fc-f][0-9A-Fa-f](?:%(?:25){{0,2}}[89ABab][0-9A-Fa-f]){{1,3}} )
    | (?<=\\) (?: u[Dd][89ABab][0-9A-Fa-f]{{2}}\\u[Dd][C-Fc-f][0-9A-Fa-f]{{2}} | u(?![Dd][89A-Fa-f])[0-9A-Fa-f]{{4}}
        | x[0-7][0-9A-Fa-f] | [nrt] | [!-~](?<![A-Za-z0-9]) )
    | (?<=[\w.@+-]<) {_TAG} (?:<{_TAG}){{0,3}} (?=[\w.@+-])
"""
_ASCII: Final = re.compile(rf"[&%\\<](?:{_ESCAPED})", re.VERBOSE)
# Where one character becomes several, up to four of them are rewritten together: many pieces take long.
_ONE: Final = _BLANKS + _LINE_ENDS + _HYPHENS + _COMPATIBLE + _DIGITS
_ALL: Final = rf"""
    [&%\\<{_INVISIBLE}{_ONE}{_DASHES}{_LIGATURES}{_LOOKALIKE}] (?: {_ESCAPED}
    | (?<=[{_ONE}]) [{_ONE}]*+
    | (?<=[{_INVISIBLE}]) [{_INVISIBLE}]*+
    | (?<=[{_DASHES}]) [{_DASHES}]{{0,3}}+
    | (?<=[{_LIGATURES}]) [{_LIGATURES}]{{0,3}}+
    | (?<=[A-Za-z][{_LOOKALIKE}]) [{_LOOKALIKE}]*+
    | (?<=[{_LOOKALIKE}])(?<![{_LOOKALIKE}]{{2}}) [{_LOOKALIKE}]*+ (?=[A-Za-z])
    )
"""
_UNICODE: Final = re.compile(_ALL, re.VERBOSE)
_DECOMPOSED: Final = re.compile(rf"\w[{_MARKS}]{{1,8}}|{_ALL}", re.VERBOSE)
# Underscores around a phrase; elsewhere they are a part of the word that they stand beside.
_EMPHASIS: Final = re.compile(r"(?<![\w\\])(_{1,3})(?=[^\s_])([^_\n]{1,200}+)(?<!\s)\1(?!\w)")
_REWRITTEN: Final = re.compile(rf"[{_ONE}{_LIGATURES}]")


class _Characters(dict[int, str]):
    """The table of `str.translate`; what is not in it yet is worked out by Unicode's compatibility mapping (NFKC)."""

    def __missing__(self, code: int) -> str:
        plain = character = chr(code)
        if _REWRITTEN.match(character):
            plain = str(unicodedata.decimal(character, "")) or unicodedata.normalize("NFKC", character)
        self[code] = plain
        return plain


def _members(characters: str) -> list[int]:
    """The code points of what stands inside `[...]` of a pattern."""
    ranges = re.findall(r"(.)(?:-(.))?", characters, re.DOTALL)
    return [code for first, last in ranges for code in range(ord(first), ord(last or first) + 1)]


# The characters beyond ASCII that a disguise can begin with.
_ALL_ASCII: Final = bytes(range(128))
_MARK_SIGNS: Final = frozenset(map(chr, _members(_MARKS)))
_SIGNS: Final = frozenset(map(chr, _members(_INVISIBLE + _ONE + _DASHES + _LIGATURES + _LOOKALIKE)))


_CHARACTERS: Final = _Characters(
    dict.fromkeys(_members(_INVISIBLE), "")
    | dict.fromkeys(_members(_BLANKS), " ")
    | dict.fromkeys(_members(_LINE_ENDS), "\n")
    | dict.fromkeys(_members(_HYPHENS), "-")
    | dict.fromkeys(_members(_DASHES), " - ")
)


@frozen
class Normalised:
    """A normalised text and where each piece of it stood in the original.

    The edits that changed the length are kept as sorted lists: edit `i` wrote `text[starts[i]:ends[i]]` for
    `original[original_starts[i]:original_ends[i]]`.
    """

    text: str = field(repr=False)
    original: str = field(repr=False)
    _starts: Sequence[int] = field(default=(), repr=False)
    _ends: Sequence[int] = field(default=(), repr=False)
    _original_starts: Sequence[int] = field(default=(), repr=False)
    _original_ends: Sequence[int] = field(default=(), repr=False)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]`, which must not be empty, stood in the original.

        Characters left out inside are covered, those at the edges are not. An escape of which any part is covered is
        covered whole, and so is a letter with the marks that combine with it, of which no text has more than 30 (UAX
        #15, stream-safe text format).
        """
        edit = bisect_right(self._starts, start) - 1
        if edit >= 0:
            is_inside = start < self._ends[edit]
            start = self._original_starts[edit] if is_inside else start - self._ends[edit] + self._original_ends[edit]
        edit = bisect_left(self._starts, end) - 1
        if edit >= 0:
            end = self._original_ends[edit] + max(0, end - self._ends[edit])
        original = self.original
        if original[start] > _LAST_BEFORE_MARKS:
            first = max(0, start - _MOST_MARKS)
            while start > first and _combines(original[start]):
                start -= 1
        if original[end : end + 1] > _LAST_BEFORE_MARKS:
            last = min(len(original), end + _MOST_MARKS)
            while end < last and _combines(original[end]):
                end += 1
        return start, end


def normalise(text: str) -> Normalised:
    """The text without disguises. Takes time linear in its length, and next to none if there is nothing to take off."""
    pattern, plain = _ASCII, _EMPHASIS.sub(_blanked, text) if "_" in text else text
    if not text.isascii():
        others = set(text.encode(errors="surrogatepass").translate(None, _ALL_ASCII).decode(errors="surrogatepass"))
        if not others.isdisjoint(_MARK_SIGNS):
            pattern = _DECOMPOSED
        elif not others.isdisjoint(_SIGNS):
            pattern = _UNICODE
    if pattern is _ASCII and not ("&" in text or "%" in text or "\\" in text or "<" in text):
        return Normalised(plain, text)
    return _rewritten(text, plain, pattern)


def _blanked(emphasis: re.Match[str]) -> str:
    blanks = " " * len(emphasis[1])
    return f"{blanks}{emphasis[2]}{blanks}"


def _rewritten(original: str, text: str, pattern: re.Pattern[str]) -> Normalised:
    pieces: list[str] = []
    edits: tuple[list[int], ...] = ([], [], [], [])
    starts, ends, original_starts, original_ends = edits
    plain_forms: dict[str, str] = {}
    done = shift = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        disguised = match[0]
        plain = plain_forms.get(disguised)
        if plain is None:
            plain = plain_forms[disguised] = _plain(disguised)
        if done < start:
            pieces.append(text[done:start])
        pieces.append(plain)
        done = end
        if len(plain) != end - start:
            original_starts.append(start)
            original_ends.append(end)
            starts.append(start + shift)
            shift += len(plain) - end + start
            ends.append(end + shift)
    pieces.append(text[done:])
    return Normalised("".join(pieces), original, *edits)


def _plain(disguised: str) -> str:
    """What a match of the patterns stands for: an escape is undone, and what comes out of it written plainly."""
    undo = _UNDO.get(disguised[0])
    if undo is None and disguised[-1] in _LOOKALIKES:
        return "".join(_LOOKALIKES[character] for character in disguised)
    character = undo(disguised) if undo else unicodedata.normalize("NFC", disguised)
    return character if character.isascii() else character.translate(_CHARACTERS)


def _of_entity(entity: str) -> str:
    name = entity[1:].removeprefix("amp;").removeprefix("amp;").rstrip(";")
    if not name.startswith("#"):
        return _NAMED.get(name, entity) if name else "&"
    code = int(f"0{name[1:]}", 16) if name[1] in "xX" else int(name[1:])
    is_character = 32 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF or code in (9, 10, 13)
    return chr(code) if is_character else entity


def _of_url_escape(escape: str) -> str:
    try:
        return bytes.fromhex(re.sub(r"%(?:25)*(?=..)", "", escape)).decode()
    except ValueError:
        return escape


def _of_backslash(escape: str) -> str:
    if escape[1] in "nrt":
        return "\t" if escape[1] == "t" else "\n"
    if escape[1] not in "ux":
        return escape[1]
    codes = [int(code, 16) for code in re.findall(r"[0-9A-Fa-f]+", escape)]
    return "".join(map(chr, codes)).encode("utf-16", "surrogatepass").decode("utf-16")


_UNDO: Final[dict[str, Callable[[str], str]]] = {
    "&": _of_entity,
    "%": _of_url_escape,
    "\\": _of_backslash,
    "<": lambda _tag: "",
}


def _combines(character: str) -> bool:
    return character > _LAST_BEFORE_MARKS and unicodedata.category(character)[0] == "M"
