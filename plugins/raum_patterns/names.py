"""Names of persons, found by the words next to them and by a model of what names look like.

Greetings, signatures, introductions, titles and mail headers are rules, whose cue words and words that are no names are
in `words.toml`; the rest is left to the model (`name_model`). Names of the persons whom the ticket's own records know
are not the concern of this detector.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from raum.api import Finding
from raum_patterns.cues import Cues, Place, fold
from raum_patterns.encoded_names import decoded_names
from raum_patterns.name_model import Guess, NameModel, Weights, shipped_weights
from raum_patterns.name_shapes import shaped_names
from raum_patterns.name_words import Words
from raum_patterns.namelists import name_lists
from raum_patterns.options import NameOptions
from raum_patterns.persons import Name, NameReader
from raum_patterns.words import word_lists

_SENTENCE_STARTERS: Final = "\n.!?>*:,;(\"'|{[-\u2013\u2014"
_LINE_STARTERS: Final = "\n.>*|,;{[(\"'#-\t\u2013\u2014"

_GAP: Final = re.compile(r"[ \u00a0]{1,2}")
_TITLE_GAP: Final = re.compile(r"\.?[ \u00a0]{1,2}")
_QUOTED_GAP: Final = re.compile(r"[ \u00a0:]{1,3}[\"'\u201c\u2018*]{0,2}")
_SIGNATURE_GAP: Final = re.compile(
    r"[ \t,.!;:\u2026\u2013-]{0,6}(?:[,.!;:\u2026\u2013-] ?|\r?\n[ \t>*_\u2013\u2014-]{0,6}){1,3}"
)
_LABEL_GAP: Final = re.compile(r"[\"'*]{0,2}[ \t]{0,8}[:=][ \t\"'*]{0,9}")
_LIST_GAP: Final = re.compile(r"(?:[,;] ?|,? (?P<conjunction>[^\W_]{1,3}|&) )(?=\w)")

_LINE_END: Final = re.compile(r"[ \t,.!*_]{0,4}(?:[\r\n|(<\u2013\u2014]|\Z)")
_FIELD_END: Final = re.compile(r"[ \t\"'*]{0,3}(?:[\r\n,;|(<\[}&]|\Z)|[ \t]{2}| [\u2013\u2014-]")
_DASHES: Final = re.compile(r"^[ \t]{0,3}(?:--|\u2014|\u2013)[ \t]?(?:\r?\n)?", re.MULTILINE)
_ADDRESS: Final = re.compile(r"([<(\[])(?:mailto:)?[^\s<>@()\[\]]{1,64}@")
_UNCAPITALISED: Final = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{2,20})?+(?=[,.!;]|\s*\Z|\s*\n| (?:and|from|und|aus) )")
# `Jane/ John`, `Jane/John` is no path.
_OR: Final = re.compile(r"/ ?[^\W\d_a-z]")
_EITHER: Final = re.compile(r"(?:^|[\s(,;:])[^\W\d_a-z][^\W\d_]{0,30}/\Z")
_REST_OF_ADDRESS: Final = re.compile(r"(?:[.+-][\w.+-]{0,40})?@[\w-]{1,63}\.\w")
_LONGEST_ADDRESS: Final = 80

_PLAIN: Final = re.compile(r"[^\W\d_]{2,20}")
_PAUSE: Final = re.compile(r" ?(?:[,;:()\r\n\u2013\u2014]|-[ \n]|[.!?]{1,3}(?:\s|\Z)|\Z)")
_HANDLE: Final = re.compile(r"@(?<![\w.@/]@)([^\W\d_]{2,20})")
_GOES_ON: Final = re.compile(r"[\w'\u2019\u02bc\u2010-]|[ \u00a0]\w")
_PARTS: Final = re.compile(r"[\W_]+")

_LONGEST_LIST: Final = 20
_PAGE: Final = 10_000
"""So many characters are enough to read together."""
_GLUE: Final = frozenset("@_/\\")
_OF_ADDRESS: Final = frozenset(".+-@")
_THINGS: Final = "things"
_SURE: Final = 0.8
_SURE_AMONG_NOUNS: Final = 2.0
"""The log odds that a name on no list needs where every noun has a capital."""

_Rule = Callable[[str, str, Sequence[Place]], Iterable[Name]]
# Where several rules find a name, the last of them is the one that is told.
_CUES: Final = (
    "greetings", "closings", "requests", "introductions", "statements", "labels", "name_labels", "titles", "afterwards",
)  # fmt: skip
_RULES: Final = {kind: kind.replace("_", " ") for kind in _CUES}


class NameDetector:
    """Finds names of persons next to a cue; type NAME."""

    types: Final = ("NAME",)

    def __init__(self, options: NameOptions, weights: Weights | None = None) -> None:
        words = {name: (*listed, *getattr(options, name, ())) for name, listed in word_lists("name").items()}
        sets = {name: frozenset(map(fold, listed)) for name, listed in words.items()}
        self._cues = Cues({name: words[name] for name in (*_CUES, _THINGS)})
        lists = name_lists(sets["particles"], sets["ordinary"])
        self._model = NameModel(weights or shipped_weights(), lists, sets["openers"])
        self._names = lists.names()
        self._ambiguous = lists.ambiguous_names()
        self._reader = NameReader(
            titles=frozenset(title.rstrip(".") for title in sets["titles"]),
            particles=sets["particles"],
            not_names=sets["not_names"] | lists.ordinary_words(),
            organisations=sets["organisations"],
        )
        self._given = lists.given_names() - self._reader.not_names - sets["organisations"]
        self._noun_capitals, self._small_titles = sets["noun_capitals"], sets["small_titles"]
        self._followers, self._conjunctions, self._not_names = (
            sets["followers"],
            sets["conjunctions"],
            sets["not_names"].union(*(sets[name] for name in ("greetings", "closings", "labels", "name_labels"))),
        )
        self._rules: dict[str, _Rule] = {
            "greetings": self._greeted,
            "closings": self._signed,
            "titles": self._titled,
            "introductions": self._introduced,
            "requests": self._requested,
            "statements": self._stated,
            "labels": self._labelled,
            "name_labels": self._named,
            "afterwards": self._mentioned,
        }

    def find(self, text: str) -> list[Finding]:
        """Every name in `text`, without its title; `rule` says which cue it stands at, or that the model found it."""
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[str]) -> list[list[Finding]]:
        """The same for each of several texts, many of them read together: native code costs as much for a few words."""
        return [findings for some in _pages(texts) for findings in self._find_in(some)]

    def _find_in(self, texts: Sequence[str]) -> list[list[Finding]]:
        folded = [fold(text) for text in texts]
        words = [Words(*each) for each in zip(texts, folded, strict=True)]
        ruled = [self._ruled(*each) for each in zip(texts, folded, words, strict=True)]
        known = [
            _words_of({small[slice(*span)] for span in spans}) for (spans, _), small in zip(ruled, folded, strict=True)
        ]
        guesses = self._model.find_all(words, known)
        return [
            _merged(spans, self._checked(text, small, its, things, _others(found, spans)))
            for text, small, its, (spans, things), found in zip(texts, folded, words, ruled, guesses, strict=True)
        ]

    def _ruled(self, text: str, folded: str, words: Words) -> tuple[dict[Place, str], list[Place]]:
        """The names that a rule finds, each with the rule, and the things that have a name in theirs."""
        cues = self._cues.among(folded, words.small, words.begins)
        things = cues[_THINGS]
        if things:
            begun = {start for start, _ in things}
            cues["titles"] = [title for title in cues["titles"] if title[0] not in begun]
        spans = {
            (start, end): rule
            for kind, rule in _RULES.items()
            if cues[kind]
            for start, end, _ in self._rules[kind](text, folded, cues[kind])
        }
        spans |= {(start, end): "address" for start, end, _ in self._addressed(text)}
        spans |= {(start, end): "dashes" for start, end, _ in self._dashed(text)}
        if "@" in text:
            spans |= dict.fromkeys(self._called(text), "mention")
        spans |= dict.fromkeys(self._encoded(words), "base64")
        return spans | shaped_names(text), things

    def _checked(
        self, text: str, folded: str, words: Words, things: list[Place], guesses: list[Guess]
    ) -> Iterator[Guess]:
        """What the model found, without titles; pieces of addresses and words that are no names are left out."""
        if not guesses:
            return
        is_among_nouns = len(self._noun_capitals.intersection(words.small)) > 1
        has_titles = self._reader.has_titles(words.small)
        for guess in guesses:
            start, end, score = guess
            if has_titles and (start := self._reader.behind_titles(text, start)) >= end:
                continue
            if is_among_nouns and score < _SURE_AMONG_NOUNS and not self._is_listed(folded, Name(start, end, 1)):
                continue
            if folded[start:end] in self._not_names or _is_glued(text, start, end) or _is_within(things, start, end):
                continue
            yield Guess(start, end, score)

    def _greeted(self, text: str, _folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`Hi Jane`, `Dear Mr. Doe and Ms. Roe`, at the start of a sentence."""
        for start, end in cues:
            gap = _GAP.match(text, end)
            if gap and _stands_behind(text, start, _SENTENCE_STARTERS):
                yield from self._listed(text, gap.end())

    def _signed(self, text: str, _folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`Best regards,` and a line that is a name."""
        for start, end in cues:
            gap = _SIGNATURE_GAP.match(text, end)
            if gap and _stands_behind(text, start, _SENTENCE_STARTERS):
                yield from self._alone(text, gap.end())

    def _dashed(self, text: str) -> Iterator[Name]:
        """`-- ` and a line that is a name."""
        for dashes in _DASHES.finditer(text):
            yield from self._alone(text, dashes.end())

    def _alone(self, text: str, at: int) -> Iterator[Name]:
        name = self._reader.read(text, at) or self._ambiguous_name(text, at)
        if name and _LINE_END.match(text, name.end):
            yield name

    def _titled(self, text: str, folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`Mrs. Doe`, `Frau Dr. Müller`."""
        behind = 0
        for start, end in cues:
            if start < behind:  # within the name behind the title before
                continue
            gap = _TITLE_GAP.match(text, end)
            may_be_small = text[start].isupper() or folded[start:end] in self._small_titles
            if gap and may_be_small and (name := self._reader.read(text, gap.end())):
                behind = name.end
                yield name

    def _requested(self, text: str, _folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`May I speak to Jane Doe`."""
        for _, end in cues:
            gap = _QUOTED_GAP.match(text, end)
            if gap and (name := self._reader.read(text, gap.end())):
                yield name

    def _introduced(self, text: str, folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`My name is Jane`, `my name is jane doe.`."""
        for _, end in cues:
            gap = _QUOTED_GAP.match(text, end)
            if not gap:
                continue
            if name := self._reader.read(text, gap.end()):
                yield name
                continue
            words = _UNCAPITALISED.match(folded, gap.end())
            if words and (self._reader.not_names.isdisjoint(words[0].split()) or self._is_name(text, words)):
                yield Name(words.start(), words.end(), 2)

    def _is_name(self, text: str, word: "re.Match[str]") -> bool:
        """Whether an ordinary word is written like a name that it can be: `My name is Will.`"""
        return text[word.start()].isupper() and word[0] in self._names

    def _stated(self, text: str, folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`I am Jane Doe`, `this is Jane from Example`, `this is mark from billing`."""
        behind = 0
        for start, end in cues:
            gap = _QUOTED_GAP.match(text, end)
            if not gap or start < behind:  # within what was read behind the cue before
                continue
            name, word = self._reader.read(text, gap.end()), _PLAIN.match(folded, gap.end())
            if not name and word and word[0] in self._names:
                name = Name(word.start(), word.end(), 1)
            behind = name.end if name else end
            if name and (self._is_listed(folded, name) if name.words > 1 else self._is_stated(text, folded, name)):
                yield name

    def _is_stated(self, text: str, folded: str, name: Name) -> bool:
        """Whether a single name goes on like one: `from Example`, or, if it can be little else, with a pause."""
        return self._is_followed(folded, name.end) or (
            self._is_given(folded, name) and _PAUSE.match(text, name.end) is not None
        )

    def _is_listed(self, folded: str, name: Name) -> bool:
        """Whether a word of the name is on a list of names: companies stand in such places as well."""
        return not self._names.isdisjoint(_PARTS.split(folded[name.start : name.end]))

    def _is_given(self, folded: str, name: Name) -> bool:
        """Whether a name is one word, and that a given name and hardly anything else."""
        return folded[name.start : name.end] in self._given

    def _ambiguous_name(self, text: str, at: int) -> Name | None:
        """`Will`, `Grace`: what is a given name only where one is expected, alone and with a capital."""
        word = _PLAIN.match(text, at)
        if not word or not word[0].istitle() or fold(word[0]) not in self._ambiguous:
            return None
        return Name(word.start(), word.end(), 1) if _PAUSE.match(text, word.end()) else None

    def _is_followed(self, folded: str, end: int) -> bool:
        return (
            folded[end : end + 1] == " " and folded[end + 1 : end + 20].split(" ")[0].rstrip(",.!") in self._followers
        )

    def _labelled(self, text: str, folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`From: Jane Doe`, `To: Jane Doe, John Roe`: people, and teams as well."""
        return (name for name in self._named(text, folded, cues) if self._is_person(folded, name))

    def _named(self, text: str, _folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`"name": "Jane"`, `Customer: Jane Doe`."""
        for start, end in cues:
            # Most are no labels: `to`, `from` and `a` are words as well.
            gap = _LABEL_GAP.match(text, end)
            if gap and _stands_behind(text, start, _LINE_STARTERS):
                yield from (name for name in self._listed(text, gap.end()) if _FIELD_END.match(text, name.end))

    def _is_person(self, folded: str, name: Name) -> bool:
        return self._is_listed(folded, name) if name.words > 1 else self._is_given(folded, name)

    def _called(self, text: str) -> Iterator[Place]:
        """`@Jane`, `@Jane Doe`, as chats and internal notes call somebody."""
        for sign in _HANDLE.finditer(text):
            if not sign[1].istitle() or sign[1].lower() not in self._given:
                continue
            start, end = sign.span(1)
            if _GOES_ON.match(text, end):
                if not (name := self._reader.read(text, start)):
                    continue
                is_whole = self._names.issuperset(_PARTS.split(fold(text[start : name.end])))
                end = name.end if is_whole else end
            if text[end : end + 1].isspace() or _PAUSE.match(text, end):
                yield start, end

    def _mentioned(self, text: str, _folded: str, cues: Sequence[Place]) -> Iterator[Name]:
        """`Jane Doe wrote:`."""
        for start, _ in cues:
            if name := self._reader.read_before(text, start):
                yield name

    def _addressed(self, text: str) -> Iterator[Name]:
        """`Jane Doe <jane@example.com>`; in parentheses, only full names."""
        for address in _ADDRESS.finditer(text):
            name = self._reader.read_before(text, address.start())
            if name and (name.words > 1 or address[1] == "<"):
                yield name

    def _encoded(self, words: Words) -> Iterator[tuple[int, int]]:
        """What is base64 of a full name, one word of which is on the lists."""
        for start, end, text in decoded_names(words):
            name = self._reader.read(text, 0)
            if name and name.words > 1 and name.end - name.start == len(text) and self._is_listed(fold(text), name):
                yield start, end

    def _listed(self, text: str, at: int) -> Iterator[Name]:
        """Names in a row: `Jane, John and Mary`."""
        for _ in range(_LONGEST_LIST):
            name = self._reader.read(text, at) or self._ambiguous_name(text, at)
            if not name:
                return
            yield name
            gap = _LIST_GAP.match(text, name.end)
            if not gap or (gap["conjunction"] and gap["conjunction"].lower() not in self._conjunctions):
                return
            at = gap.end()


def _pages(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in order, so many together as are long enough: the memory that they take grows with their length."""
    page, length = [], 0
    for text in texts:
        page.append(text)
        length += len(text)
        if length >= _PAGE:
            yield page
            page, length = [], 0
    if page:
        yield page


def _merged(spans: dict[tuple[int, int], str], guesses: Iterable[Guess]) -> list[Finding]:
    """The names of the rules and those of the model; of two that overlap the longer one.

    The rule is right about where a name begins: what stands before, within a guess of the model, is its cue.
    """
    found = [(start, False, end, _SURE, rule) for (start, end), rule in spans.items()]
    found += [(start, True, end, min(_SURE, 0.5 + score / 10), "model") for start, end, score in guesses]
    found.sort()
    kept: list[tuple[int, bool, int, float, str]] = []
    for start, is_guess, end, score, rule in found:
        if kept and kept[-1][2] > start:
            first, is_other_guess, last, _, _ = kept[-1]
            if end - start <= last - first and (end != last or is_guess or not is_other_guess):
                continue
            kept.pop()
        kept.append((start, is_guess, end, score, rule))
    return [Finding("NAME", start, end, score, rule) for start, _, end, score, rule in kept]


def _others(guesses: Iterable[Guess], spans: Collection[Place]) -> list[Guess]:
    """The guesses of what no rule has found."""
    return [guess for guess in guesses if (guess.start, guess.end) not in spans]


def _words_of(names: Iterable[str]) -> set[str]:
    """The words of names, but for short ones, such as particles."""
    return {word for word in _PARTS.split(" ".join(names)) if len(word) > 2}


def _is_glued(text: str, start: int, end: int) -> bool:
    """Whether the first or the last word goes on beyond a sign, as in paths, handles and addresses."""
    if text[start - 1 : start] in _GLUE and not _EITHER.search(text[max(0, start - 34) : start]):
        return True
    behind = text[end : end + 1]
    if behind in _GLUE and not _OR.match(text, end):
        return True
    if behind in _OF_ADDRESS and _REST_OF_ADDRESS.match(text, end):
        return True
    return text[start - 1 : start] == "." and _is_in_address(text, start)


def _is_within(things: list[Place], start: int, end: int) -> bool:
    """Whether the last of the things that begin before `end` goes beyond `start`."""
    before = bisect_left(things, (end, 0)) if things else 0
    return before > 0 and things[before - 1][1] > start


def _is_in_address(text: str, at: int) -> bool:
    """Whether the word that goes on at `at` has an at sign before."""
    before = text[max(0, at - _LONGEST_ADDRESS) : at].rsplit(None, 1)
    return bool(before) and "@" in before[-1]


def _stands_behind(text: str, at: int, starters: str) -> bool:
    """Whether the text begins at `at`, or what stands before, but for a few blanks, is one of the starters."""
    if text[at - 1 : at] in starters:  # nothing is, too
        return True
    before = text[max(0, at - 4) : at].rstrip(" \u00a0")
    return not before or before[-1] in starters
