"""Many strings are found at once, wherever and however often they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.values import search
from raum.values.search import Search

KEYS = st.lists(st.text("abé1", min_size=1, max_size=4), unique=True, max_size=8)


@pytest.fixture(autouse=True, scope="module")
def few_together():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_TOGETHER", 3)
        yield


def naively(keys, text):
    starts = range(len(text))
    return sorted((key, at, at + len(key)) for key in keys for at in starts if text.startswith(key, at))


@given(KEYS, KEYS, st.text("abé1😀 ", max_size=30))
def test_every_place_of_every_key_is_found_also_of_keys_that_came_later(first, later, text):
    keys = dict.fromkeys(first)
    looks_for = Search(keys)
    assert naively(keys, text) == sorted(looks_for(text))
    keys.update(dict.fromkeys(later))
    found = looks_for(text)
    assert naively(keys, text) == sorted(found)
    assert [start for _, start, _ in found] == sorted(start for _, start, _ in found)


def test_words_are_found_between_blanks_that_they_may_share():
    assert Search({"jane": None, "doe": None}, around=" ")(" jane doe janedoe ") == [("jane", 0, 6), ("doe", 5, 10)]
