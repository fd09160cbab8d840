"""The labelled documents that the name model may learn from, in five folds, for judging by weights that saw none.

A corpus is a file of JSON lines: `{"id", "corpus", "text", "spans": [{"start", "end", "type"}], "types", "ignore"}`.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from attrs import frozen

SHARE_ALIKE: Final = ("uner_", "sgd")
"""Corpora whose licence would pass on to the weights: never learned from, only measured on."""

REAL: Final = ("btc", "nlupp", "restaurant8k", "uner_", "wikigold", "wnut17")
"""Corpora of texts that people wrote."""

FOLDS: Final = 5


@frozen
class Document:
    """One labelled text: the spans of its names, and those where a finding counts neither way."""

    id: str
    corpus: str
    text: str
    names: tuple[tuple[int, int], ...]
    ignored: tuple[tuple[int, int], ...] = ()

    @property
    def is_for_training(self) -> bool:
        """Whether the licence of its corpus allows to learn from it."""
        return not self.corpus.startswith(SHARE_ALIKE)

    @property
    def is_real(self) -> bool:
        """Whether people wrote it, and not a generator."""
        return self.corpus.startswith(REAL)

    @property
    def fold(self) -> int:
        """Which fifth of the documents it belongs to, by the hash of its id."""
        return hashlib.sha256(self.id.encode()).digest()[0] * FOLDS // 256


def documents(folder: Path) -> Iterator[Document]:
    """Every document of the folder whose names are all labelled, in the order of the files."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "NAME" in row["types"]:
                yield _document(row)


def _document(row: dict[str, Any]) -> Document:
    names = tuple((span["start"], span["end"]) for span in row["spans"] if span["type"] == "NAME")
    ignored = tuple((start, end) for start, end in row.get("ignore", ()))
    return Document(row["id"], row["corpus"], row["text"], names, ignored)
