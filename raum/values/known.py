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
from itertools import accumulate

from raum.model import Finding, Person
from raum.values.identity import LITERAL, fold, handles, name_tokens, phone_number, without_blanks
from raum.values.words import NOBODY, ORDINARY

_WORD = re.compile(r"[^\W_]+")

# How many characters may stand between two words of one value, and the characters that join a name's words.
_GAP = 3
_NAME_JOINT = re.compile(r"[ \u00a0.,'’_\-\u2010\u2011+]{0,2}|\.? ")

# Shorter values are not searched for: they would be found by chance. The detectors still find them in their places.
_LEAST = {"EMAIL": 5, "PHONE": 7, "CC": 12}
_LEAST_OTHER = 5


class Words:
    """A text's words, folded; strung together in lower case, with the way back to the places in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        lower = text.lower()
        # A lower-case form of another length would move the offsets.
        self._lower = lower if len(lower) == len(text) else "".join(map(_lower, text))
        self.words: list[str] = _WORD.findall(self._lower)
        self.strung = "".join(self.words)

    @cached_property
    def folded(self) -> list[str]:
        """The words without case and accents."""
        return self.words if self.text.isascii() else [fold(word) for word in self.words]

    @cached_property
    def starts(self) -> list[int]:
        """Where the words begin in the text."""
        return [match.start() for match in _WORD.finditer(self._lower)]

    @cached_property
    def _offsets(self) -> list[int]:
        return list(accumulate(map(len, self.words[:-1]), initial=0))

    def end(self, index: int) -> int:
        """Where a word ends in the text."""
        return self.starts[index] + len(self.words[index])

    def find(self, needle: str) -> Iterator[tuple[int, int]]:
        """Where the characters of `needle` stand in the text, not as a part of something longer of the same kind."""
        at = self.strung.find(needle)
        while at >= 0:
            span = self._span(at, at + len(needle))
            if span:
                yield span
            at = self.strung.find(needle, at + 1)

    def _span(self, at: int, until: int) -> tuple[int, int] | None:
        first, last = bisect_right(self._offsets, at) - 1, bisect_right(self._offsets, until - 1) - 1
        start = self.starts[first] + at - self._offsets[first]
        end = self.starts[last] + until - self._offsets[last]
        if _continues(self.text, start - 1, start) or _continues(self.text, end, end - 1):
            return None
        if any(self.starts[index + 1] - self.end(index) > _GAP for index in range(first, last)):
            return None
        return start, end


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


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
            tokens = name_tokens(name)
            for token in (*tokens, *handles(tokens)):
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
        return self.find_in(Words(text))

    def find_in(self, words: Words) -> list[Finding]:
        """The same, for a text whose words are at hand."""
        found = [
            Finding(type_, _with_prefix(words.text, start, end) if type_ == "PHONE" else start, end, rule="known value")
            for needle, type_ in self._needles.items()
            for start, end in words.find(needle)
        ]
        found.extend(self._find_names(words))
        for name in self._unspaced:
            starts = _occurrences(words.text, name)
            found.extend(Finding("NAME", start, start + len(name), rule="known name") for start in starts)
        return found

    def _find_names(self, words: Words) -> Iterator[Finding]:
        """Runs of words that are words or initials of one person's name, in any order."""
        folded = words.folded
        if self._names.keys().isdisjoint(folded):
            return
        done = 0
        for index in [index for index, word in enumerate(folded) if word in self._names]:
            if index < done:
                continue
            start = index
            if index > done and len(folded[index - 1]) == 1 and self._run(words, index - 1) > index:
                start = index - 1  # an initial goes before
            until = self._run(words, start)
            if self._is_name(words, start, until):
                yield Finding("NAME", words.starts[start], words.end(until - 1), rule="known name")
            done = until

    def _run(self, words: Words, start: int) -> int:
        """How far the words from `start` on can be one person's name: each a word of it or an initial, and once."""
        folded = words.folded
        people = self._people_of(folded[start], folded[start + 1 : start + 2])
        until = start + 1
        while people and until < len(folded):
            token = folded[until]
            # "Jane, Jane Doe" are two mentions
            if token in folded[start:until] or not _NAME_JOINT.fullmatch(
                words.text, words.end(until - 1), words.starts[until]
            ):
                break
            people &= self._people_of(token)
            until += bool(people)
        return until

    def _people_of(self, token: str, beside: Iterable[str] = ()) -> set[int]:
        """Who has this name, or begins with this initial; with `beside`, who also has that name."""
        people = set(self._names.get(token, ()))
        if not people and len(token) == 1:
            people = {who for name, whose in self._names.items() if name.startswith(token) for who in whose}
            for name in beside:
                people &= self._names.get(name, set())
        return people

    def _is_name(self, words: Words, start: int, end: int) -> bool:
        tokens = [token for token in words.folded[start:end] if len(token) > 1 and token not in NOBODY]
        if len(tokens) == 1 and (len(tokens[0]) < 3 or tokens[0] in ORDINARY):
            return any(words.text[at].isupper() for at in words.starts[start:end])
        return bool(tokens)


def _occurrences(text: str, value: str) -> Iterator[int]:
    """Where the value stands in the text. Not with `re`, which keeps what it compiles beyond the run."""
    at = text.find(value)
    while at >= 0:
        yield at
        at = text.find(value, at + 1)


def _with_prefix(text: str, start: int, end: int) -> int:
    """The start of a phone number together with the plus, and the bracket that is closed inside it, which open it."""
    while start and (text[start - 1] == "+" or (text[start - 1] == "(" and ")" in text[start:end])):
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
    yield Words(value).strung
    if type_ == "PHONE":
        number = phone_number(value)
        national = number.national.lstrip("0")
        yield number.country + national + number.extension
        yield national
        yield "0" + national
