"""What comes from outside is made fit to be stored, or refused."""

import pytest

from raum.model import Completion, TicketText, Usage

NO_TEXT = "a\0b\ud800c"
TEXT = "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_what_is_no_text_is_replaced_in_tickets_and_answers():
    assert TicketText("subject", "Subject", NO_TEXT).text == TEXT
    completion = Completion(NO_TEXT, model=NO_TEXT)
    assert (completion.text, completion.model) == (TEXT, TEXT)


def test_of_the_name_of_a_model_no_more_is_kept_than_there_is_room_for():
    assert Completion("Hello", model="m" * 1000).model == "m" * 256


@pytest.mark.parametrize("count", [-1, 2**31, 1.0, "1", None])
@pytest.mark.parametrize(
    "name", ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"]
)
def test_what_is_no_number_of_tokens_is_refused(name, count):
    with pytest.raises((TypeError, ValueError)):
        Usage(**{name: count})
