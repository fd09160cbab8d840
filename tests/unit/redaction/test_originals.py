"""What the originals can tell about a text that is about to leave."""

import pytest

from raum.model import PRIVATE, PUBLIC, Person
from raum.redaction.originals import Occurrence, Originals, words_of
from raum.values.known import KnownValues

SEEN = [
    Occurrence("NAME", "Jane Doe", PUBLIC),
    Occurrence("EMAIL", "jane@example.com", PUBLIC),
    Occurrence("PHONE", "202-555-0143", PRIVATE),
]
ORIGINALS = Originals(SEEN, ["#0", "jane@example.com", "2025550143"], KnownValues([Person(("Jane Doe",))]))


@pytest.mark.parametrize(
    "text", ["Jane Doe", "I met DOE, jane", "JANE@EXAMPLE.COM", "(202) 555 0143", "jane", "x[REDACTED_NAME]Jane"]
)
def test_an_original_in_another_case_or_spacing_is_a_leak(text):
    assert ORIGINALS.leaks(text)


@pytest.mark.parametrize("text", ["", "[REDACTED_NAME] wrote from [REDACTED_EMAIL]", "Hello 202 555 0144", "JaneDoes"])
def test_text_without_originals_is_no_leak(text):
    assert ORIGINALS.leaks(text) == []


def test_the_words_of_a_placeholder_are_no_leak_even_if_somebody_is_called_so():
    originals = Originals([Occurrence("NAME", "Redacted Name", PUBLIC)], ["#0"])
    assert originals.leaks("Dear [REDACTED_NAME],") == []
    assert originals.leaks("Dear Redacted,")


def test_the_hosts_own_words_are_no_leak_even_if_somebody_is_called_so():
    originals = Originals([Occurrence("NAME", "Grace Reply", PUBLIC)], ["#0"])
    assert originals.leaks("Write the Reply.", words_of("Write the Reply.")) == []
    assert originals.leaks("Write to Grace.", words_of("Write the Reply."))


def test_what_is_kept_of_a_completion_hides_originals():
    assert (
        ORIGINALS.hide("Jane Doe <jane@example.com> [REDACTED_PHONE_7]")
        == "[REDACTED_NAME] <[REDACTED_EMAIL]> [REDACTED_PHONE_7]"
    )


def test_a_value_that_the_audience_never_saw_is_withheld_from_it():
    assert [finding.type for finding in ORIGINALS.withheld_in("Call Jane at 2025550143", PUBLIC)] == ["PHONE"]
    assert ORIGINALS.withheld_in("Call Jane at 2025550143", PRIVATE) == []


def test_a_name_that_shares_a_word_with_one_that_was_seen_is_not_withheld():
    seen = [Occurrence("NAME", "Jane Doe", PUBLIC), Occurrence("NAME", "Jane Roe", PRIVATE)]
    originals = Originals(seen, ["#0", "#1"])
    assert originals.withheld_in("Dear Jane,", PUBLIC) == []
    assert originals.withheld_in("Ask Roe.", PUBLIC)
