"""Texts without case, accents and width, and the way back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from raum.values import folding
from raum.values.folding import Reading, fold, strung, words_only

# Characters that fold to none, to one and to several, beside any others.
TEXTS = st.text(st.one_of(st.sampled_from("aÉßæ½ﷺ\u0301\u0335İ가 _-"), st.characters()), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("MÜLLER", "muller"), ("Straße", "strasse"), ("Łukasz", "lukasz"), ("Ｊａｎｅ", "jane"), ("Søren", "soren")],
)
def test_folding_takes_away_case_accents_and_width(text, expected):
    assert expected == fold(text)


@given(st.characters())
@example("\u1d2c")  # a raised A
@example("\u0130")
def test_what_is_folded_folds_to_itself(character):
    assert fold(fold(character)) == fold(character)
    assert words_only(words_only(character)) == words_only(character)


@given(TEXTS)
def test_a_text_is_folded_character_by_character_however_many_kinds_it_has(text):
    many = "".join(map(chr, range(0x4E00, 0x4E80)))
    assert words_only(text) == "".join(map(words_only, text))
    assert words_only(text + many) == words_only(text) + words_only(many)


@given(TEXTS)
def test_a_long_text_is_folded_like_a_short_one(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_AT_ONCE", 3)
        assert (fold(text), words_only(text)) == ("".join(map(fold, text)), "".join(map(words_only, text)))


@given(TEXTS)
def test_only_letters_digits_and_blanks_are_left(text):
    assert all(character == " " or character.isalnum() for character in words_only(text))
    assert strung(words_only(text)) == "".join(words_only(text).split())


@given(TEXTS)
def test_each_place_of_a_reading_is_that_of_the_character_that_folds_to_it(text):
    reading = Reading(text)
    sources = [place for place, character in enumerate(text) for _ in words_only(character)]
    assert [reading.start(place) for place in range(1, len(reading.folded) - 1)] == sources
    for place, source in enumerate(sources, start=2):
        # What folds to nothing belongs to the character before it.
        after = text[source + 1 : reading.end(place)]
        assert words_only(after) == ""
