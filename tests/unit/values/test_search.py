"""Many strings are found at once, wherever and however often they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.errors import RedactionFailed
from raum.values import search
from raum.values.search import Search

KEYS = st.lists(st.text("abé1", min_size=1, max_size=4), unique=True, max_size=8)


@pytest.fixture(autouse=True, scope="module")
def few_together():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_TOGETHER", 3)
        patch.setattr(search, "_AT_ONCE", 7)
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
    found = list(looks_for(text))
    assert naively(keys, text) == sorted(found)
    assert [start for _, start, _ in found] == sorted(start for _, start, _ in found)


def test_words_are_found_between_blanks_that_they_may_share():
    looks_for = Search({"jane": None, "doe": None}, around=" ")
    assert list(looks_for(" jane doe janedoe ")) == [("jane", 0, 6), ("doe", 5, 10)]


@pytest.mark.parametrize("ending", ["a", "ab"])
def test_so_many_keys_that_end_in_one_another_are_refused(ending, monkeypatch):
    monkeypatch.setattr(search, "_TOGETHER", 100)
    keys = {ending * count: None for count in range(1, 33)}
    assert len(list(Search(keys)(ending * 40))) == sum(41 - count for count in range(1, 33))
    keys[ending * 33] = None
    with pytest.raises(RedactionFailed, match="end in one another"):
        Search(keys)("")
