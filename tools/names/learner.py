"""Learns the weights of the name model: gradient descent on the log likelihood of the labels, in minibatches.

Everything is in a fixed order on one thread, and what is drawn comes from a generator with a fixed seed: the same texts
give the same bytes.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from raum_patterns.name_features import OUTSIDE, PAIRS, REACH, UNLISTED, Features, Layout

Array = NDArray[np.float32]
Numbers = NDArray[np.int64]

EPOCHS: Final = 10
_UNITS: Final = 96
_BATCH: Final = 256
_RATE, _VECTOR_RATE, _PAIR_RATE = 3e-3, 1e-3, 4e-2
_LEAST_SHARE: Final = 0.01
# So many of the inputs, the units and the words are left out at random, against learning by heart (Srivastava, 2014).
_DROPPED, _WORDS_DROPPED = 0.3, 0.1
# So many words are seen as any of their group, so that what is learned of one is learned of its likes.
_WORDS_GROUPED: Final = 0.1


@frozen
class Examples:
    """Candidates with their features and whether each is in a name."""

    rows: Numbers
    classes: Numbers
    pairs: Numbers
    gold: Array

    @classmethod
    def of(cls, seen: list[Features], layout: Layout, gold: list[bool]) -> "Examples":
        """All candidates of all texts."""
        return cls(
            np.concatenate([each.rows.T for each in seen]),
            np.concatenate([np.concatenate((*layout.of_kinds(each.kinds), each.classes)).T for each in seen]),
            np.concatenate([each.pairs.T for each in seen]),
            np.array(gold, np.float32),
        )

    def batches(self, order: Numbers) -> Iterator["Examples"]:
        """The candidates in this order, a few hundred at a time."""
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            yield Examples(self.rows[chosen], self.classes[chosen], self.pairs[chosen], self.gold[chosen])


@define
class Parameter:
    """A table of weights that learns by Adam (Kingma and Ba, 2015); only the rows that were used move."""

    weights: Array
    rate: float
    _first: Array = field(init=False)
    _second: Array = field(init=False)
    _steps: int = 0

    def __attrs_post_init__(self) -> None:
        self._first, self._second = np.zeros_like(self.weights), np.zeros_like(self.weights)

    def learn(self, gradient: Array, share: float, rows: Numbers | slice = slice(None)) -> None:
        """One step against the gradient of the rows, at this share of the rate."""
        self._steps += 1
        self._first[rows] = first = np.float32(0.9) * self._first[rows] + np.float32(0.1) * gradient
        self._second[rows] = second = np.float32(0.999) * self._second[rows] + np.float32(0.001) * gradient**2
        size = np.float32(share * self.rate * (1 - 0.999**self._steps) ** 0.5 / (1 - 0.9**self._steps))
        self.weights[rows] -= size * first / (np.sqrt(second) + np.float32(1e-8))

    def learn_rows(self, used: Numbers, gradients: Array, share: float) -> None:
        """The same for rows that may be used many times, with a gradient for each use."""
        order = np.argsort(used, axis=None, kind="stable")
        rows, starts = np.unique(used.ravel()[order], return_index=True)
        self.learn(np.add.reduceat(gradients.reshape(used.size, -1)[order], starts), share, rows)


class Network:
    """The weights while they are learned; `raum_patterns.name_model.score` is what they do."""

    def __init__(self, vectors: Array, classes: int, substitutes: Numbers) -> None:
        """`substitutes` says for each row of `vectors` which one may stand in for it."""
        self._dice = np.random.default_rng(1)
        self._substitutes = substitutes
        width = (2 * REACH + 1) * vectors.shape[1]
        self.vectors = Parameter(vectors, _VECTOR_RATE)
        self.mix = Parameter(self._drawn(width, _UNITS + 1) / np.float32(width**0.5), _RATE)
        self.classes = Parameter(self._drawn(classes, _UNITS + 1) * np.float32(0.1), _RATE)
        self.pairs = np.zeros(PAIRS, np.float32)
        self._pair_squares = np.full(PAIRS, 1e-10, np.float32)
        self.out = Parameter(self._drawn(_UNITS) / np.float32(_UNITS**0.5), _RATE)

    def learn(self, examples: Examples, epochs: int = EPOCHS) -> None:
        """Go through the examples so many times, with smaller and smaller steps."""
        batches = -(-len(examples.gold) // _BATCH) * epochs
        done = 0
        for _ in range(epochs):
            for batch in examples.batches(self._dice.permutation(len(examples.gold))):
                self._step(batch, max(_LEAST_SHARE, 1 - done / batches))
                done += 1

    def _step(self, batch: Examples, share: float) -> None:
        rows, size = self._some_words(batch.rows), len(batch.gold)
        seen = self.vectors.weights[rows].reshape(size, -1)
        kept_vectors, kept_classes = self._kept(seen.shape), self._kept(batch.classes.shape)
        seen *= kept_vectors
        units = seen @ self.mix.weights
        units += (self.classes.weights[batch.classes] * kept_classes[:, :, None]).sum(axis=1)
        is_on = (units[:, :_UNITS] > 0) * self._kept((size, _UNITS))
        on = units[:, :_UNITS] * is_on
        scores = on @ self.out.weights + units[:, _UNITS] + self.pairs[batch.pairs].sum(axis=1)
        error = (1 / (1 + np.exp(-scores)) - batch.gold) / np.float32(size)
        to_units = np.concatenate((error[:, None] * self.out.weights * is_on, error[:, None]), axis=1)
        to_vectors = (to_units @ self.mix.weights.T) * kept_vectors
        self.out.learn(on.T @ error, share)
        self.mix.learn(seen.T @ to_units, share)
        self.classes.learn_rows(batch.classes, to_units[:, None, :] * kept_classes[:, :, None], share)
        self.vectors.learn_rows(rows, to_vectors.reshape(rows.size, -1), share)
        self.vectors.weights[OUTSIDE] = 0
        self._learn_pairs(batch.pairs, error)

    def _learn_pairs(self, pairs: Numbers, error: Array) -> None:
        """One step of AdaGrad (Duchi and others, 2011)."""
        gradient = np.bincount(pairs.ravel(), np.repeat(error, pairs.shape[1]), minlength=PAIRS).astype(np.float32)
        self._pair_squares += gradient**2
        self.pairs -= np.float32(_PAIR_RATE) * gradient / np.sqrt(self._pair_squares)

    def _drawn(self, *shape: int) -> Array:
        return self._dice.standard_normal(shape, np.float32)

    def _kept(self, shape: tuple[int, ...]) -> Array:
        kept = self._dice.random(shape, np.float32) >= _DROPPED
        return kept.astype(np.float32) * np.float32(1 / (1 - _DROPPED))

    def _some_words(self, rows: Numbers) -> Numbers:
        drawn = self._dice.random(rows.shape, np.float32)
        seen = np.where(drawn < _WORDS_DROPPED + _WORDS_GROUPED, self._substitutes[rows], rows)
        return np.where((drawn < _WORDS_DROPPED) & (rows != OUTSIDE), UNLISTED, seen)
