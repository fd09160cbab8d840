"""Findings that overlap: which one names a place."""

import heapq
from collections.abc import Iterable, Iterator, Sequence

from raum.findings import Finding
from raum.values.identity import LITERAL


def moved(finding: Finding, start: int, end: int) -> Finding:
    """The finding at another place."""
    return finding if finding[1:3] == (start, end) else finding._replace(start=start, end=end)


def without_overlaps(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order, none overlapping another, that together cover all that was found.

    The longer finding wins, then the surer one, then the one that was named first. What a loser covers beyond the
    winner keeps the loser's type, so that nothing that was found stays readable; it competes as what is left of it.
    """
    winners: list[Finding] = []
    for group in _groups(findings):
        winners += _settled(text, group) if len(group) > 1 else _whole(text, group[0][1])
    return winners


def _groups(findings: Iterable[Finding]) -> Iterator[list[tuple[int, Finding]]]:
    """Findings that overlap, directly or through others, and the order in which they were named; most stand alone."""
    group: list[tuple[int, Finding]] = []
    end = 0
    for order, finding in sorted(enumerate(findings), key=lambda pair: pair[1].start):
        if group and finding.start >= end:
            yield group
            group = []
        group.append((order, finding))
        end = max(end, finding.end)
    if group:
        yield group


def _whole(text: str, finding: Finding) -> list[Finding]:
    if not (text[finding.start].isspace() or text[finding.end - 1].isspace()):
        return [finding]
    start, end = _trimmed(text, finding.start, finding.end)
    return [moved(finding, start, end)] if _says_something(text, start, end) else []


def _settled(text: str, group: Sequence[tuple[int, Finding]]) -> list[Finding]:
    """What becomes of findings that overlap."""
    winners: list[Finding] = []
    first = min(finding.start for _, finding in group)
    taken = bytearray(max(finding.end for _, finding in group) - first)
    queue = [(_rank(finding), order, finding.start, finding) for order, finding in group]
    heapq.heapify(queue)
    while queue:
        _, order, _, finding = heapq.heappop(queue)
        for free, until in _free(taken, finding.start - first, finding.end - first):
            start, end = _trimmed(text, first + free, first + until)
            if (start, end) == (finding.start, finding.end):
                winners.append(finding)
                taken[start - first : end - first] = b"\1" * (end - start)
            elif _says_something(text, start, end):
                piece = moved(finding, start, end)
                heapq.heappush(queue, (_rank(piece), order, start, piece))
    return sorted(winners, key=lambda finding: finding.start)


def _rank(finding: Finding) -> tuple[bool, int, float]:
    return (finding.type != LITERAL, finding.start - finding.end, -finding.score)


def _free(taken: bytearray, start: int, end: int) -> Sequence[tuple[int, int]]:
    """The stretches between two places that no winner has taken yet."""
    stretches = []
    while start < end:
        until = taken.find(1, start, end)
        until = end if until < 0 else until
        if until > start:
            stretches.append((start, until))
        free = taken.find(0, until, end)
        start = end if free < 0 else free
    return stretches


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at either end."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _says_something(text: str, start: int, end: int) -> bool:
    """Whether there is more than punctuation, which alone says nothing."""
    return any(map(str.isalnum, text[start:end]))
