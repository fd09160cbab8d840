"""Trains the name model and writes its weights.

    python -m tools.names.train CORPORA OUTPUT

A conditional random field with two states, in a name or not, trained by stochastic gradient descent with AdaGrad
(Duchi and others, 2011). Everything is in a fixed order and nothing is drawn at random: the same corpora give the same
bytes.
"""

import hashlib
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from attrs import define, evolve, field, frozen

from raum_patterns.name_features import Feature, Token, Vocabulary, Words
from raum_patterns.name_model import STEPS, Weights
from raum_patterns.namelists import NameLists, name_lists
from raum_patterns.words import word_lists
from tools.names.corpora import Document, documents
from tools.names.invent import invented

_EPOCHS: Final = 8
_RATE: Final = 0.2
_DECAY: Final = 2e-6
_FEWEST: Final = 3
_LARGEST: Final = 8.0
# Of 256 documents, so many are learned from again in small letters, and so many in large ones.
_SMALL: Final = 50
_LARGE: Final = 20
_WORDS: Final = 6000

# Words that are in so many documents have a weight of their own; texts of one template count as one document.
_WORD_FEWEST: Final = 4


@frozen
class Example:
    """A run of words with what is known about each: in a name or not."""

    joins: tuple[int, ...]
    features: tuple[tuple[int, ...], ...]
    gold: tuple[bool, ...]


@define
class Learner:
    """The weights while they are learned: those of the features, then three for each step."""

    size: int
    weights: list[float] = field(init=False)
    squares: list[float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.weights = [0.0] * (self.size + 3 * STEPS)
        self.squares = [1e-6] * (self.size + 3 * STEPS)

    def learn(self, example: Example) -> None:
        """One step along the gradient of the log likelihood."""
        scores = [sum(map(self.weights.__getitem__, features)) for features in example.features]
        inside, steps = self._expected(example, scores)
        for features, probability, gold in zip(example.features, inside, example.gold, strict=True):
            error = gold - probability
            if abs(error) > 1e-3:
                for feature in features:
                    self._move(feature, error)
        for at, (join, expected) in enumerate(zip(example.joins[1:], steps, strict=True)):
            before, after = example.gold[at], example.gold[at + 1]
            seen = (not before and after, before and not after, before and after)
            for kind in range(3):
                self._move(self.size + 3 * join + kind, seen[kind] - expected[kind])

    def _move(self, at: int, gradient: float) -> None:
        gradient -= _DECAY * self.weights[at]
        self.squares[at] += gradient * gradient
        self.weights[at] += _RATE * gradient / math.sqrt(self.squares[at])

    def _expected(
        self, example: Example, scores: Sequence[float]
    ) -> tuple[list[float], list[tuple[float, float, float]]]:
        """The probability of each word to be in a name, and of each of the three steps between words."""
        joins = [self.weights[self.size + 3 * join : self.size + 3 * join + 3] for join in example.joins]
        forward = [(0.0, scores[0])]
        for score, (into, out, on) in zip(scores[1:], joins[1:], strict=True):
            outside, inside = forward[-1]
            forward.append((_add(outside, inside + out), _add(outside + into, inside + on) + score))
        backward = [(0.0, 0.0)]
        for score, (into, out, on) in zip(scores[:0:-1], joins[:0:-1], strict=True):
            outside, inside = backward[-1]
            backward.append((_add(outside, inside + score + into), _add(outside + out, inside + score + on)))
        backward.reverse()
        total = _add(*forward[-1])
        probabilities = [math.exp(f[1] + b[1] - total) for f, b in zip(forward, backward, strict=True)]
        steps = [
            (
                math.exp(before[0] + into + score + after[1] - total),
                math.exp(before[1] + out + after[0] - total),
                math.exp(before[1] + on + score + after[1] - total),
            )
            for before, after, score, (into, out, on) in zip(
                forward[:-1], backward[1:], scores[1:], joins[1:], strict=True
            )
        ]
        return probabilities, steps


def train(training: Sequence[Document], lists: NameLists, openers: frozenset[str], epochs: int = _EPOCHS) -> Weights:
    """The weights learned from the documents."""
    training = [*training, *filter(None, map(_recased, training))]
    words = _frequent_words(training)
    vocabulary = Vocabulary.of(lists, words, openers)
    labelled = [
        (run, gold)
        for document in training
        for run in Words(document.text).runs(vocabulary)
        if (gold := _gold(document, run)) is not None
    ]
    numbers = _frequent_features(run for run, _ in labelled)
    examples = [_example(run, gold, numbers) for run, gold in labelled]
    examples.sort(key=lambda example: hashlib.sha256(repr(example).encode()).digest())
    learner = Learner(len(numbers))
    for _ in range(epochs):
        for example in examples:
            learner.learn(example)
    return _quantised(words, numbers, learner)


def _recased(document: Document) -> Document | None:
    """The same document in small or in large letters, for some documents: customers write like that."""
    number = hashlib.sha256(f"case {document.id}".encode()).digest()[0]
    if number >= _SMALL + _LARGE:
        return None
    text = document.text.lower() if number < _SMALL else document.text.upper()
    return evolve(document, text=text) if len(text) == len(document.text) else None


def _gold(document: Document, run: Sequence[Token]) -> tuple[bool, ...] | None:
    """Which words of the run are in a name; None if one of them counts neither way."""
    if any(start < token.end and token.start < end for token in run for start, end in document.ignored):
        return None
    return tuple(any(start <= token.start and token.end <= end for start, end in document.names) for token in run)


def _frequent_words(training: Iterable[Document]) -> tuple[str, ...]:
    counts: Counter[str] = Counter()
    for document in training:
        counts.update({word for word in document.text.lower().split() for word in _pieces(word)})
    ranked = sorted((-count, word) for word, count in counts.items() if count >= _WORD_FEWEST)
    return tuple(word for _, word in ranked[:_WORDS])


def _pieces(word: str) -> list[str]:
    stripped = word.strip(".,:;!?()[]{}\"'*<>")
    return [stripped] if stripped.isalpha() else []


def _frequent_features(found: Iterable[Sequence[Token]]) -> dict[Feature, int]:
    counts: Counter[Feature] = Counter()
    for run in found:
        for token in run:
            counts.update(token.features)
    chosen = sorted((feature for feature, count in counts.items() if count >= _FEWEST), key=repr)
    return {feature: number for number, feature in enumerate(chosen)}


def _example(run: Sequence[Token], gold: tuple[bool, ...], numbers: dict[Feature, int]) -> Example:
    features = tuple(tuple(numbers[name] for name in token.features if name in numbers) for token in run)
    return Example(tuple(token.join for token in run), features, gold)


def _quantised(words: tuple[str, ...], numbers: dict[Feature, int], learner: Learner) -> Weights:
    """The weights as whole numbers of at most seven bits and a sign, without those that round to nothing."""
    scale = _LARGEST / 127
    whole = [max(-127, min(127, round(weight / scale))) for weight in learner.weights]
    features = {feature: whole[at] for feature, at in numbers.items() if whole[at]}
    at = learner.size
    steps = tuple((whole[at + 3 * join], whole[at + 3 * join + 1], whole[at + 3 * join + 2]) for join in range(STEPS))
    return Weights(words, features, steps, scale)


def _add(left: float, right: float) -> float:
    """The logarithm of the sum of two numbers given by theirs."""
    high, low = (left, right) if left > right else (right, left)
    return high + math.log1p(math.exp(low - high))


def main() -> None:
    """Read the corpora, train, write the weights."""
    corpora, output = map(Path, sys.argv[1:])
    words = {name: frozenset(listed) for name, listed in word_lists("name").items()}
    training = [document for document in documents(corpora) if document.is_for_training]
    lists = name_lists(words["particles"])
    output.write_bytes(train([*training, *invented()], lists, words["openers"]).to_bytes())


if __name__ == "__main__":
    main()
