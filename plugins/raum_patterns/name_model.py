"""The name model: a small neural network over candidates for words of a name. `docs/name-model.md` is its card.

Each candidate is scored by what its window of words looks like (`name_features`): the vectors of the words and the
classes of all that is around feed a layer of rectified units (Glorot, Bordes and Bengio, 2011), and beside them pairs
of what stands together count directly. A score is in log odds. Then candidates that hang together are read as names.

`name_model.npz`, beside this file, holds the weights as whole numbers of eight bits with a scale for each table.
"""

import io
from collections.abc import Collection, Iterator, Sequence
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from raum_patterns.name_features import CLASSES, REACH, Candidates, Features, Layout, Lexicon, Vocabulary, features
from raum_patterns.name_words import SMALL, Page, Words
from raum_patterns.namelists import NameLists

Table = NDArray[np.float32]
Scores = NDArray[np.float64]

_ELSEWHERE: Final = 2.5
"""The log odds that a word gains by being in a name elsewhere in the text."""
_KNOWN: Final = 4.0
"""The log odds that it gains by being known to be a name in this text."""
_SURE_ELSEWHERE: Final = 0.5
"""How far above the threshold it must be there."""
_LEAST: Final = -0.8
"""The log odds that a word needs beside a word that is in a name."""

_LARGEST: Final = 32_000
_BLOCK: Final = 1024
_TOGETHER: Final = 512
"""So many candidates are scored at a time: what is added up for them stays in the caches."""
_TABLES: Final = ("vectors", "mix", "classes", "pairs", "out")


@frozen(eq=False)
class Quantised:
    """A table as it is kept, in whole numbers of eight bits; what is taken from it is in floating point.

    To have all of it in floating point would take four times the memory, for the moment in which a model is made.
    """

    steps: NDArray[np.int8]
    scale: np.float32

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the table."""
        return self.steps.shape

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, chosen: Any) -> Table:
        taken: Table = self.steps[chosen] * self.scale
        return taken

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)


@frozen(eq=False)
class Weights:
    """What was learned. `vectors` has a row for each word, `mix` takes those of a window to the units and, in the last
    column, straight to the score, `classes` does so for each class, `pairs` has a weight for each hash, and `out` takes
    the units to the score.
    """

    lexicon: Lexicon
    layout: Layout
    vectors: Table | Quantised
    mix: Table
    classes: Table | Quantised
    pairs: Table
    out: Table

    def to_bytes(self) -> bytes:
        """The same bytes for the same weights."""
        arrays: dict[str, Any] = {
            "words": _text(self.lexicon.words),
            "others": _text(self.lexicon.others),
            "groups": self.lexicon.groups,
            "endings": _text(" ".join(self.layout.endings)),
            "gaps": np.array(list(self.layout.gaps), np.int64),
            "families": np.array(self.layout.families),
        }
        for name in _TABLES:
            arrays[name], arrays[f"{name}_scale"] = _whole_numbers(np.asarray(getattr(self, name)))
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Weights":
        """The weights that `to_bytes` wrote, as exactly as it wrote them."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            layout = Layout(
                int(arrays["families"]),
                {number: place for place, number in enumerate(arrays["gaps"].tolist(), 1)},
                {ending: place for place, ending in enumerate(_string(arrays["endings"]).split(), 1)},
            )
            kept = {name: Quantised(arrays[name], np.float32(arrays[f"{name}_scale"])) for name in _TABLES}
            lexicon = Lexicon(_string(arrays["words"]), _string(arrays["others"]), arrays["groups"])
            whole = {name: kept[name][:] for name in ("mix", "pairs", "out")}
            return cls(lexicon, layout, vectors=kept["vectors"], classes=kept["classes"], **whole)


def shipped_weights() -> Weights:
    """The weights that come with the package."""
    return Weights.from_bytes(resources.files(__package__).joinpath("name_model.npz").read_bytes())


class Guess(NamedTuple):
    """`text[start:end]` is a name, with the log odds of its best word: 0 is as likely as not, 4 all but sure."""

    start: int
    end: int
    score: float


class NameModel:
    """Finds names in a text by what was learned."""

    def __init__(self, weights: Weights, lists: NameLists, openers: frozenset[str]) -> None:
        self._layout = weights.layout
        # In this order: what the vocabulary is made from is large, and gone before the scorer's table is there.
        self._vocabulary = Vocabulary.of(lists, weights.lexicon, openers)
        self._scorer = Scorer(weights)

    def find(self, words: Words, known: Collection[str] = (), threshold: float = 0.0) -> list[Guess]:
        """Every row of words that is a name, from left to right; `threshold` are the log odds that one needs.

        Words that are in a name elsewhere in the text, or are `known` to be names in it, count as more likely.
        """
        return self.find_all([words], [known], threshold)[0]

    def find_all(
        self, texts: Sequence[Words], known: Sequence[Collection[str]], threshold: float = 0.0
    ) -> list[list[Guess]]:
        """The same for each of several texts, scored together."""
        page = Page(texts, REACH)
        codes = self._vocabulary.codes_of(page)
        candidates = Candidates.among(page, codes, self._vocabulary)
        if not len(candidates.at):
            return [[] for _ in texts]
        scores = self._scorer.score(features(page, codes, candidates, self._vocabulary, self._layout))
        found = []
        edges = candidates.at.searchsorted(np.append(page.begin, len(page))).tolist()
        starts = page.begin.tolist()
        for words, names, start, first, last in zip(texts, known, starts, edges, edges[1:], strict=False):
            mine, its = candidates.of(first, last, start), scores[first:last]
            if first < last:
                self._look_elsewhere(words, mine, its, names, threshold)
            found.append(self._names(words, mine, its, threshold) if first < last else [])
        return found

    def _look_elsewhere(
        self, words: Words, candidates: Candidates, scores: Scores, known: Collection[str], threshold: float
    ) -> None:
        """Raise the scores of words with a capital that are in a name elsewhere."""
        at, small, particles = candidates.at, words.small, self._vocabulary.particles
        is_long = words.lengths[at] > 2
        sure = at[(scores > threshold + _SURE_ELSEWHERE) & is_long]
        gains = dict.fromkeys(map(small.__getitem__, sure.tolist()), _ELSEWHERE) | dict.fromkeys(known, _KNOWN)
        if not gains:
            return
        doubtful = np.flatnonzero((scores <= threshold) & (words.shapes[at] != SMALL))
        for number, place in zip(doubtful.tolist(), at[doubtful].tolist(), strict=True):
            word = small[place]
            if word in gains and word not in particles:
                scores[number] += gains[word]

    def _names(self, words: Words, candidates: Candidates, scores: Scores, threshold: float) -> list[Guess]:
        """Rows of candidates that hang together, one of them likely enough, without particles at the end."""
        kept = np.flatnonzero(scores > _LEAST)
        if not len(kept):
            return []
        breaks = np.ones(len(kept), np.bool_)
        breaks[1:] = (kept[1:] != kept[:-1] + 1) | candidates.is_first[kept[1:]]
        firsts = np.flatnonzero(breaks)
        best = np.maximum.reduceat(scores[kept], firsts)
        likely = best > threshold
        best, lasts, firsts = best[likely], (np.append(firsts[1:], len(kept)) - 1)[likely], firsts[likely]
        places, particles = candidates.at[kept], self._vocabulary.particles
        for number in np.flatnonzero(lasts > firsts).tolist():
            end = int(lasts[number])
            while end > firsts[number] and words.raw(places[end]) in particles and scores[kept[end]] < best[number]:
                end -= 1
            lasts[number] = end
        spans = words.starts.take(places[firsts]).tolist(), words.ends.take(places[lasts]).tolist()
        return list(map(Guess, *spans, best.tolist()))


class Scorer:
    """Scores candidates. What a word brings to the units, by its vector and by its kind, is worked out beforehand for
    each place of the window, in whole numbers like all else: a text then costs sums alone, which are the same on
    every machine.
    """

    def __init__(self, weights: Weights) -> None:
        width, layout = 2 * REACH + 1, weights.layout
        # So that no sum of one from each table and of all classes leaves sixteen bits.
        summands = 2 * width + CLASSES
        largest = max(1e-6, *(float(np.abs(table).max()) for table in _tables(weights, width)))
        self._scale = largest / (32_767 // summands)
        size = width * (len(weights.vectors) + layout.kinds) + layout.size - layout.of_gaps
        self._rows = np.empty((size, weights.classes.shape[1]), np.int16)
        start = 0
        for table in _tables(weights, width):
            self._rows[start : start + len(table)] = _steps(table, self._scale)
            start += len(table)
        offsets = np.arange(width)[:, None]
        self._of_words = offsets * len(weights.vectors)
        self._of_kinds = offsets * layout.kinds + width * len(weights.vectors)
        self._of_classes = width * (len(weights.vectors) + layout.kinds) - layout.of_gaps
        self._pairs = _steps(weights.pairs, self._scale)
        out, self._out_scale = _whole_numbers(weights.out)
        self._out = out.astype(np.float64)

    def score(self, seen: Features) -> Scores:
        """The log odds of each candidate to be in a name."""
        count = seen.rows.shape[1]
        if count <= _TOGETHER:
            return self._score(seen)
        pieces = [seen.of(slice(first, first + _TOGETHER)) for first in range(0, count, _TOGETHER)]
        return np.concatenate([self._score(piece) for piece in pieces])

    def _score(self, seen: Features) -> Scores:
        used = np.concatenate(
            (seen.rows + self._of_words, seen.kinds + self._of_kinds, seen.classes + self._of_classes)
        )
        units = np.add.reduce(self._rows.take(used, axis=0), axis=0, dtype=np.int16)
        straight = units[:, -1] + np.add.reduce(self._pairs.take(seen.pairs), axis=0, dtype=np.int64)
        # Whole numbers far below 2**53: these sums are exact in whatever order.
        on = np.maximum(units[:, :-1], 0).astype(np.float64) @ self._out
        scores: Scores = (on * float(self._out_scale) + straight) * self._scale
        return scores


def _tables(weights: Weights, width: int) -> Iterator[Table]:
    """What is added up, piece by piece, to spare memory."""
    yield from _of_words(weights, width)
    yield from _of_kinds(weights, width)
    for start in range(weights.layout.of_gaps, len(weights.classes), _BLOCK):
        yield weights.classes[start : start + _BLOCK]


def _of_words(weights: Weights, width: int) -> Iterator[Table]:
    """What each word brings to the units by its vector, place by place."""
    for mix in np.split(weights.mix, width):
        for start in range(0, len(weights.vectors), _BLOCK):
            yield weights.vectors[start : start + _BLOCK] @ mix


def _of_kinds(weights: Weights, width: int) -> Iterator[Table]:
    """What each kind of word brings to the units, place by place."""
    every = np.broadcast_to(np.arange(weights.layout.kinds), (width, weights.layout.kinds))
    classes = weights.layout.of_kinds(every)
    for place in range(width):
        for start in range(0, weights.layout.kinds, _BLOCK):
            first, *others = (weights.classes[each[place, start : start + _BLOCK]] for each in classes)
            yield sum(others, first)


def _steps(table: Table, scale: float) -> NDArray[np.int16]:
    steps: NDArray[np.int16] = np.clip(np.rint(table / scale), -_LARGEST, _LARGEST).astype(np.int16)
    return steps


def _whole_numbers(table: Table) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The table in steps of its scale, a power of two, so that what was read is written again as it was."""
    largest = float(np.abs(table).max())
    scale = np.float32(2.0 ** np.ceil(np.log2(largest / 127)) if largest else 1.0)
    return np.rint(table / scale).astype(np.int8), np.array(scale)


def _text(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _string(text: NDArray[np.uint8]) -> str:
    return text.tobytes().decode()
