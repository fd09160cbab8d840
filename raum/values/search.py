"""Many strings looked for at once."""

from collections.abc import Iterable, Mapping
from itertools import chain, islice
from operator import itemgetter
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from raum.errors import RedactionFailed

_START = itemgetter(1)

Place = tuple[str, int, int]

# An automaton is built without a pause for other threads. One of so many strings takes a few milliseconds; more strings
# than a ticket of a few hundred kilobytes can hold make a second one, and a second pass.
_TOGETHER: Final = 5000
# It searches without a pause too: so many characters at a time, or as many as the longest string has.
_AT_ONCE: Final = 5000
# Of strings that end in one another as many may stand at each place of a text as there are. Real values are a number
# with and without the codes before it, or a name in the name of a host.
_MOST_NESTED: Final = 32


class Search:
    """Looks for the keys of a mapping, which may grow but not shrink, with `around` at either end of each.

    One pass over a text for thousands of keys (Aho and Corasick 1975).
    """

    def __init__(self, keys: Mapping[str, object], around: str = "") -> None:
        self._mapping = keys
        self._around = around
        self._keys: list[list[str]] = []
        self._automata: list[AhoCorasick] = []
        self._longest = 0

    def __call__(self, text: str) -> Iterable[Place]:
        """Key, start and end of every place where one stands, overlapping or not, in order of the start.

        Raises RedactionFailed if so many keys end in one another that the places could be too many.
        """
        if sum(map(len, self._keys)) < len(self._mapping):
            self._take_in()
        at_once = max(_AT_ONCE, self._longest)
        if len(text) <= at_once:
            return self._places(text)
        return chain.from_iterable(self._places_from(text, first, at_once) for first in range(0, len(text), at_once))

    def _places(self, text: str) -> list[Place]:
        found = [
            (keys[number], start, end)
            for keys, automaton in zip(self._keys, self._automata, strict=True)
            for number, start, end in automaton.find_matches_as_indexes(text, overlapping=True)
        ]
        found.sort(key=_START)
        return found

    def _places_from(self, text: str, first: int, count: int) -> Iterable[Place]:
        """The places that start among so many characters of a text."""
        piece = text[first : first + count + self._longest - 1]
        return [(key, first + start, first + end) for key, start, end in self._places(piece) if start < count]

    def _take_in(self) -> None:
        """Build anew the last automaton, unless it is full, and those that follow it."""
        full = [keys for keys in self._keys if len(keys) == _TOGETHER]
        rest = list(islice(self._mapping, len(full) * _TOGETHER, None))
        self._keys = full + [rest[at : at + _TOGETHER] for at in range(0, len(rest), _TOGETHER)]
        del self._automata[len(full) :]
        for keys in self._keys[len(full) :]:
            if len(set(map(len, keys))) > _MOST_NESTED and not self._around and _nested(keys) > _MOST_NESTED:
                raise RedactionFailed("too many values of the ticket end in one another; no AI call was made")
            strings = [f"{self._around}{key}{self._around}" for key in keys]
            self._longest = max(self._longest, *map(len, strings))
            self._automata.append(AhoCorasick(strings, implementation=Implementation.ContiguousNFA))


def _nested(keys: Iterable[str]) -> int:
    """How many of the keys end in one another at most: three of `143`, `0143`, `50143`, `51`."""
    most = 0
    endings: list[str] = []
    for key in sorted(key[::-1] for key in keys):
        while endings and not key.startswith(endings[-1]):
            endings.pop()
        endings.append(key)
        most = max(most, len(endings))
    return most
