"""Looking up the words of a text, all at once and in native code, among hundreds of thousands.

A word stands for a number of 64 bits: the polynomial of its code points at an odd base, modulo 2**64 (Karp and Rabin,
1987), mixed. Whether two of a million words share one is as likely as one in thirty million; the words themselves are
not kept, which spares most of the memory that a dictionary would take.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Points = NDArray[np.uint32]
Numbers = NDArray[np.signedinteger[Any]]

MISSING: Final = -1
"""The number of what is not in an index."""

_BASE: Final = 0x9E3779B97F4A7C15
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_READY: Final = 1 << 14
_BLOCK: Final = 1 << 13
_BUCKET_BITS: Final = 18


def hashes_of(text: str, starts: Numbers, ends: Numbers) -> Hashes:
    """The hash of each word `text[start:end]`."""
    return hashes_at(points_of(text), starts, ends)


def points_of(text: str) -> Points:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def hashes_at(points: Points, starts: Numbers, ends: Numbers) -> Hashes:
    """The hash of each word `points[start:end]`."""
    powers, inverses = _POWERS if len(points) < _READY else _powers(len(points) + 1)
    sums = np.zeros(len(points) + 1, np.uint64)
    np.cumsum(points * powers[: len(points)], out=sums[1:])
    hashes: Hashes = (sums.take(ends) - sums.take(starts)) * inverses.take(starts)
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    hashes ^= hashes >> np.uint64(32)
    return hashes


def hashes_in(words: str) -> Hashes:
    """The hashes of words that are written in a row, with a blank between."""
    parts, start = [np.zeros(0, np.uint64)], 0
    while start < len(words):
        stop = words.find(" ", start + _BLOCK)
        block = words[start : stop if stop >= 0 else len(words)]
        blanks = np.flatnonzero(np.frombuffer(block.encode("utf-32-le"), np.uint32) == ord(" "))
        parts.append(hashes_of(block, np.append(0, blanks + 1), np.append(blanks, len(block))))
        start += len(block) + 1
    return np.concatenate(parts)


class WordIndex:
    """Numbers for hashes of words: what is sorted by hash is cut into buckets by the first bits."""

    def __init__(self, hashes: Hashes, numbers: Numbers) -> None:
        order = np.argsort(hashes, kind="stable")
        self._hashes = np.append(hashes[order], np.uint64(0))
        self._numbers = np.append(numbers[order], MISSING).astype(np.int32)
        firsts = np.arange(1 << _BUCKET_BITS, dtype=np.uint64) << np.uint64(64 - _BUCKET_BITS)
        self._buckets = np.searchsorted(self._hashes[:-1], firsts).astype(np.int32)
        self._largest = int(np.diff(self._buckets, append=len(order)).max())

    def numbers_of(self, hashes: Hashes) -> Numbers:
        """The number of each, or `MISSING`."""
        at = self._buckets.take((hashes >> np.uint64(64 - _BUCKET_BITS)).view(np.int64))
        last = len(self._hashes) - 1
        for _ in range(self._largest):
            goes_on = (self._hashes.take(at) < hashes) & (at < last)
            if not goes_on.any():
                break
            at += goes_on
        found: Numbers = np.where(self._hashes.take(at) == hashes, self._numbers.take(at), MISSING)
        return found


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The powers of the base and those of its inverse, from zero on."""
    both = np.ones((2, count), np.uint64)
    both[0, 1:] = _BASE
    both[1, 1:] = pow(_BASE, -1, 1 << 64)
    powers, inverses = np.multiply.accumulate(both, axis=1)
    return powers, inverses


_POWERS: Final = _powers(_READY)
