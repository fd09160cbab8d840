import re
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.name_features import Layout, Lexicon
from raum_patterns.name_model import NameModel, Weights, shipped_weights
from raum_patterns.name_words import (
    ALL_CAPITALS,
    CAPITAL,
    INITIAL,
    MIXED,
    NOT_LETTERS,
    NUMBER,
    SMALL,
    Words,
)
from raum_patterns.namelists import name_lists, words_by_kind
from raum_patterns.names import NameDetector
from raum_patterns.options import NameOptions
from raum_patterns.words import word_lists

WORDS = {name: frozenset(listed) for name, listed in word_lists("name").items()}
LISTS = name_lists(WORDS["particles"], WORDS["ordinary"])
MODEL = NameModel(shipped_weights(), LISTS, WORDS["openers"])


def data_size(name):
    return len(resources.files("raum_patterns").joinpath(name).read_bytes())


def test_the_shipped_data_is_small():
    assert data_size("name_model.npz") + data_size("namelists.txt") < 6_000_000


def test_the_shipped_weights_are_written_as_they_were_read():
    data = resources.files("raum_patterns").joinpath("name_model.npz").read_bytes()
    assert shipped_weights().to_bytes() == data


def weights(**changed):
    """Weights of a model with two words, that fit their eight bits without loss."""
    tables = {"vectors": (5, 2), "mix": (10, 33), "classes": (600, 33), "pairs": (1 << 18,), "out": (32,)}
    dice = np.random.default_rng(7)
    drawn = {name: dice.integers(-127, 128, shape).astype(np.float32) for name, shape in tables.items()}
    for table in drawn.values():
        table.flat[:2] = -127, 127
    return Weights(
        **{"lexicon": Lexicon("hi jane"), "layout": Layout(3, {5: 1, 9: 2}, {"ane$": 1}), **drawn, **changed}
    )


def test_weights_survive_being_written():
    written = weights()
    read = Weights.from_bytes(written.to_bytes())
    assert (read.lexicon, read.layout) == (written.lexicon, written.layout)
    for table in ("vectors", "mix", "classes", "pairs", "out"):
        np.testing.assert_allclose(getattr(read, table), getattr(written, table), atol=0.5)


def test_equal_weights_give_equal_bytes():
    assert weights().to_bytes() == weights().to_bytes()


def test_other_weights_give_other_bytes():
    assert weights(lexicon=Lexicon("hi john")).to_bytes() != weights().to_bytes()


def test_no_word_is_listed_twice():
    listed = [word for words in words_by_kind().values() for word in words]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_text_scores_the_same_in_every_process(seed):
    """Words get their numbers in an order that does not hang on how a process hashes strings."""
    script = (
        "from raum_patterns.names import NameDetector; from raum_patterns.options import NameOptions\n"
        "from raum_patterns.name_words import Words\n"
        "print(NameDetector(NameOptions())._model.find(Words('Tell Rebecca and Jan van der Haddad die Bestellung')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    expected = NameDetector(NameOptions())._model.find(Words("Tell Rebecca and Jan van der Haddad die Bestellung"))
    assert done.stdout.strip() == str(expected)


def test_a_higher_threshold_finds_no_more():
    text = "Rebecca asked Omar and the Router about Lyon, then Quillfeather Inc called."
    assert len(MODEL.find(Words(text), threshold=3.0)) <= len(MODEL.find(Words(text)))


def test_a_name_that_is_sure_in_one_place_is_more_likely_in_another():
    alone = "the Quillfeather thing"
    both = "Dear Mr. Rebecca Quillfeather,\n" + alone
    assert len(MODEL.find(Words(both))) >= len(MODEL.find(Words(alone))) + 1


@given(st.text(alphabet="aAbB éİßẞ.-'’,\n@\u0301名") | st.text())
def test_guesses_lie_in_the_text_in_order_and_apart(text):
    guesses = MODEL.find(Words(text))
    borders = [border for guess in guesses for border in (guess.start, guess.end)]
    assert borders == sorted(borders)
    assert all(0 <= guess.start < guess.end <= len(text) for guess in guesses)


@given(st.text())
def test_words_stand_where_they_say(text):
    words = Words(text)
    found = [(match.start(), match.end(), match[0]) for match in re.finditer(r"[^\W_]+", text)]
    assert [(start, end, text[start:end]) for start, end in zip(words.starts, words.ends, strict=True)] == found
    assert [words.raw(at) for at in range(len(words))] == [word for _, _, word in found]


def test_words_are_told_by_how_they_are_written():
    words = Words("it Is JANE I mcDonald x2 42 Ünal ÜNAL 4U")
    shapes = [SMALL, CAPITAL, ALL_CAPITALS, INITIAL, MIXED, NOT_LETTERS, NUMBER, CAPITAL, ALL_CAPITALS, NOT_LETTERS]
    assert words.shapes.tolist() == shapes


@pytest.mark.parametrize(
    ("text", "joined", "hangs"),
    [
        ("Jane Roe", True, True),
        ("Jane-Roe", True, True),
        ("J. Roe", False, True),
        ("J.Roe", False, True),
        ("Jane. Roe", False, False),
        ("Jane, Roe", False, False),
        ("Jane\nRoe", False, False),
        ("Jane\U0001f600Roe", False, False),
    ],
)
def test_words_hang_together_behind_a_blank_a_hyphen_or_an_initial(text, joined, hangs):
    words = Words(text)
    assert (words.joined.tolist(), words.hangs.tolist()) == ([False, joined], [False, hangs])


def test_what_the_ticket_knows_to_be_a_name_is_more_likely_one():
    text = "Then Quillfeather was late"
    assert len(MODEL.find(Words(text), {"quillfeather"})) >= len(MODEL.find(Words(text)))
