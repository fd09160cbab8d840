import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from raum_patterns.name_model import NameModel, Weights
from raum_patterns.name_words import Words
from raum_patterns.namelists import name_lists

ROOT = Path(__file__).parents[2]
OPENERS = frozenset({"hi", "is"})
LISTS = name_lists(frozenset())


@pytest.fixture
def tools(monkeypatch):
    """The modules of `tools/names`, which are not installed."""
    monkeypatch.syspath_prepend(ROOT)
    yield lambda name: importlib.import_module(f"tools.names.{name}")
    for name in [name for name in sys.modules if name == "tools" or name.startswith("tools.")]:
        del sys.modules[name]


def tiny_corpus(corpora):
    """Forty texts with one invented name each, and forty without."""
    given = ("Arvid", "Bettine", "Corvin", "Dalia", "Edda", "Florin", "Gesine", "Hakon", "Ilka", "Jorun")
    named = [(f"Hi {name}, the parcel from Lyon is late", name) for name in given * 4]
    nothing = ["The parcel from Lyon is late", "Our Router is in Lyon", "Why is the Router late", "Lyon is late"] * 10
    return [
        *(corpora.Document(f"n{at}", "tiny", text, ((3, 3 + len(name)),)) for at, (text, name) in enumerate(named)),
        *(corpora.Document(f"o{at}", "tiny", text, ()) for at, text in enumerate(nothing)),
    ]


def table(words_known):
    """A few words with vectors, the given names near each other; some given names are in one group."""
    words = [
        "hi",
        "the",
        "parcel",
        "from",
        "is",
        "late",
        "our",
        "router",
        "lyon",
        "in",
        "why",
        "arvid",
        "dalia",
        "rebecca",
    ]
    vectors = np.random.default_rng(3).standard_normal((len(words), 8))
    vectors[-3:] = vectors[-1] + np.random.default_rng(4).standard_normal((3, 8)) * 0.1
    groups, centres = words_known.grouped(vectors.astype(np.float32), groups=6)
    return words_known.WordTable(tuple(words), vectors.astype(np.float32), groups, centres)


@pytest.fixture
def train(tools):
    return lambda: tools("train").train(
        tiny_corpus(tools("corpora")), LISTS, OPENERS, table(tools("word_table")), epochs=60
    )


def test_training_twice_gives_the_same_bytes(train):
    assert train().to_bytes() == train().to_bytes()


def test_a_trained_model_finds_its_names_and_new_ones(train):
    model = NameModel(Weights.from_bytes(train().to_bytes()), LISTS, OPENERS)
    for name in ("Arvid", "Jorun", "Rebecca"):
        guesses = model.find(Words(f"Hi {name}, the parcel from Lyon is late"))
        assert [(guess.start, guess.end) for guess in guesses] == [(3, 3 + len(name))]


def test_a_trained_model_leaves_other_words_alone(train):
    assert NameModel(train(), LISTS, OPENERS).find(Words("The Router is late")) == []


def test_invented_tickets_are_always_the_same_and_their_names_are_labelled(tools):
    invented = tools("invent").invented
    documents = invented()
    assert documents == invented()
    assert len(documents) > 500
    for document in documents:
        assert all(0 <= start < end <= len(document.text) for start, end in document.names)
        assert "{given}" not in document.text


def test_a_labelled_text_is_a_line_with_its_names_in_braces(tools, tmp_path):
    (tmp_path / "b.txt").write_text("# All is invented.\n{NAME|Bo}'s mum\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text(r"Hi {NAME|Ann Lee},\nthanks to {NAME|Uwe}" + "\n", encoding="utf-8")
    document = tools("corpora").Document
    assert list(tools("labelled").labelled_texts(tmp_path)) == [
        document("a-1", "labelled", "Hi Ann Lee,\nthanks to Uwe", ((3, 10), (22, 25))),
        document("b-2", "labelled", "Bo's mum", ((0, 2),)),
    ]


def test_every_label_of_the_texts_is_around_whole_words(tools):
    documents = list(tools("labelled").labelled_texts())
    assert len({document.text for document in documents}) == len(documents) > 15_000
    for document in documents:
        assert "NAME|" not in document.text
        for start, end in document.names:
            name = document.text[start:end]
            assert name == name.strip() != ""
            assert not document.text[end : end + 1].isalpha(), document.id
            assert start == 0 or not document.text[start - 1].isalpha(), document.id


def test_share_alike_corpora_are_never_learned_from(tools):
    corpora = tools("corpora")
    for number in range(100):
        assert not corpora.Document(str(number), "uner_ewt", "", ()).is_for_training
        assert not corpora.Document(str(number), "sgd", "", ()).is_for_training


def test_each_document_is_in_one_of_five_folds_of_like_size(tools):
    corpora = tools("corpora")
    folds = [corpora.Document(str(number), "tiny", "", ()).fold for number in range(1000)]
    assert all(150 < folds.count(fold) < 250 for fold in range(5))


def test_a_text_with_other_names_is_else_the_same(tools):
    corpora, swap = tools("corpora"), tools("swap")
    document = corpora.Document("d", "tiny", "Hi Jane, JANE VAN DYKE and T. Roe are late", ((3, 7), (9, 22), (27, 33)))
    (other,) = swap.swapped([document], frozenset({"van"}))
    names = [other.text[start:end] for start, end in other.names]
    assert other.text == f"Hi {names[0]}, {names[1]} and {names[2]} are late"
    assert names[0] != "Jane"
    assert names[1].isupper()
    assert names[1].split()[1] == "VAN"
    assert names[2].startswith("T. ")


def test_documents_without_complete_labels_of_names_are_left_out(tools, tmp_path):
    rows = [
        {"id": "a", "corpus": "tiny", "text": "Hi Jane", "spans": [{"start": 3, "end": 7, "type": "NAME"}],
         "types": ["NAME"], "ignore": [[0, 2]]},
        {"id": "b", "corpus": "tiny", "text": "Hi Jane", "spans": [], "types": ["PHONE"]},
    ]  # fmt: skip
    (tmp_path / "tiny.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    corpora = tools("corpora")
    assert list(corpora.documents(tmp_path)) == [corpora.Document("a", "tiny", "Hi Jane", ((3, 7),), ((0, 2),))]
