"""Many strings looked for at once."""

from collections.abc import Mapping
from itertools import islice
from operator import itemgetter
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

_START = itemgetter(1)

# An automaton is built without a pause for other threads. One of so many strings takes a few milliseconds; more strings
# than a ticket of a few hundred kilobytes can hold make a second one, and a second pass.
_TOGETHER: Final = 5000


class Search:
    """Looks for the keys of a mapping, which may grow but not shrink, with `around` at either end of each.

    One pass over a text for thousands of keys (Aho and Corasick 1975).
    """

    def __init__(self, keys: Mapping[str, object], around: str = "") -> None:
        self._mapping = keys
        self._around = around
        self._keys: list[list[str]] = []
        self._automata: list[AhoCorasick] = []

    def __call__(self, text: str) -> list[tuple[str, int, int]]:
        """Key, start and end of every place where one stands, overlapping or not, in order of the start."""
        if sum(map(len, self._keys)) < len(self._mapping):
            self._take_in()
        found = [
            (keys[number], start, end)
            for keys, automaton in zip(self._keys, self._automata, strict=True)
            for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True)
        ]
        return sorted(found, key=_START)

    def _take_in(self) -> None:
        """Build anew the last automaton, unless it is full, and those that follow it."""
        full = [keys for keys in self._keys if len(keys) == _TOGETHER]
        rest = list(islice(self._mapping, len(full) * _TOGETHER, None))
        self._keys = full + [rest[at : at + _TOGETHER] for at in range(0, len(rest), _TOGETHER)]
        del self._automata[len(full) :]
        for keys in self._keys[len(full) :]:
            strings = [f"{self._around}{key}{self._around}" for key in keys]
            self._automata.append(AhoCorasick(strings, implementation=Implementation.ContiguousNFA))
