"""Redaction and restoration take time that grows with the ticket, and not with the square of it or of its values."""

import gc
import re
import time

import pytest

from raum.findings import Finding
from raum.model import PUBLIC, Person, Ticket, TicketText
from raum.redaction.originals import Occurrence, Originals
from raum.redaction.overlaps import without_overlaps
from raum.redaction.redact import redact
from raum.redaction.restore import restore
from raum.values.identity import identities
from raum.values.normalise import normalise

TIMES = 8
PERSONS = (
    Person(("Jane Doe", "J. D."), ("jane@example.com",), ("+12025550143",)),
    Person(("山田 花子", "Ann Ann"), ("aaaaa@aaaaa",)),
)


@pytest.fixture(autouse=True, scope="module")
def _without_collections():
    """The garbage of the whole test session is not these tests' work."""
    gc.disable()
    yield
    gc.enable()


def seconds(work, size):
    started = time.thread_time()
    work(size)
    return max(time.thread_time() - started, 0.0005)


def is_linear(work, size):
    """Whether work of eight times the size takes about eight times as long, at least once: the machine may be busy."""
    return any(seconds(work, size * TIMES) < 2.5 * TIMES * seconds(work, size) for _ in range(5))


def names_and_numbers(text):
    return [Finding("NAME" if match[0].isalpha() else "PHONE", *match.span()) for match in re.finditer(r"\w+", text)]


HOSTILE = [
    "a", "0", " ", "é", "ß", "\u0301", "a\u0301", "\u200b", "&", "&#6", "&amp;", "%", "%25", "\\u00", "<b>", "<", "а",
    "aа", "①", "jane ", "j ", "j. ", "jane doe ", "Jane, ", "janedoe", "山", "山田", "2025550143", "1202555014",
    "aaaaa", "a a ", "[REDACTED_", "REDACTED_NAME_", "[REDACTED_NAME]", "[", "{{", "redacted ", "ﷺ",
]  # fmt: skip


@pytest.mark.parametrize("repeated", HOSTILE)
def test_any_text_is_redacted_in_linear_time(repeated):
    def work(size):
        redact(Ticket(1, (TicketText("a", "", (repeated * size)[:size]),), PERSONS), {})

    assert is_linear(work, 4_000)


@pytest.mark.parametrize("repeated", ["jane doe ", "2025550143 ", "ab1 ", "a"])
def test_a_text_that_is_full_of_findings_is_redacted_in_linear_time(repeated):
    def work(size):
        text = (repeated * size)[:size]
        redact(Ticket(1, (TicketText("a", "", text),), PERSONS), {"all": names_and_numbers})

    assert is_linear(work, 2_000)


@pytest.mark.parametrize(
    "value", ["Jane Doe{}", "Jane{} Doe", "{} {}", "user{}@example.com", "2025{:06}", "+1 202 {:07}"]
)
def test_thousands_of_values_are_told_apart_in_linear_time(value):
    def finds(text):
        type_ = "EMAIL" if "@" in text else "NAME" if text[0].isupper() or value == "{} {}" else "PHONE"
        return [Finding(type_, 0, len(text))]

    def work(size):
        letters = str.maketrans("0123456789", "abcdefghij") if "@" not in value and value[0] in "J{" else {}
        texts = [value.format(*[number] * 2).translate(letters) for number in range(size)]
        persons = [Person((text,)) for text in texts] if value[0] == "J" else []
        ticket = Ticket(1, tuple(TicketText(f"{i}", "", text) for i, text in enumerate(texts)), tuple(persons))
        assert len(redact(ticket, {"all": finds}).originals.placeholders) == size

    assert is_linear(work, 200)


def test_findings_that_overlap_each_other_are_settled_in_linear_time():
    def work(size):
        without_overlaps("a" * (size + 20), [Finding("A", at, at + 9 + at % 7) for at in range(size)])

    assert is_linear(work, 1_000)


@pytest.mark.parametrize("repeated", [*HOSTILE, "[REDACTED_NAME] ", "[REDACTED_NAME", "\\[REDACTED\\_NAME\\]", "<"])
def test_any_completion_is_restored_in_linear_time(repeated):
    seen = [Occurrence("NAME", "Jane Doe", PUBLIC)] * 1_000
    originals = Originals(seen, identities([("NAME", "Jane Doe")] * 1_000))

    def work(size):
        restore((repeated * size)[:size], originals, PUBLIC)

    assert is_linear(work, 4_000)


@pytest.mark.parametrize("repeated", HOSTILE)
def test_any_text_is_normalised_in_linear_time(repeated):
    assert is_linear(lambda size: normalise((repeated * size)[:size]), 12_000)
