"""Many strings looked for at once."""

from collections.abc import Mapping
from operator import itemgetter
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

_START = itemgetter(1)


class Place(NamedTuple):
    """Where a known value stands in a text."""

    type: str
    start: int
    end: int
    rule: str


class Search:
    """Looks for the keys of a mapping, which may grow but not shrink, with `around` at either end of each.

    One pass over a text, whatever the number of keys (Aho and Corasick 1975).
    """

    def __init__(self, keys: Mapping[str, object], around: str = "") -> None:
        self._mapping = keys
        self._around = around
        self._keys: list[str] = []
        self._automaton: AhoCorasick | None = None

    def __call__(self, text: str) -> list[tuple[str, int, int]]:
        """Key, start and end of every place where one stands, overlapping or not, in order of the start."""
        if len(self._keys) != len(self._mapping):
            self._keys = list(self._mapping)
            strings = [f"{self._around}{key}{self._around}" for key in self._keys]
            self._automaton = AhoCorasick(strings, implementation=Implementation.ContiguousNFA)
        if self._automaton is None:
            return []
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        return sorted([(self._keys[number], start, end) for number, start, end in found], key=_START)
