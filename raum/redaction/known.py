"""Finding values that are already known: the helpdesk's own records, and everything found elsewhere in the ticket.

The same search serves three times. Along the detectors it finds the persons on record; after them it finds every other
place where a value stands; and before anything leaves it is the egress check. Redaction and egress check can therefore
not disagree about what counts as the same value.

A value is looked for without regard to case and to what separates its characters: the search runs over the words of a
text strung together, at the speed of `str.find`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property

from attrs import frozen

from raum.model import Finding, Person
from raum.redaction.identity import fold, name_tokens, phone_number, without_blanks
from raum.redaction.placeholders import LITERAL
from raum.redaction.words import NOBODY, ORDINARY

_WORD = re.compile(r"[^\W_]+")

# How many characters may stand between two words of one value, and the characters that join a name's words.
_GAP = 3
_NAME_JOINT = re.compile(r"[ \u00a0.,'’_\-\u2010\u2011+]{0,2}|\.? ")

# Shorter values are not searched for: they would be found by chance. The detectors still find them in their places.
_LEAST = {"EMAIL": 5, "PHONE": 7, "CC": 12}
_LEAST_OTHER = 5


@frozen
class _Words:
    """A text's words strung together in lower case, with the way back to the places in the text."""

    text: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "_Words":
        starts, offsets, words = [], [], []
        length = 0
        for match in _WORD.finditer(text):
            word = _lower(match[0])
            starts.append(match.start())
            offsets.append(length)
            words.append(word)
            length += len(word)
        return cls(text, tuple(starts), tuple(offsets), tuple(words))

    @cached_property
    def strung(self) -> str:
        return "".join(self.words)

    def place(self, at: int) -> int:
        """Where in the text a character of the string stands."""
        index = bisect_right(self.offsets, at) - 1
        return self.starts[index] + at - self.offsets[index]

    def find(self, needle: str) -> Iterator[tuple[int, int]]:
        """Where the characters of `needle` stand in the text, not as a part of something longer of the same kind."""
        at = self.strung.find(needle)
        while at >= 0:
            span = self._span(at, at + len(needle))
            if span:
                yield span
            at = self.strung.find(needle, at + 1)

    def _span(self, at: int, until: int) -> tuple[int, int] | None:
        start, end = self.place(at), self.place(until - 1) + 1
        if _continues(self.text, start - 1, start) or _continues(self.text, end, end - 1):
            return None
        first, last = bisect_right(self.offsets, at) - 1, bisect_right(self.offsets, until - 1) - 1
        gaps = (self.starts[i + 1] - self.starts[i] - len(self.words[i]) for i in range(first, last))
        return None if any(gap > _GAP for gap in gaps) else (start, end)


def _lower(word: str) -> str:
    """Lower case, unless that has another length: then it would move the offsets."""
    lower = word.lower()
    return lower if len(lower) == len(word) else word


def _continues(text: str, neighbour: int, edge: int) -> bool:
    """Whether the character beside a value goes on with it: a digit beside a digit, a letter beside a letter."""
    if not 0 <= neighbour < len(text):
        return False
    return (text[neighbour].isdecimal() and text[edge].isdecimal()) or (
        text[neighbour].isalpha() and text[edge].isalpha() and text[neighbour].isascii() == text[edge].isascii()
    )


class KnownValues:
    """Searches texts for the values of persons on record and for further (type, value) pairs."""

    def __init__(self, persons: Iterable[Person] = (), values: Iterable[tuple[str, str]] = ()) -> None:
        self._needles: dict[str, str] = {}
        self._names: dict[str, set[int]] = {}
        self._unspaced: set[str] = set()
        self._people = 0
        for person in persons:
            self._add_names(*person.names)
            for email in person.emails:
                self._add("EMAIL", email)
            for phone in person.phones:
                self._add("PHONE", phone)
        for type_, value in values:
            if type_ == "NAME":
                self._add_names(value)
            else:
                self._add(type_, value)

    def _add_names(self, *names: str) -> None:
        for name in names:
            if without_blanks(name):
                words = name.split()
                self._unspaced.update((name, "".join(words), *(word for word in words if len(word) > 1)))
            for token in name_tokens(name):
                self._names.setdefault(token, set()).add(self._people)
        self._people += 1

    def _add(self, type_: str, value: str) -> None:
        for needle in _searchable(type_, value):
            self._needles.setdefault(needle, type_)

    def covers(self, type_: str, value: str) -> bool:
        """Whether a search for this value as well would find nothing that this search does not."""
        if type_ == "NAME":
            return all(token in self._names for token in name_tokens(value))
        return all(needle in self._needles for needle in _searchable(type_, value))

    def find(self, text: str) -> list[Finding]:
        """Every place in `text` where one of the values stands, in whatever case and spacing."""
        words = _Words.of(text)
        found = [
            Finding(type_, _with_prefix(text, start) if type_ == "PHONE" else start, end, rule="known value")
            for needle, type_ in self._needles.items()
            for start, end in words.find(needle)
        ]
        found.extend(self._find_names(words))
        for name in self._unspaced:
            matches = re.finditer(re.escape(name), text)
            found.extend(Finding("NAME", *match.span(), rule="known name") for match in matches)
        return found

    def _find_names(self, words: _Words) -> Iterator[Finding]:
        """Runs of words that are words or initials of one person's name, in any order."""
        if not self._names:
            return
        folded = [fold(word) for word in words.words]
        index = 0
        while index < len(folded):
            if len(folded[index]) > 1 and folded[index] not in self._names:
                index += 1
                continue
            until = self._run(words, folded, index)
            if until == index:
                index += 1
                continue
            if self._is_name(words, folded, index, until):
                end = words.starts[until - 1] + len(words.words[until - 1])
                yield Finding("NAME", words.starts[index], end, rule="known name")
            index = until

    def _run(self, words: _Words, folded: list[str], index: int) -> int:
        """How far the words from `index` on can be one person's name."""
        people: set[int] = set()
        until = index
        while until < len(folded):
            token = folded[until]
            fitting = self._names.get(token, set())
            if until == index and not fitting and len(token) == 1:
                fitting = self._people_with_initial(token, folded[index + 1 : index + 2])
            elif until > index:
                if token in folded[index:until] or not _NAME_JOINT.fullmatch(self._joint(words, until)):
                    break  # "Jane, Jane Doe" are two mentions
                fitting = people & (fitting or (self._people_with_initial(token) if len(token) == 1 else set()))
            if not fitting:
                break
            people = set(fitting)
            until += 1
        return until

    def _joint(self, words: _Words, index: int) -> str:
        before = words.starts[index - 1] + len(words.words[index - 1])
        return words.text[before : words.starts[index]]

    def _people_with_initial(self, initial: str, beside: Iterable[str] = ()) -> set[int]:
        """The people one of whose names begins with the letter; with `beside`, who also have that name."""
        people = {who for token, whose in self._names.items() if token.startswith(initial) for who in whose}
        for token in beside:
            people &= self._names.get(token, set())
        return people

    def _is_name(self, words: _Words, folded: list[str], start: int, end: int) -> bool:
        tokens = [token for token in folded[start:end] if len(token) > 1 and token not in NOBODY]
        if len(tokens) == 1 and (len(tokens[0]) < 3 or tokens[0] in ORDINARY):
            return any(words.text[at].isupper() for at in words.starts[start:end])
        return bool(tokens)


def _with_prefix(text: str, start: int) -> int:
    """The start of a phone number together with the plus and the bracket that open it."""
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def _searchable(type_: str, value: str) -> list[str]:
    """The strings to look for, but for those so short that they would be found by chance."""
    return [needle for needle in _needles(type_, value) if len(needle) >= _LEAST.get(type_, _LEAST_OTHER)]


def _needles(type_: str, value: str) -> Iterator[str]:
    """The strings that stand for a value in a text strung together."""
    if type_ == LITERAL:
        return
    if type_ == "EMAIL" and not re.fullmatch(r"[^@]+@[^@]+", value):
        return
    yield "".join(_lower(word) for word in _WORD.findall(value))
    if type_ == "PHONE":
        number = phone_number(value)
        national = number.national.lstrip("0")
        yield number.country + national + number.extension
        yield national
        yield "0" + national
