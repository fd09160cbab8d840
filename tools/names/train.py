"""Trains the name model and writes its weights.

    python -m tools.names.train CORPORA WORDS OUTPUT

It learns from all documents of the corpora that may be learned from and from the labelled texts of this project, all
once more with other names in them, and from invented ones. `WORDS` is the table that `tools.names.word_table` writes.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from attrs import evolve

from raum_patterns.name_features import FIRST_WORD, REACH, UNLISTED, Candidates, Layout, Lexicon, Vocabulary, features
from raum_patterns.name_model import Table, Weights
from raum_patterns.name_words import Page, Words
from raum_patterns.namelists import NameLists, name_lists
from raum_patterns.words import word_lists
from tools.names.corpora import Document, documents
from tools.names.invent import invented
from tools.names.labelled import labelled_texts
from tools.names.learner import EPOCHS, Array, Examples, Network, Numbers
from tools.names.swap import swapped
from tools.names.word_table import WordTable

_T = TypeVar("_T", int, str)

# Of 256 documents, so many are learned from again in small letters, and so many in large ones.
_SMALL, _LARGE = 50, 20
# Words, signs and endings that occur so often in the texts have weights of their own, and so many frequent words.
_WORD_FEWEST, _SIGN_FEWEST, _ENDING_FEWEST = 8, 5, 4
_FREQUENT_WORDS: Final = 11_000
# The share of the weights of a table that are kept as they are.
_KEPT: Final = 0.9999


def train(
    training: Sequence[Document],
    lists: NameLists,
    openers: frozenset[str],
    table: WordTable,
    epochs: int = EPOCHS,
) -> Weights:
    """The weights learned from the documents, beginning with what the table knows of words."""
    training = [*training, *filter(None, map(_recased, training))]
    texts = [Words(document.text) for document in training]
    lexicon, vectors, substitutes = _lexicon(table, texts)
    vocabulary = Vocabulary.of(lists, lexicon, openers)
    layout = _layout(texts, lists, vocabulary)
    network = Network(vectors, layout.size, substitutes)
    network.learn(_examples(training, texts, vocabulary, layout), epochs)
    learned = network.vectors, network.mix, network.classes
    rows, mix, classes = (_clipped(parameter.weights) for parameter in learned)
    return Weights(lexicon, layout, rows, mix, classes, _clipped(network.pairs), _clipped(network.out.weights))


def _examples(training: Sequence[Document], texts: Sequence[Words], vocabulary: Vocabulary, layout: Layout) -> Examples:
    seen, gold = [], []
    for document, words in zip(training, texts, strict=True):
        page = Page([words], REACH)
        codes = vocabulary.codes_of(page)
        candidates = Candidates.among(page, codes, vocabulary)
        if len(candidates.at):
            spans = list(zip(words.starts[candidates.at].tolist(), words.ends[candidates.at].tolist(), strict=True))
            is_judged = np.array([not _overlaps(document.ignored, *span) for span in spans])
            seen.append(features(page, codes, candidates, vocabulary, layout).of(is_judged))
            gold += [_covers(document.names, *span) for span, judged in zip(spans, is_judged, strict=True) if judged]
    return Examples.of(seen, layout, gold)


def _recased(document: Document) -> Document | None:
    """The same document in small or in large letters, for some documents: customers write like that."""
    number = hashlib.sha256(f"case {document.id}".encode()).digest()[0]
    if number >= _SMALL + _LARGE:
        return None
    text = document.text.lower() if number < _SMALL else document.text.upper()
    return evolve(document, text=text) if len(text) == len(document.text) else None


def _lexicon(table: WordTable, texts: Iterable[Words]) -> tuple[Lexicon, Array, Numbers]:
    """Which row of the table of vectors each word has, these vectors, and the rows that can stand in for each.

    Words that are frequent have a row of their own; all others share that of their group. Words of the texts that are
    not in the table begin with noise.
    """
    counts = Counter(word for words in texts for word in words.small)
    is_own = np.array(
        [number < _FREQUENT_WORDS or counts[word] >= _WORD_FEWEST for number, word in enumerate(table.words)]
    )
    own, others = np.flatnonzero(is_own), np.flatnonzero(~is_own)
    have = frozenset(table.words)
    ranked = sorted((-count, word) for word, count in counts.items() if count >= _WORD_FEWEST and word not in have)
    new = [word for _, word in ranked if word.isalpha()]
    first_group = FIRST_WORD + len(own) + len(new)
    noise = np.random.default_rng(0).standard_normal((FIRST_WORD + len(new), table.vectors.shape[1])) * 0.1
    noise[0] = 0
    parts = noise[:FIRST_WORD], table.vectors[own], noise[FIRST_WORD:], table.centres
    vectors = np.concatenate(parts).astype(np.float32)
    lexicon = Lexicon(
        " ".join([*(table.words[number] for number in own.tolist()), *new]),
        " ".join(table.words[number] for number in others.tolist()),
        table.groups[others],
    )
    substitutes = np.arange(len(vectors))
    substitutes[FIRST_WORD : FIRST_WORD + len(own)] = table.groups[own] + np.int64(first_group)
    return lexicon, vectors, substitutes


def _layout(texts: Sequence[Words], lists: NameLists, vocabulary: Vocabulary) -> Layout:
    signs = Counter(number for words in texts for number in words.gaps.tolist())
    endings: Counter[str] = Counter()
    for words in texts:
        page = Page([words], REACH)
        codes = vocabulary.codes_of(page)
        for at in Candidates.among(page, codes, vocabulary).at.tolist():
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
    """What is learned from: the documents but for a fold, labelled texts, both with other names too, invented ones."""
    chosen = [document for document in documents(corpora) if document.is_for_training and document.fold != fold]
    chosen += labelled_texts()
    yield from chosen
    yield from swapped(chosen, particles)
    yield from invented()


def trained(corpora: Path, table: Path, fold: int | None = None) -> Weights:
    """The weights learned from the corpora but for a fold, with the table of words at a path."""
    words = {name: frozenset(listed) for name, listed in word_lists("name").items()}
    lists = name_lists(words["particles"], words["ordinary"])
    training = list(training_documents(corpora, fold, words["particles"]))
    return train(training, lists, words["openers"], WordTable.load(table))


def main() -> None:
    """Read the corpora, train, write the weights."""
    corpora, table, output = map(Path, sys.argv[1:])
    output.write_bytes(trained(corpora, table).to_bytes())


if __name__ == "__main__":
    main()
