import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.word_index import MISSING, WordIndex, hashes_in, hashes_of

WORD = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=12)


def index(words):
    return WordIndex(hashes_in(" ".join(words)), np.arange(len(words)))


@given(st.lists(WORD, unique=True, max_size=40))
def test_every_word_has_the_number_of_its_place(words):
    assert index(words).numbers_of(hashes_in(" ".join(words))).tolist() == list(range(len(words)))


@given(st.lists(WORD, unique=True, max_size=40), st.lists(WORD, max_size=40))
def test_other_words_are_missing(words, others):
    expected = [words.index(other) if other in words else MISSING for other in others]
    assert index(words).numbers_of(hashes_in(" ".join(others))).tolist() == expected


@given(before=st.text(), word=WORD, after=st.text())
def test_a_word_has_the_same_hash_wherever_it_stands(before, word, after):
    start = len(before)
    (found,) = hashes_of(before + word + after, np.array([start]), np.array([start + len(word)]))
    assert found == hashes_in(word)[0]


def test_a_word_has_the_same_hash_deep_in_a_long_text():
    text = "x" * 100_000 + "jane"
    assert hashes_of(text, np.array([100_000]), np.array([100_004])) == hashes_in("jane")


def test_long_lists_are_hashed_like_short_ones():
    words = [f"word{number}" for number in range(20_000)]
    hashes = hashes_in(" ".join(words))
    assert len(set(hashes.tolist())) == len(words)
    assert hashes[12_345] == hashes_in("word12345")[0]


def test_the_numbers_do_not_change():
    """The order of the words of a model hangs on them."""
    assert hashes_in("jane doe").tolist() == [12138548907699217094, 15274567005072272755]
