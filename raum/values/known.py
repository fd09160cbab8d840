"""Finding values that are already known: the helpdesk's own records, and everything found elsewhere in the ticket.

The same search serves three times. Along the detectors it finds the persons on record; after them it finds every other
place where a value stands; and before anything leaves it is the egress check. Redaction and egress check can therefore
not disagree about what counts as the same value.

A value is looked for without regard to case, accents and what separates its characters. All values are looked for at
once (Aho and Corasick 1975): names word by word, others in the text strung together, so that thousands of values cost
hardly more than one. What is built for the search holds the values and lives as long as they do.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from raum.findings import Finding
from raum.model import Person
from raum.values.folding import Reading, strung, words_only
from raum.values.identity import LITERAL
from raum.values.known_names import KnownNames
from raum.values.people import name_forms, name_tokens, user_name, without_blanks
from raum.values.phones import phone_number
from raum.values.search import Place, Search

# How many characters may stand between two words of one value.
_GAP = 3

# Shorter values are not searched for: they would be found by chance. The detectors still find them in their places.
_LEAST = {"EMAIL": 5, "PHONE": 7, "CC": 12}
_LEAST_OTHER = 5


class _Needle(NamedTuple):
    """What a string that is looked for stands for: `gap` characters may separate its own; `whole`: no part of more."""

    type: str
    gap: int = _GAP
    whole: bool = True


class KnownValues:
    """Searches texts for the values of persons on record and for further (type, value) pairs."""

    def __init__(self, persons: Iterable[Person] = (), values: Iterable[tuple[str, str]] = ()) -> None:
        self._values: set[tuple[str, str]] = set()
        self._needles: dict[str, _Needle] = {}
        self._find_needles = Search(self._needles)
        self._names = KnownNames()
        for person in persons:
            self._add_names(*person.names)
            for email in person.emails:
                self.add("EMAIL", email)
            for phone in person.phones:
                self.add("PHONE", phone)
        for type_, value in values:
            self.add(type_, value)

    def add(self, type_: str, value: str) -> None:
        """Search for this value too."""
        if (type_, value) in self._values:
            return
        self._values.add((type_, value))
        if type_ == "NAME":
            self._add_names(value)
        else:
            for needle, meaning in _searchable(type_, value).items():
                self._needles.setdefault(needle, meaning)

    def _add_names(self, *names: str) -> None:
        for name in names:
            if without_blanks(name):
                words = words_only(name).split()
                for word in words:
                    if len(word) > 1:
                        self._needles.setdefault(word, _Needle("NAME", gap=0, whole=False))
                self._needles.setdefault("".join(words), _Needle("NAME", whole=False))
        self._names.add([form for name in names for form in sorted(name_forms(name))])

    def covers(self, type_: str, value: str) -> bool:
        """Whether a search for this value as well would find nothing that this search does not."""
        if (type_, value) in self._values:
            return True
        if type_ == "NAME":
            return self._names.covers(name_tokens(value))
        return self._needles.keys() >= _searchable(type_, value).keys()

    def find(self, text: str) -> list[Finding]:
        """Every place in `text` where one of the values stands, in whatever case and spacing."""
        return self.places(Reading(text))

    def places(self, reading: Reading) -> list[Finding]:
        """The same, for a text that was read already."""
        return [*self._strung_places(reading), *self._names.places(reading)]

    def _strung_places(self, reading: Reading) -> Iterator[Finding]:
        for needle, start, end in _apart(self._needle_places(reading)):
            type_, _, whole = self._needles[needle]
            first, last = reading.start(start), reading.end(end)
            if type_ == "PHONE":
                first = _with_prefix(reading.text, first, last)
            yield Finding(type_, first, last, rule="known value" if whole else "known name")

    def _needle_places(self, reading: Reading) -> Iterator[Place]:
        """Where needles stand in `folded`, in order."""
        folded = reading.folded
        start, at = -1, -1  # a place of `folded`, and which of the characters of `strung` stands there
        gaps = _Gaps(folded)
        for needle, first, last in self._find_needles(reading.strung):
            _, gap, whole = self._needles[needle]
            start, at = _forward(folded, start, first - at), first
            if whole and _continues(folded, start - 1, start):
                continue
            end = _forward(folded, start, last - first - 1) + 1
            if (whole and _continues(folded, end, end - 1)) or gaps.wider_than(gap, start, end):
                continue
            yield needle, start, end


class _Gaps:
    """Where many blanks stand side by side; to be asked in order of the places."""

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._next: dict[int, int] = {}

    def wider_than(self, gap: int, start: int, end: int) -> bool:
        """Whether more than so many blanks part what stands between two places."""
        at = self._next.get(gap, -1)
        if at < start:
            at = self._folded.find(" " * (gap + 1), start)
            self._next[gap] = at = at if at >= 0 else len(self._folded)
        return at + gap < end


def _apart(places: Iterable[Place]) -> Iterator[Place]:
    """Those places that cover as much as all: of a needle that overlaps itself again and again hardly any is needed.

    The next one is the first that is apart from the one before; between the two, the last that overlaps that one.
    """
    ends: dict[str, int] = {}
    between: dict[str, Place] = {}
    for place in places:
        needle, start, end = place
        if start < ends.get(needle, 0):
            between[needle] = place
            continue
        if needle in between:
            yield between.pop(needle)
        ends[needle] = end
        yield place
    yield from between.values()


def _forward(folded: str, place: int, count: int) -> int:
    """The place of the character `count` characters after the one at `place`, blanks not counted."""
    until = place + 1
    while count:
        until, count = until + count, folded.count(" ", until, until + count)
    return until - 1


def _continues(folded: str, neighbour: int, edge: int) -> bool:
    """Whether the character beside a value goes on with it: a digit beside a digit, a letter beside a letter."""
    beside, last = folded[neighbour], folded[edge]
    if beside.isalpha() and last.isalpha():
        return beside.isascii() == last.isascii()
    return beside.isdecimal() and last.isdecimal()


def _with_prefix(text: str, start: int, end: int) -> int:
    """The start of a phone number together with the plus, and the bracket that is closed inside it, which open it."""
    while start and (text[start - 1] == "+" or (text[start - 1] == "(" and ")" in text[start:end])):
        start -= 1
    return start


def _searchable(type_: str, value: str) -> dict[str, _Needle]:
    """The strings to look for, but for those so short that they would be found by chance."""
    least = _LEAST.get(type_, _LEAST_OTHER)
    needles = {needle: _Needle(type_) for needle in _needles(type_, value) if len(needle) >= least}
    if type_ == "EMAIL" and (user := user_name(value)):
        needles.setdefault(user, _Needle("NAME", gap=1))
    return needles


def _needles(type_: str, value: str) -> Iterator[str]:
    """The strings that stand for a value in a text strung together."""
    if type_ == LITERAL:
        return
    if type_ == "EMAIL" and not 0 < value.find("@") == value.rfind("@") < len(value) - 1:
        return
    yield strung(words_only(value))
    if type_ == "PHONE":
        number = phone_number(value)
        national = number.national.lstrip("0")
        yield number.country + national + number.extension
        yield national
        yield "0" + national
