"""Finding the names of known people: runs of words that are words or initials of one person's name, in any order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from raum.findings import Finding
from raum.values.folding import Reading
from raum.values.people import handles
from raum.values.search import Search
from raum.values.words import NOBODY, ORDINARY

# What joins the words of a name, and how many characters that are at most.
_JOINT = re.compile(r"[ \u00a0.,'’_\-\u2010\u2011+]{0,2}|\.? ")
_LONGEST_JOINT = 2

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
        done = 0
        for _, before, after in self._find_words(reading.folded):
            start, end = before + 1, after - 1
            if start < done:
                continue
            initial = _initial_before(reading.folded, start, done)
            run = self._run(reading, initial, initial + 1) if initial is not None else []
            if len(run) < 2:
                run = self._run(reading, start, end)
            if _is_name(reading, run):
                yield Finding("NAME", reading.start(run[0][0]), reading.end(run[-1][1]), rule="known name")
            done = run[-1][1]

    def _run(self, reading: Reading, start: int, end: int) -> list[Span]:
        """The words from the first one on that can be one person's name: each a word of it or an initial, and once."""
        folded, word = reading.folded, reading.folded[start:end]
        run, words = [(start, end)], [word]
        people = self._people_of(word)
        needs_beside = word not in self._by_word
        while (following := _following(folded, end)) is not None:
            start, until = following
            word = folded[start:until]
            with_it = people & (self._by_word.get(word, _NOBODY) if needs_beside else self._people_of(word))
            joint = reading.end(end), reading.start(start)
            # "Jane, Jane Doe" are two mentions
            if not with_it or word in words or not _JOINT.fullmatch(reading.text, *joint):
                break
            people, end, needs_beside = with_it, until, False
            run.append(following)
            words.append(word)
        return run

    def _people_of(self, token: str) -> set[int]:
        """Who has this name, or begins with this initial."""
        return self._by_word.get(token) or (self._by_initial.get(token) if len(token) == 1 else None) or _NOBODY


def _following(folded: str, end: int) -> Span | None:
    """The next word, if it is near enough to go with one that ends here."""
    for start in range(end + 1, min(end + _LONGEST_JOINT + 1, len(folded))):
        if folded[start] != " ":
            return start, folded.index(" ", start)
    return None


def _initial_before(folded: str, start: int, done: int) -> int | None:
    """The word of one character that goes before a word, unless it belongs to an earlier name."""
    for end in range(start - 1, max(start - _LONGEST_JOINT - 1, done), -1):
        if folded[end - 1] != " ":
            return end - 1 if folded[end - 2] == " " else None
    return None


def _is_name(reading: Reading, run: Sequence[Span]) -> bool:
    words = [word for span in run if len(word := reading.folded[span[0] : span[1]]) > 1 and word not in NOBODY]
    if len(words) == 1 and (len(words[0]) < 3 or words[0] in ORDINARY):
        return any(reading.text[reading.start(start)].isupper() for start, _ in run)
    return bool(words)
