"""Findings that overlap: which one names a place."""

import heapq
from collections.abc import Iterable, Sequence

from attrs import evolve

from raum.model import Finding
from raum.values.identity import LITERAL


def without_overlaps(text: str, findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order, none overlapping another, that together cover all that was found.

    The longer finding wins, then the surer one, then the one that was named first. What a loser covers beyond the
    winner keeps the loser's type, so that nothing that was found stays readable; it competes as what is left of it.
    """
    winners: list[Finding] = []
    taken = bytearray(len(text))
    queue = [(_rank(finding), order, finding.start, finding) for order, finding in enumerate(findings)]
    heapq.heapify(queue)
    while queue:
        _, order, _, finding = heapq.heappop(queue)
        for start, end in _free(taken, finding):
            start, end = _trimmed(text, start, end)
            if (start, end) == (finding.start, finding.end):
                winners.append(finding)
                taken[start:end] = b"\1" * (end - start)
            elif any(map(str.isalnum, text[start:end])):  # punctuation alone says nothing
                piece = evolve(finding, start=start, end=end)
                heapq.heappush(queue, (_rank(piece), order, start, piece))
    return sorted(winners, key=lambda finding: finding.start)


def _rank(finding: Finding) -> tuple[bool, int, float]:
    return (finding.type != LITERAL, finding.start - finding.end, -finding.score)


def _free(taken: bytearray, finding: Finding) -> Sequence[tuple[int, int]]:
    """The stretches of a finding that no winner has taken yet."""
    stretches = []
    start = finding.start
    while start < finding.end:
        until = taken.find(1, start, finding.end)
        until = finding.end if until < 0 else until
        if until > start:
            stretches.append((start, until))
        free = taken.find(0, until, finding.end)
        start = finding.end if free < 0 else free
    return stretches


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at either end."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
