"""Finding the names of known people: runs of words that are words or initials of one person's name, in any order."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from raum.findings import Finding
from raum.values.folding import Reading
from raum.values.people import handles
from raum.values.search import Search
from raum.values.words import NOBODY, ORDINARY

# What joins the words of a name: two characters at most.
_JOINT = re.compile(r"[ \u00a0.,'’_\-\u2010\u2011+]{0,2}|\.? ")

_NOBODY: Final[set[int]] = set()

Span = tuple[int, int]


class KnownNames:
    """The people of a ticket, by the folded words of their names."""

    def __init__(self) -> None:
        self._people = 0
        self._by_word: dict[str, set[int]] = {}
        self._by_initial: dict[str, set[int]] = {}
        self._find_words = Search(self._by_word, around=" ")

    def add(self, names: Iterable[Sequence[str]]) -> None:
        """One more person, with the words of each of the person's names."""
        for name in names:
            for word in (*name, *handles(tuple(name))):
                self._by_word.setdefault(word, set()).add(self._people)
                self._by_initial.setdefault(word[0], set()).add(self._people)
        self._people += 1

    def covers(self, name: Sequence[str]) -> bool:
        """Whether somebody has all the words of a name already."""
        people = sorted((self._by_word.get(word, set()) for word in name), key=len)
        return not people or bool(set.intersection(*people))

    def places(self, reading: Reading) -> Iterator[Finding]:
        """Where their names stand in a text, in order."""
        folded = reading.folded
        done = 0
        for word, before, after in self._find_words(folded):
            start, end = before + 1, after - 1
            if start < done:
                continue
            first = _initial_before(folded, start, done)
            run = self._run(reading, folded[first], first, first + 1) if first is not None else {}
            if first is None or len(run) < 2:
                first, run = start, self._run(reading, word, start, end)
            *_, (_, done) = run.values()
            if _is_name(reading, run):
                yield Finding("NAME", reading.start(first), reading.end(done), 1.0, "known name")

    def _run(self, reading: Reading, word: str, start: int, end: int) -> dict[str, Span]:
        """The words from the first one on that can be one person's name: each a word of it or an initial, and once."""
        folded, by_word = reading.folded, self._by_word
        run = {word: (start, end)}
        people = self._people_of(word)
        needs_beside = word not in by_word
        while (following := _following(folded, end)) is not None:
            start, until = following
            word = folded[start:until]
            if word in run:
                break  # "Jane, Jane Doe" are two mentions
            people = people & (by_word.get(word, _NOBODY) if needs_beside else self._people_of(word))
            if not people or not _are_joined(reading, end, start):
                break
            end, needs_beside = until, False
            run[word] = following
        return run

    def _people_of(self, token: str) -> set[int]:
        """Who has this name, or begins with this initial."""
        return self._by_word.get(token) or (self._by_initial.get(token) if len(token) == 1 else None) or _NOBODY


def _are_joined(reading: Reading, end: int, start: int) -> bool:
    return _JOINT.fullmatch(reading.text, reading.end(end), reading.start(start)) is not None


def _following(folded: str, end: int) -> Span | None:
    """The next word, if it is near enough to go with one that ends here."""
    start = end + 1
    if folded.startswith(" ", start):
        start += 1
    if start == len(folded) or folded[start] == " ":
        return None
    return start, folded.index(" ", start)


def _initial_before(folded: str, start: int, done: int) -> int | None:
    """The word of one character that goes before a word, unless it belongs to an earlier name."""
    place = start - 2
    if place > 0 and folded[place] == " ":
        place -= 1
    return place if place >= max(done, 1) and folded[place - 1] == " " != folded[place] else None


def _is_name(reading: Reading, run: Mapping[str, Span]) -> bool:
    words = [word for word in run if len(word) > 1 and word not in NOBODY]
    if len(words) == 1 and (len(words[0]) < 3 or words[0] in ORDINARY):
        return any(reading.text[reading.start(start)].isupper() for start, _ in run.values())
    return bool(words)
