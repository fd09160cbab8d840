from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.name_features import Words
from raum_patterns.name_model import NameModel, Weights, shipped_weights
from raum_patterns.namelists import name_lists, words_by_kind
from raum_patterns.words import word_lists

WORDS = {name: frozenset(listed) for name, listed in word_lists("name").items()}
LISTS = name_lists(WORDS["particles"])
MODEL = NameModel(shipped_weights(), LISTS, WORDS["openers"])


def data_size(name):
    return len(resources.files("raum_patterns").joinpath(name).read_bytes())


def test_the_shipped_data_is_small():
    assert data_size("name_model.bin") + data_size("namelists.txt") < 2_000_000


def test_the_shipped_weights_are_written_as_they_were_read():
    data = resources.files("raum_patterns").joinpath("name_model.bin").read_bytes()
    assert shipped_weights().to_bytes() == data


def test_weights_survive_being_written():
    weights = Weights(("hi", "jane"), {1: 3, 2**40: -127, "2-ane": 5, "1jan-": -1}, ((1, -2, 3),) * 4, 0.0625)
    assert Weights.from_bytes(weights.to_bytes()) == weights


def test_equal_weights_give_equal_bytes():
    features = {7: 1, 3: 2, "b": 3, "a": 4}
    turned = dict(reversed(features.items()))
    steps = ((0, 0, 0),) * 4
    assert Weights(("a",), features, steps, 1.0).to_bytes() == Weights(("a",), turned, steps, 1.0).to_bytes()


def test_no_word_is_listed_twice():
    listed = [word for words in words_by_kind().values() for word in words]
    assert len(listed) == len(set(listed))


def test_a_higher_threshold_finds_no_more():
    text = "Rebecca asked Omar and the Router about Lyon, then Quillfeather Inc called."
    strict = NameModel(shipped_weights(), LISTS, WORDS["openers"], threshold=3.0)
    assert len(strict.find(Words(text))) <= len(MODEL.find(Words(text)))


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
    assert [text[start:end] for start, end in zip(words.starts, words.ends, strict=True)] == words.raw
