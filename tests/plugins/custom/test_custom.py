"""A team's own patterns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raum_custom
from raum.api import OperatorError, OwnPattern, OwnPatterns
from raum.toml.lines import Fault, read
from raum.toml.structuring import structure
from raum_custom import CustomOptions


def found(text, *patterns):
    detector = OwnPatterns(tuple(OwnPattern(*pattern) for pattern in patterns))
    return [(finding.type, finding.of(text)) for finding in detector.find(text)]


def test_what_a_pattern_fits_is_found_as_its_type():
    assert found("Where is ORD-123456?", ("ORDER_NUMBER", r"\bORD-[0-9]{6}\b")) == [("ORDER_NUMBER", "ORD-123456")]


def test_the_first_group_of_a_pattern_is_the_value():
    assert found("member no. 4711, please", ("MEMBER", r"member no\. ([0-9]+)")) == [("MEMBER", "4711")]


def test_a_group_that_took_no_part_leaves_the_whole_match():
    assert found("hat", ("HAT", r"hat(-[0-9]+)?")) == [("HAT", "hat")]


def test_a_pattern_ignores_case_if_it_says_so():
    assert found("ord-1 ORD-2", ("ORDER", r"(?i)ord-[0-9]")) == [("ORDER", "ord-1"), ("ORDER", "ORD-2")]


def test_several_patterns_are_found_side_by_side():
    assert found("A1 B2", ("FIRST", "A[0-9]"), ("SECOND", "B[0-9]")) == [("FIRST", "A1"), ("SECOND", "B2")]


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        (("ORDER_NUMBER", "x"), "custom order number"),
        (("ORDER_NUMBER", "x", "orders of the old shop"), "orders of the old shop"),
        (("ABCDEFGHIJKLMNOP_ABCDEFGHIJKLMNOP_ABCDEF", "x"), "custom abcdefghijklmnop abcdefghijklmnop"),
    ],
)
def test_a_finding_names_its_pattern(pattern, rule):
    [finding] = OwnPatterns((OwnPattern(*pattern),)).find("x")
    assert finding.rule.strip() == rule


@pytest.mark.parametrize("name", ["", "Orders", "a" * 41, "order_number"])
def test_a_name_that_is_no_rule_is_refused(name):
    with pytest.raises(ValueError):
        OwnPattern("ORDER", "x", name)


def test_a_pattern_takes_the_flags_of_re2():
    assert found("a\nB", ("HAT", r"(?is)A.b")) == [("HAT", "a\nB")]


def test_without_patterns_nothing_is_found():
    assert found("ORD-123456") == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(hunter2", "missing )"),
        ("hunter2(?=x)", "invalid perl operator"),
        (r"(hunter2)\1", "invalid escape sequence"),
        ("hunter2[z-a]", "invalid character class range"),
        ("*hunter2", "no argument for repetition operator"),
        ("(hunter2){1001}", "invalid repetition size"),
    ],
)
def test_a_pattern_that_re2_refuses_is_refused_without_being_quoted(pattern, reason):
    message = f"the pattern of ORDER: not RE2 syntax ({reason}); allowed: a pattern in RE2 syntax"
    with pytest.raises(OperatorError, match=f"^{re.escape(message)}$"):
        OwnPattern("ORDER", pattern)


def test_a_pattern_that_fits_the_empty_text_is_refused():
    message = (
        "the pattern of ORDER: the pattern fits the empty text; allowed: a pattern in RE2 syntax that fits something"
    )
    with pytest.raises(OperatorError, match=f"^{re.escape(message)}$"):
        OwnPattern("ORDER", "[0-9]*")


@pytest.mark.parametrize("type_", ["order", "", "ORDER_", "ORDER_2", "A_B_C_D", "[ORDER]"])
def test_a_type_that_is_no_placeholder_is_refused(type_):
    with pytest.raises(ValueError):
        OwnPattern(type_, "x")


def test_a_pattern_is_not_shown_by_accident():
    assert repr(OwnPattern("ORDER", "hunter2")) == "OwnPattern(type='ORDER')"


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_offsets_count_code_points_whatever_stands_around(before, after):
    text = f"{before} ORD-123456 {after}"
    [detector] = [OwnPatterns((OwnPattern("ORDER", "ORD-[0-9]{6}"),))]
    assert len(before) + 1 in {finding.start for finding in detector.find(text)}


def test_a_pattern_without_an_end_does_not_hang_the_host():
    assert found("a" * 20_000 + "!", ("HANG", "(?:a+)+$")) == []


def configured(folder, text):
    (folder / "raum.toml").write_text(text)
    document = read(folder / "raum.toml")
    faults: list[Fault] = []
    options = structure(document, ("custom",), document.tree["custom"], CustomOptions, faults)
    return options, [str(fault).removeprefix(f"{folder}/") for fault in faults]


def test_patterns_are_written_as_an_array_of_tables(tmp_path):
    options, faults = configured(tmp_path, "[[custom.patterns]]\ntype = 'ORDER'\npattern = 'ORD-[0-9]+'\n")
    assert faults == []
    assert options == CustomOptions((OwnPattern("ORDER", "ORD-[0-9]+"),))


def test_every_fault_of_the_patterns_is_told_at_its_line(tmp_path):
    text = """\
[[custom.patterns]]
type = 'order'
pattern = 'x'

[[custom.patterns]]
type = 'ORDER'
pattern = '(hunter2'

[[custom.patterns]]
type = 'ORDER'
"""
    options, faults = configured(tmp_path, text)
    assert options is None
    assert faults == [
        (
            "raum.toml:2: custom.patterns[0].type: value not allowed; allowed: up to three words of 1 to 16 capitals "
            "and digits, each starting with a capital, joined by _"
        ),
        (
            "raum.toml:7: custom.patterns[1].pattern: the pattern of ORDER: not RE2 syntax (missing )); "
            "allowed: a pattern in RE2 syntax"
        ),
        "raum.toml:9: custom.patterns[2].pattern: missing; required: a string",
    ]


def test_the_plugin_offers_the_part_custom():
    assert [part.name for part in raum_custom.raum_detectors()] == ["custom"]
