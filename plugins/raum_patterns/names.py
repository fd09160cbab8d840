"""Names of persons, found by the words next to them: greetings, signatures, introductions, titles, mail headers.

The cue words and the words that are no names are in `words.toml`. Names of the persons whom the ticket's own records
know are not the concern of this detector.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from raum.api import Finding
from raum_patterns.cues import Cue, Cues, fold
from raum_patterns.options import NameOptions
from raum_patterns.persons import Name, NameReader
from raum_patterns.words import word_lists

_SENTENCE_STARTERS: Final = "\n.!?>*:,;(\"'|{[-\u2013\u2014"
_LINE_STARTERS: Final = "\n>*|,;{[(\"'#-\t\u2013\u2014"

_GAP: Final = re.compile(r"[ \u00a0]{1,2}")
_QUOTED_GAP: Final = re.compile(r"[ \u00a0:]{1,3}[\"'\u201c\u2018*]{0,2}")
_SIGNATURE_GAP: Final = re.compile(
    r"[ \t,.!;:\u2026\u2013-]{0,6}(?:[,.!;:\u2026\u2013-] ?|\r?\n[ \t>*_\u2013\u2014-]{0,6}){1,3}"
)
_LABEL_GAP: Final = re.compile(r"[\"'*]{0,2}[ \t]{0,8}[:=][ \t\"'*]{0,9}")
_LIST_GAP: Final = re.compile(r"(?:[,;] ?|,? (?P<conjunction>[^\W_]{1,3}|&) )")

_LINE_END: Final = re.compile(r"[ \t,.!*_]{0,4}(?:[\r\n|(<\u2013\u2014]|\Z)")
_FIELD_END: Final = re.compile(r"[ \t\"'*]{0,3}(?:[\r\n,;|(<\[}&]|\Z)|[ \t]{2}| [\u2013\u2014-]")
_DASHES: Final = re.compile(r"^[ \t]{0,3}(?:--|\u2014|\u2013)[ \t]?(?:\r?\n)?", re.MULTILINE)
_ADDRESS: Final = re.compile(r"([<(\[])(?:mailto:)?[^\s<>@()\[\]]{1,64}@")
_UNCAPITALISED: Final = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{2,20})?+(?=[,.!;]|\s*\Z|\s*\n| (?:and|from|und|aus) )")
_UNSPACED: Final = re.compile(
    r"(?:我叫|我的名字是|名前は|(?:姓名|氏名|名前)[:：] ?)([\u4e00-\u9fff々]{2,4}|[\u30a1-\u30fa・ー]{2,15})"
    r"|([\u4e00-\u9fff々]{2,5})(?=と申します|といいます|です。?\Z)"
)

_LONGEST_LIST: Final = 20

_Rule = Callable[[str, str, Cue], Iterator[Name]]
_CUES: Final = (
    "greetings", "closings", "titles", "introductions", "requests", "statements", "labels", "name_labels", "afterwards",
)  # fmt: skip


class NameDetector:
    """Finds names of persons next to a cue; type NAME."""

    def __init__(self, options: NameOptions) -> None:
        words = {name: (*listed, *getattr(options, name, ())) for name, listed in word_lists("name").items()}
        sets = {name: frozenset(map(fold, listed)) for name, listed in words.items()}
        self._cues = Cues({name: words[name] for name in _CUES})
        self._reader = NameReader(
            titles=frozenset(title.rstrip(".") for title in sets["titles"]),
            particles=sets["particles"],
            not_names=sets["not_names"],
            organisations=sets["organisations"],
        )
        self._followers, self._conjunctions, self._not_names = (
            sets["followers"],
            sets["conjunctions"],
            sets["not_names"],
        )
        self._rules: dict[str, _Rule] = {
            "greetings": self._greeted,
            "closings": self._signed,
            "titles": self._titled,
            "introductions": self._introduced,
            "requests": self._introduced,
            "statements": self._stated,
            "labels": self._labelled,
            "name_labels": self._labelled,
            "afterwards": self._mentioned,
        }

    def find(self, text: str) -> list[Finding]:
        """Every name in `text` that stands next to a cue, without its title."""
        folded = fold(text)
        names = [name for cue in self._cues.find(folded) for name in self._rules[cue.kind](text, folded, cue)]
        names += self._addressed(text)
        names += self._dashed(text)
        spans = {(name.start, name.end) for name in names}
        spans |= {match.span(match.lastindex or 0) for match in _UNSPACED.finditer(text)}
        return [Finding("NAME", start, end, 0.8) for start, end in sorted(spans)]

    def _greeted(self, text: str, _folded: str, cue: Cue) -> Iterator[Name]:
        """`Hi Jane`, `Dear Mr. Doe and Ms. Roe`, at the start of a sentence."""
        gap = _GAP.match(text, cue.end)
        if gap and _stands_behind(text, cue.start, _SENTENCE_STARTERS):
            yield from self._listed(text, gap.end())

    def _signed(self, text: str, _folded: str, cue: Cue) -> Iterator[Name]:
        """`Best regards,` and a line that is a name."""
        gap = _SIGNATURE_GAP.match(text, cue.end)
        if gap and _stands_behind(text, cue.start, _SENTENCE_STARTERS):
            yield from self._alone(text, gap.end())

    def _dashed(self, text: str) -> Iterator[Name]:
        """`-- ` and a line that is a name."""
        for dashes in _DASHES.finditer(text):
            yield from self._alone(text, dashes.end())

    def _alone(self, text: str, at: int) -> Iterator[Name]:
        name = self._reader.read(text, at)
        if name and _LINE_END.match(text, name.end):
            yield name

    def _titled(self, text: str, _folded: str, cue: Cue) -> Iterator[Name]:
        """`Mrs. Doe`, `Frau Dr. Müller`."""
        at = cue.end + text.startswith(".", cue.end)
        gap = _GAP.match(text, at)
        if gap and text[cue.start].isupper() and (name := self._reader.read(text, gap.end())):
            yield name

    def _introduced(self, text: str, folded: str, cue: Cue) -> Iterator[Name]:
        """`My name is Jane`, `my name is jane doe.`."""
        gap = _QUOTED_GAP.match(text, cue.end)
        if not gap:
            return
        if name := self._reader.read(text, gap.end()):
            yield name
            return
        words = _UNCAPITALISED.match(folded, gap.end()) if cue.kind == "introductions" else None
        if words and self._not_names.isdisjoint(words[0].split()):
            yield Name(words.start(), words.end(), 2)

    def _stated(self, text: str, folded: str, cue: Cue) -> Iterator[Name]:
        """`I am Jane Doe`, `this is Jane from Example`."""
        gap = _QUOTED_GAP.match(text, cue.end)
        name = self._reader.read(text, gap.end()) if gap else None
        if name and (name.words > 1 or self._is_followed(folded, name.end)):
            yield name

    def _is_followed(self, folded: str, end: int) -> bool:
        return (
            folded[end : end + 1] == " " and folded[end + 1 : end + 20].split(" ")[0].rstrip(",.!") in self._followers
        )

    def _labelled(self, text: str, _folded: str, cue: Cue) -> Iterator[Name]:
        """`From: Jane Doe`, `"name": "Jane"`, `To: Jane Doe, John Roe`."""
        gap = _LABEL_GAP.match(text, cue.end)
        if not gap or not _stands_behind(text, cue.start, _LINE_STARTERS):
            return
        fewest = 1 if cue.kind == "name_labels" else 2
        for name in self._listed(text, gap.end()):
            if name.words >= fewest and _FIELD_END.match(text, name.end):
                yield name

    def _mentioned(self, text: str, _folded: str, cue: Cue) -> Iterator[Name]:
        """`Jane Doe wrote:`."""
        if name := self._reader.read_before(text, cue.start):
            yield name

    def _addressed(self, text: str) -> Iterator[Name]:
        """`Jane Doe <jane@example.com>`; in parentheses, only full names."""
        for address in _ADDRESS.finditer(text):
            name = self._reader.read_before(text, address.start())
            if name and (name.words > 1 or address[1] == "<"):
                yield name

    def _listed(self, text: str, at: int) -> Iterator[Name]:
        """Names in a row: `Jane, John and Mary`."""
        for _ in range(_LONGEST_LIST):
            name = self._reader.read(text, at)
            if not name:
                return
            yield name
            gap = _LIST_GAP.match(text, name.end)
            if not gap or (gap["conjunction"] and gap["conjunction"].lower() not in self._conjunctions):
                return
            at = gap.end()


def _stands_behind(text: str, at: int, starters: str) -> bool:
    """Whether the text begins at `at`, or what stands before, but for a few blanks, is one of the starters."""
    before = text[max(0, at - 4) : at].rstrip(" \u00a0")
    return not before or before[-1] in starters
