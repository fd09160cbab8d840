"""The name model: a small neural network over candidates for words of a name. `docs/name-model.md` is its card.

Each candidate is scored by what its window of words looks like (`name_features`): the vectors of the words and the
classes of all that is around feed a layer of rectified units (Glorot, Bordes and Bengio, 2011), and beside them pairs
of what stands together count directly. A score is in log odds. Then candidates that hang together are read as names.

`name_model.npz`, beside this file, holds the weights as whole numbers of eight bits with a scale for each table.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any, Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from raum_patterns.name_features import REACH, Features, Layout, Vocabulary, Words, features
from raum_patterns.namelists import NameLists

Table = NDArray[np.float32]

UNITS: Final = 32
"""How many units the layer has."""

_ELSEWHERE: Final = 2.5
"""The log odds that a word gains by being in a name elsewhere in the text."""
_SURE_ELSEWHERE: Final = 0.5
"""How far above the threshold it must be there."""
_LEAST: Final = -0.8
"""The log odds that a word needs beside a word that is in a name."""

_LARGEST: Final = 32_000
_TABLES: Final = ("vectors", "mix", "classes", "pairs", "out")


@frozen(eq=False)
class Weights:
    """What was learned. `vectors` has a row for each word, `mix` takes those of a window to the units and, in the last
    column, straight to the score, `classes` does so for each class, `pairs` has a weight for each hash, and `out` takes
    the units to the score.
    """

    words: tuple[str, ...]
    layout: Layout
    vectors: Table
    mix: Table
    classes: Table
    pairs: Table
    out: Table

    def to_bytes(self) -> bytes:
        """The same bytes for the same weights."""
        arrays: dict[str, Any] = {
            "words": _text(self.words),
            "endings": _text(self.layout.endings),
            "gaps": np.array(list(self.layout.gaps), np.int64),
            "families": np.array(self.layout.families),
        }
        for name in _TABLES:
            arrays[name], arrays[f"{name}_scale"] = _whole_numbers(getattr(self, name))
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
                {ending: place for place, ending in enumerate(_words(arrays["endings"]), 1)},
            )
            tables = {name: arrays[name] * arrays[f"{name}_scale"].astype(np.float32) for name in _TABLES}
            return cls(_words(arrays["words"]), layout, **tables)


def shipped_weights() -> Weights:
    """The weights that come with the package."""
    return Weights.from_bytes(resources.files(__package__).joinpath("name_model.npz").read_bytes())


@frozen
class Guess:
    """`text[start:end]` is a name, with the log odds of its best word: 0 is as likely as not, 4 all but sure."""

    start: int
    end: int
    score: float


class NameModel:
    """Finds names in a text by what was learned. `threshold` are the log odds that a name needs."""

    def __init__(self, weights: Weights, lists: NameLists, openers: frozenset[str], threshold: float = 0.0) -> None:
        self._layout = weights.layout
        self._scorer = Scorer(weights)
        self._vocabulary = Vocabulary.of(lists, weights.words, openers)
        self._threshold = threshold

    def find(self, words: Words) -> list[Guess]:
        """Every row of words that is a name, from left to right.

        Words that are in a name elsewhere in the text count as more likely.
        """
        codes = self._vocabulary.codes_of(words)
        at = list(self._vocabulary.candidates(words, codes))
        if not at:
            return []
        seen = features(words, codes, at, self._vocabulary, self._layout)
        scores = dict(zip(at, self._scorer.score(seen).tolist(), strict=True))
        sure = self._threshold + _SURE_ELSEWHERE
        particles = self._vocabulary.particles
        named = {words.small[place] for place, odds in scores.items() if odds > sure and len(words.raw[place]) > 2}
        named -= particles
        for place, odds in scores.items():
            if odds <= self._threshold and words.small[place] in named and words.raw[place] != words.small[place]:
                scores[place] = odds + _ELSEWHERE
        return list(self._names(words, scores))

    def _names(self, words: Words, scores: Mapping[int, float]) -> Iterator[Guess]:
        """Rows of candidates that hang together, one of them likely enough, without particles at the end."""
        row: list[int] = []
        for place, odds in scores.items():
            if row and (place != row[-1] + 1 or odds <= _LEAST or not words.hangs_on(place)):
                yield from self._name(words, row, scores)
                row = []
            if odds > _LEAST:
                row.append(place)
        yield from self._name(words, row, scores)

    def _name(self, words: Words, row: Sequence[int], scores: Mapping[int, float]) -> Iterator[Guess]:
        likely = [place for place in row if scores[place] > self._threshold]
        if not likely:
            return
        particles = self._vocabulary.particles
        last = max(place for place in row if place == likely[0] or words.raw[place] not in particles)
        best = max(scores[place] for place in likely)
        yield Guess(words.starts[row[0]], words.ends[last], best)


class Scorer:
    """Scores candidates. What the vector of a word brings to the units is worked out beforehand for each place of the
    window, in whole numbers like all else: a text then costs sums alone, which are the same on every machine.
    """

    def __init__(self, weights: Weights) -> None:
        width = 2 * REACH + 1
        self._scale = max(1e-6, *(float(np.abs(table).max()) for table in _brought(weights, width))) / _LARGEST
        self._rows = np.concatenate([_steps(table, self._scale) for table in _brought(weights, width)])
        self._first_word, self._places = len(weights.classes), np.arange(width) * len(weights.vectors)
        self._pairs = _steps(weights.pairs, self._scale)
        self._out = np.append(weights.out, np.float32(1)) * np.float32(self._scale)
        self._least = np.append(np.zeros(UNITS, np.int32), np.int32(np.iinfo(np.int32).min))

    def score(self, seen: Features) -> Table:
        """The log odds of each candidate to be in a name."""
        used = np.concatenate((seen.classes, seen.rows + (self._places + self._first_word)), axis=1)
        units = self._rows[used].sum(axis=1, dtype=np.int32)
        units[:, UNITS] += self._pairs[seen.pairs].sum(axis=1, dtype=np.int32)
        scores: Table = (np.maximum(units, self._least) * self._out).sum(axis=1)
        return scores


def _brought(weights: Weights, width: int) -> Iterator[Table]:
    """What each class brings to the units, then what each word does, place by place; in pieces, to spare memory."""
    yield weights.classes
    for mix in np.split(weights.mix, width):
        yield weights.vectors @ mix


def _steps(table: Table, scale: float) -> NDArray[np.int16]:
    steps: NDArray[np.int16] = np.clip(np.rint(table / scale), -_LARGEST, _LARGEST).astype(np.int16)
    return steps


def _whole_numbers(table: Table) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The table in steps of its scale, a power of two, so that what was read is written again as it was."""
    largest = float(np.abs(table).max())
    scale = np.float32(2.0 ** np.ceil(np.log2(largest / 127)) if largest else 1.0)
    return np.rint(table / scale).astype(np.int8), np.array(scale)


def _text(words: Sequence[str] | Mapping[str, int]) -> NDArray[np.uint8]:
    return np.frombuffer(" ".join(words).encode(), np.uint8)


def _words(text: NDArray[np.uint8]) -> tuple[str, ...]:
    return tuple(text.tobytes().decode().split(" "))
