"""Findings that overlap: which one names a place."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from raum.findings import Finding
from raum.values.identity import LITERAL

_START = attrgetter("start")

# What looks like a placeholder wins over everything, whatever its length.
_ANY_LENGTH = 1 << 60

_Contender = tuple[int, float, int, int, int, Finding]


def moved(finding: Finding, start: int, end: int) -> Finding:
    """The finding at another place."""
    type_, first, last, score, rule = finding
    return finding if first == start and last == end else Finding(type_, start, end, score, rule)


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
    first = group[0][1].start
    taken = bytearray(max(finding.end for _, finding in group) - first)
    queue = [_contender(finding, order, *_trimmed(text, finding.start, finding.end)) for order, finding in group]
    heapq.heapify(queue)
    while queue:
        _, _, order, start, end, finding = heapq.heappop(queue)
        if taken.find(1, start - first, end - first) < 0:
            if end - start == finding.end - finding.start or _says_something(text, start, end):
                winners.append(moved(finding, start, end))
                taken[start - first : end - first] = b"\1" * (end - start)
            continue
        for free, until in _free(taken, start - first, end - first):
            left, right = _trimmed(text, first + free, first + until)
            if left < right:
                heapq.heappush(queue, _contender(finding, order, left, right))
    return sorted(winners, key=_START)


def _contender(finding: Finding, order: int, start: int, end: int) -> _Contender:
    """What is left of a finding, and before it what decides: the least wins."""
    rank = start - end if finding.type != LITERAL else start - end - _ANY_LENGTH
    return rank, -finding.score, order, start, end, finding


def _free(taken: bytearray, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches between two places that no winner has taken yet."""
    while start < end:
        until = taken.find(1, start, end)
        if until < 0:
            yield start, end
            return
        if until > start:
            yield start, until
        start = taken.find(0, until, end)
        if start < 0:
            return


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at either end."""
    if start < end and not (text[start].isspace() or text[end - 1].isspace()):
        return start, end
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _says_something(text: str, start: int, end: int) -> bool:
    """Whether there is more than punctuation, which alone says nothing."""
    return any(map(str.isalnum, text[start:end]))
