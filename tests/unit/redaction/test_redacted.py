"""Only redacted text reaches a provider (promise P2)."""

import pickle

import pytest

from raum.model import PUBLIC, Operation
from raum.redaction.originals import Occurrence, Originals
from raum.redaction.redacted import Prompt, RedactedText, fill, join, seal


def test_nobody_but_the_redactor_makes_redacted_text():
    with pytest.raises(TypeError, match="a RedactedText is made by"):
        RedactedText("Jane Doe")


@pytest.mark.parametrize("place", ["instructions", "ticket"])
def test_a_prompt_refuses_a_plain_string_in_every_place(place):
    texts = {"instructions": seal("do it"), "ticket": seal("[REDACTED_NAME]"), place: "Jane Doe"}
    with pytest.raises(TypeError):
        Prompt(Operation.GENERATE, **texts)


def test_a_template_takes_redacted_text_alone():
    assert str(fill("Subject: $text", text=seal("[REDACTED_NAME]"))) == "Subject: [REDACTED_NAME]"
    with pytest.raises(TypeError, match="'text' must be a RedactedText, not str"):
        fill("Subject: $text", text="Jane Doe")


def test_a_place_of_a_template_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        fill("$missing")


def test_what_is_filled_in_is_not_taken_for_a_template():
    assert str(fill("$text", text=seal("$text costs $5"))) == "$text costs $5"


def test_redacted_texts_join():
    assert str(join("\n", [seal("a"), seal("b")])) == "a\nb"


def test_redacted_text_is_no_string():
    text = seal("hello")
    assert not isinstance(text, str)
    assert (repr(text), len(text)) == ("RedactedText(5 characters)", 5)


def test_originals_cannot_be_pickled():
    with pytest.raises(TypeError, match="originals are not pickled"):
        pickle.dumps(Originals([Occurrence("NAME", "Jane Doe", PUBLIC)], ["jane doe"]))
