"""Texts without case, accents and width, as values are compared and looked for."""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final

# Letters with a stroke and ligatures, which Unicode does not decompose.
_PLAIN: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_ASCII: Final = bytes(range(128))
_FEW: Final = 64
_AT_ONCE: Final = 20_000
_VERY_FEW: Final = 8


def _folded(character: str) -> str:
    # A compatible form may be a capital (that of a raised A), and a small letter may split again.
    small = unicodedata.normalize("NFKD", character).casefold()
    decomposed = unicodedata.normalize("NFKD", small).translate(_PLAIN)
    return unicodedata.normalize("NFC", "".join(char for char in decomposed if not unicodedata.combining(char)))


def _folded_word(character: str) -> str:
    return "".join(char if char.isalnum() else " " for char in _folded(character))


class _Table(dict[int, str]):
    """A table of `str.translate` that works out what is not in it yet. It holds single characters, never a value."""

    def __init__(self, plain: Callable[[str], str]) -> None:
        super().__init__({code: plain(chr(code)) for code in range(128)})
        self._plain = plain

    def __missing__(self, code: int) -> str:
        plain = self[code] = self._plain(chr(code))
        return plain


_FOLDED: Final = _Table(_folded)
_WORDS: Final = _Table(_folded_word)
_ASCII_WORDS: Final = "".join(map(_folded_word, map(chr, range(128)))).encode() + bytes(range(128, 256))


def fold(text: str) -> str:
    """Case, accents and width taken away: `MÜLLER` and `Muller` fold to `muller`."""
    return text.lower() if text.isascii() else _translated(text, _FOLDED)


def words_only(text: str) -> str:
    """The text folded, with a blank for everything that is neither letter nor digit."""
    text = _in_few_letters(text)
    return text.encode().translate(_ASCII_WORDS).decode() if text.isascii() else _translated(text, _WORDS)


def _in_few_letters(text: str) -> str:
    """The text with what is beyond ASCII folded if that makes it ASCII, which is translated many times faster."""
    if not text.isascii():
        others = _beyond_ascii(text)
        if len(others) < _FEW and all(_WORDS[ord(character)].isascii() for character in others):
            for character in others:
                text = text.replace(character, _WORDS[ord(character)])
    return text


def _translated(text: str, table: _Table) -> str:
    """The text translated, in pieces: a long one would take a while without a pause for other threads."""
    if len(text) <= _AT_ONCE:
        return text.translate(table)
    return "".join(text[at : at + _AT_ONCE].translate(table) for at in range(0, len(text), _AT_ONCE))


def _beyond_ascii(text: str) -> set[str]:
    others = text.encode(errors="surrogatepass").translate(None, _ASCII)
    return set(others.decode(errors="surrogatepass"))


def strung(folded: str) -> str:
    """What `words_only` made of a text, without its blanks."""
    return folded.encode().translate(None, b" ").decode() if folded.isascii() else folded.replace(" ", "")


class Reading:
    """A text as a search reads it, and the way back to the places in the text.

    `folded` is what `words_only` makes of the text, with one more blank at either end; `strung` is the same without
    blanks. A character may fold to several (`\u00df` to `ss`), or to none: an accent that stands by itself.
    """

    __slots__ = ("_edits", "folded", "strung", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = f" {words_only(text)} "
        self.strung = strung(self.folded)
        self._edits: _Edits | None = () if text.isascii() else None

    def start(self, place: int) -> int:
        """Where in the text the character stands that `folded` has at `place`."""
        edits = self._edited() if self._edits is None else self._edits
        if not edits:
            return place - 1
        starts, ends, places = edits
        edit = bisect_right(starts, place) - 1
        if edit < 0:
            return place - 1
        return places[edit] if place < ends[edit] else places[edit] + 1 + place - ends[edit]

    def end(self, place: int) -> int:
        """Where in the text the character ends before which `folded` is cut at `place`."""
        edits = self._edited() if self._edits is None else self._edits
        if not edits:
            return place - 1
        starts, ends, _ = edits
        edit = bisect_right(starts, place) - 1
        is_inside = edit >= 0 and starts[edit] < place < ends[edit]
        return self.start(place - 1) + 1 if is_inside else self.start(place)

    def _edited(self) -> "_Edits":
        """Where `folded` has more or fewer characters than the text: from and to there, and the place in the text."""
        uneven = {char for char in _beyond_ascii(self.text) if len(_WORDS[ord(char)]) != 1}
        self._edits = ()
        if uneven:
            self._edits = starts, ends, places = [], [], []
            shift = 1
            for place in _occurrences(self.text, uneven):
                length = len(_WORDS[ord(self.text[place])])
                starts.append(place + shift)
                ends.append(place + shift + length)
                places.append(place)
                shift += length - 1
        return self._edits


_Edits = tuple[()] | tuple[list[int], list[int], list[int]]


def _occurrences(text: str, characters: set[str]) -> Iterable[int]:
    if len(characters) > _VERY_FEW:
        return [place for place, character in enumerate(text) if character in characters]
    places = []
    for character in characters:
        place = text.find(character)
        while place >= 0:
            places.append(place)
            place = text.find(character, place + 1)
    return sorted(places)
