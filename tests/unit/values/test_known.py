"""The search for known values: in any case and spacing, and never a part of something longer."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from raum.model import Person
from raum.values.known import KnownValues

JANE = Person(("Jane Doe",), ("jane.doe@example.com",), ("+12025550143",))


def found(text, *persons, values=()):
    return [(finding.type, finding.of(text)) for finding in KnownValues(persons, values).find(text)]


@pytest.mark.parametrize(
    ("type_", "value", "text", "expected"),
    [
        ("EMAIL", "jane@example.com", "to JANE@Example.COM.", "JANE@Example.COM"),
        ("EMAIL", "jane@example.com", "jane @ example . com", "jane @ example . com"),
        ("CC", "4111 1111 1111 1111", "no 4111-1111-1111-1111!", "4111-1111-1111-1111"),
        ("CC", "4111111111111111", "4111\u00a01111 1111.1111", "4111\u00a01111 1111.1111"),
        ("PHONE", "+1 (202) 555-0143", "at 202.555.0143", "202.555.0143"),
        ("PHONE", "202-555-0143", "at (202) 555 0143", "(202) 555 0143"),
        ("PHONE", "+49 30 901820", "Tel 030/901820", "030/901820"),
        ("PHONE", "+12025550143", "at (+12025550143)", "+12025550143"),
        ("PHONE", "030 9018 2012", "+49 30 9018 2012", "30 9018 2012"),
        ("ORDER_NUMBER", "ORD-204518", "ord 204518", "ord 204518"),
    ],
)
def test_a_value_is_found_in_another_writing(type_, value, text, expected):
    assert (type_, expected) in found(text, values=[(type_, value)])


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("PHONE", "202-555-0143", "order 12202555014399"),
        ("PHONE", "202-555-0143", "202 items for 555 people in 0143"),
        ("CC", "4111 1111 1111 1111", "14111111111111111"),
        ("EMAIL", "a@example.com", "banana@example.com"),
        ("ORDER_NUMBER", "ORD-204518", "word 204518"),
        # too short to look for: they would be found by chance
        ("PHONE", "12-34", "on 12/34"),
        ("OTHER", "ab1", "ab1"),
        # a literal stands for itself, in its place alone
        ("LITERAL", "[REDACTED_NAME]", "[REDACTED_NAME]"),
    ],
)
def test_a_part_of_something_else_is_not_the_value(type_, value, text):
    assert found(text, values=[(type_, value)]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane Doe", ["Jane Doe"]),
        ("doe, jane", ["doe, jane"]),
        ("J. Doe and Jane", ["J. Doe", "Jane"]),
        ("Jane, Jane Doe", ["Jane", "Jane Doe"]),
        ("jane_doe_passport.pdf", ["jane_doe"]),
        ("JANE'S", ["JANE"]),
        ("janet does it", []),
        ("J. is here", []),
    ],
)
def test_the_names_of_a_person_are_found_in_runs(text, expected):
    assert expected == [name for _, name in found(text, Person(("Jane Doe",)))]


@given(st.text(), st.text())
def test_offsets_are_right_whatever_is_around_a_value(before, after):
    text = f"{before} jane.doe@example.com {after}"
    assert ("EMAIL", "jane.doe@example.com") in found(text, JANE)


@given(st.text())
def test_any_text_can_be_searched(text):
    for finding in KnownValues([JANE], [("CC", "4111111111111111")]).find(text):
        assert 0 <= finding.start < finding.end <= len(text)


@given(
    st.lists(st.sampled_from("aab"), min_size=5, max_size=9),
    st.lists(st.sampled_from(["a", "a", "a", "b", "a  b", "a    b"]), max_size=40),
)
@example("aaaaa", "aaaaaaa")
@example("ababa", "abababababab")
@example("aaaaa", ["a", "a", "a", "a", "a", "a", "a    a", "a", "a", "a", "a", "a"])
def test_a_value_that_overlaps_itself_is_found_in_all_of_its_places(value, words):
    text = " ".join(words)
    written = re.compile(" {1,3}".join(value))
    starts = [at for at in range(len(text)) if text[at] != " "]
    places = [(match.start(), match.end()) for at in starts if (match := written.match(text, at))]
    findings = KnownValues(values=[("CODE", " ".join(value))]).find(text)
    assert {(finding.start, finding.end) for finding in findings} <= set(places)
    assert _covered((finding.start, finding.end) for finding in findings) == _covered(places)


def _covered(places):
    return {at for start, end in places for at in range(start, end)}


def test_a_value_that_overlaps_itself_all_along_is_found_a_few_times_alone():
    findings = KnownValues(values=[("CODE", "a " * 100)]).find("a " * 5000)
    assert 50 <= len(findings) <= 2 * 50
