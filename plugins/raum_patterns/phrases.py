"""Which words stand around a place of a text: a native search for all phrases of some lists at once."""

from collections.abc import Iterable, Mapping

from ahocorasick_rs import AhoCorasick, Implementation

from raum_patterns.cues import fold


class Phrases:
    """Finds the phrases of some lists, as whole words.

    Case does not matter, and a blank also stands for a hyphen or an underscore. A phrase that is in two lists counts in
    the first.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        kinds: dict[str, str] = {}
        for kind, phrases in lists.items():
            for phrase in phrases:
                kinds.setdefault(_folded(phrase).strip(), kind)
        kinds.pop("", None)
        self._kinds = tuple(kinds.values())
        self._automaton = AhoCorasick(list(kinds), implementation=Implementation.DFA)

    def around(self, text: str, first: int, last: int) -> tuple[str, list[tuple[int, int, str]]]:
        """`text[first:last]` in small letters, and the start, end and kind of each phrase in it, none that is cut."""
        folded = _folded(text[first:last])
        hits = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        if not hits:
            return folded, []
        size = len(folded)
        is_cut = first > 0 and text[first - 1].isalnum()
        found = [
            (start, end, self._kinds[index])
            for index, start, end in hits
            if not (folded[start - 1].isalnum() if start else is_cut)
            and (end >= size or not folded[end].isalnum() or not folded[end - 1].isalnum())
        ]
        found.sort()
        return folded, found


def _folded(text: str) -> str:
    return fold(text).replace("-", " ").replace("_", " ")
