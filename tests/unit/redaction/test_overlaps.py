"""Findings that overlap: one names each place, and nothing that was found stays readable."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.findings import Finding
from raum.redaction.overlaps import without_overlaps

TEXT = "Jane Doe jane@example.com 4111 1111 1111 1111 and more"


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([Finding("NAME", 9, 13), Finding("EMAIL", 9, 25)], [Finding("EMAIL", 9, 25)]),
        ([Finding("PHONE", 26, 45, 0.5), Finding("CC", 26, 45)], [Finding("CC", 26, 45)]),
        ([Finding("NAME", 0, 8), Finding("NAME", 0, 8)], [Finding("NAME", 0, 8)]),
        # what the loser covers beyond the winner stays covered
        ([Finding("NAME", 0, 13), Finding("EMAIL", 9, 25)], [Finding("NAME", 0, 8), Finding("EMAIL", 9, 25)]),
        # a literal wins over everything, without the blank before it
        (
            [Finding("A", 0, 8), Finding("LITERAL", 4, 6)],
            [Finding("A", 0, 4), Finding("LITERAL", 5, 6), Finding("A", 6, 8)],
        ),
        # a loser competes as what is left of it
        (
            [Finding("LITERAL", 24, 26), Finding("PHONE", 25, 45, 0.5), Finding("CC", 26, 45)],
            [Finding("LITERAL", 24, 25), Finding("CC", 26, 45)],
        ),
        ([Finding("NAME", 8, 9)], []),
    ],
)  # fmt: skip
def test_the_longer_then_the_surer_finding_names_a_place(findings, expected):
    assert expected == without_overlaps(TEXT, findings)


spans = st.tuples(
    st.integers(0, 30), st.integers(1, 20), st.sampled_from(["A", "B", "LITERAL"]), st.sampled_from([0.5, 1])
)


@given(st.lists(spans, max_size=8), st.text("ab ", min_size=50, max_size=50))
def test_the_result_is_in_order_free_of_overlaps_and_covers_all_that_was_found(spans, text):
    findings = [Finding(type_, start, start + length, score) for start, length, type_, score in spans]
    kept = without_overlaps(text, findings)
    assert all(first.end <= second.start for first, second in pairwise(kept))

    def covered(findings):
        return {i for f in findings for i in range(f.start, f.end) if text[i].isalnum()}

    assert covered(findings) == covered(kept)
