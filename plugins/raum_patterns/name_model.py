"""The name model: a linear-chain conditional random field (Lafferty and others, 2001) over candidates for name words.

Each word of a run is in a name or not. Its score is the sum of the weights of its features, that of a row of words the
sum of their scores and of the steps between them; the best row wins (Viterbi, 1967). `docs/name-model.md` is the card.

`name_model.bin`, beside this file, is zlib data of: a line of JSON (the scale, the weights of the steps, how many
features are numbers), a line of the words that have numbers, a line of the features that are strings, and then the
numbers as unsigned 64 bit integers, little-endian and in order, and one signed byte of weight for each feature.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Final

from attrs import frozen

from raum_patterns.name_features import Feature, Token, Vocabulary, Words
from raum_patterns.namelists import NameLists

_ELSEWHERE: Final = 2.0
"""The log odds that a word gains by being in a name elsewhere in the text."""

STEPS: Final = 4
"""How a word can hang on the one before it in its run; see `Token.join`."""


@frozen
class Weights:
    """What was learned: words with numbers, weights of features, and for each way of hanging together the weights of
    going from no name into a name, out of one, and on within one, all in steps of `scale`.
    """

    words: tuple[str, ...]
    features: Mapping[Feature, int]
    steps: tuple[tuple[int, int, int], ...]
    scale: float

    def to_bytes(self) -> bytes:
        """The same bytes for the same weights."""
        numbers = sorted(feature for feature in self.features if isinstance(feature, int))
        strings = sorted(feature for feature in self.features if isinstance(feature, str))
        head = {"numbers": len(numbers), "scale": self.scale, "steps": self.steps}
        lines = "\n".join((json.dumps(head), " ".join(self.words), " ".join(strings), "")).encode()
        ordered: list[Feature] = [*numbers, *strings]
        weights = array("b", [self.features[feature] for feature in ordered])
        return zlib.compress(lines + _little_endian(array("Q", numbers)).tobytes() + weights.tobytes(), 9)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Weights":
        """The weights that `to_bytes` wrote."""
        head, words, strings, rest = zlib.decompress(data).split(b"\n", 3)
        fields = json.loads(head)
        cut = 8 * fields["numbers"]
        numbers = array("Q", rest[:cut])
        features: list[Feature] = [*_little_endian(numbers), *strings.decode().split(" ")]
        steps = tuple((into, out, on) for into, out, on in fields["steps"])
        return cls(
            tuple(words.decode().split(" ")),
            dict(zip(features, array("b", rest[cut:]), strict=False)),
            steps,
            fields["scale"],
        )


def shipped_weights() -> Weights:
    """The weights that come with the package."""
    return Weights.from_bytes(resources.files(__package__).joinpath("name_model.bin").read_bytes())


@frozen
class Guess:
    """`text[start:end]` is a name, with a score: 0 is as likely as not, 4 is all but sure (log odds, per word)."""

    start: int
    end: int
    score: float


class NameModel:
    """Finds names in a text by what was learned. `threshold` are the log odds that a word needs to be in a name."""

    def __init__(self, weights: Weights, lists: NameLists, openers: frozenset[str], threshold: float = 0.0) -> None:
        self._vocabulary = Vocabulary.of(lists, weights.words, openers)
        self._weigh = weights.features.get
        self._steps = weights.steps
        self._scale = weights.scale
        self._threshold = round(threshold / weights.scale)
        self._bonus = round(_ELSEWHERE / weights.scale)

    def find(self, words: Words) -> list[Guess]:
        """Every row of words that is a name, from left to right.

        A second look is taken at words that are in a name elsewhere in the text: they count as more likely.
        """
        weigh = self._weigh
        runs = [
            (run, [sum(filter(None, map(weigh, token.features))) - self._threshold for token in run])
            for run in words.runs(self._vocabulary)
        ]
        paths = [self._best_path(run, scores) for run, scores in runs]
        named = {
            token.word
            for (run, _), path in zip(runs, paths, strict=True)
            if True in path
            for token, is_name in zip(run, path, strict=True)
            if is_name and len(token.word) > 2 and not token.is_particle
        }
        guesses: list[Guess] = []
        for (run, scores), path in zip(runs, paths, strict=True):
            best = path
            if named and not all(path) and any(token.word in named for token in run):
                raised = [score + self._bonus * (token.word in named) for token, score in zip(run, scores, strict=True)]
                best = self._best_path(run, raised)
            if True in best:
                guesses += self._guesses(run, scores, best)
        return guesses

    def _guesses(self, run: list[Token], scores: list[int], path: list[bool]) -> Iterator[Guess]:
        at = 0
        while at < len(run):
            start = at
            while at < len(run) and path[at]:
                at += 1
            end = at
            while end > start and run[end - 1].is_particle:
                end -= 1
            if end > start:
                yield Guess(run[start].start, run[end - 1].end, self._scale * sum(scores[start:end]) / (end - start))
            at += 1

    def _best_path(self, run: list[Token], scores: list[int]) -> list[bool]:
        """Whether each word is in a name, for the row with the highest score."""
        if len(run) == 1:
            return [scores[0] > 0]
        outside, inside = 0, scores[0]
        came: list[tuple[bool, bool]] = []
        for token, score in zip(run[1:], scores[1:], strict=True):
            into, out, on = self._steps[token.join]
            to_outside, to_inside = (outside, inside + out), (outside + into, inside + on)
            came.append((to_outside[1] > to_outside[0], to_inside[1] > to_inside[0]))
            outside, inside = max(to_outside), max(to_inside) + score
        path = [inside > outside]
        for from_outside, from_inside in reversed(came):
            path.append(from_inside if path[-1] else from_outside)
        return path[::-1]


def _little_endian(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
