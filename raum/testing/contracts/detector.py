"""What every detector does."""

import gc
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raum.api import Detector, Finding
from raum.findings import are_findings

Example = tuple[str, str, str]

_SURROUNDINGS: Final = (
    "",
    "🙂",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "Cafe\u0301 n\u0303 Z\u0335\u0321\u034e",
    "שלום, עולם",
    "مرحبا بالعالم",
    "\u202eright to left\u202c",
    "你好,世界",
    "こんにちは",
    "𝔉𝔯𝔞𝔨𝔱𝔲𝔯",
    "\ufeff\u200b\u00ad",
)

DENSE: Final = (
    "1", "1 1 1 1 ", "12 ", "+1+1+1", "0-", "1.", "1:", "1/", "1.1.1.1 ", "::1 ", "a:b:", "12:30 ",
    "2026-11-20 12:30 ", "+1 202 555 0123 ", "(202) 555-0123 ", "call 5550100 ", "030 12\n", "800-FLOWERS ",
    "five five five ", "call call ", "4111 1111 1111 1111 ", "4111-1111-1111-1112 ", "4111111111111111", "DE89 ",
    "DE89 3704 0044 0532 0130 00 ", "IL 62704 ", "@", "a@a@a@", "a@b.", '"a@b.co', "[at] ",
    "jane at example dot com ", " at ", "dot ", "=x@", "x=1&email=a@b.co&", "key=key=", "token: ",
    "api_key=aB3dE5gH7jK9mN1p ", "sk-aB3", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "password: ", "pass ",
    "pw pw ", "a://b:c@d ", "://", "078-05-1120 ", "ssn is is ", "ssn 078051120 ", "dob: 1980-02-03 ", "born ",
    "passport ", "dni 12345678Z ", "756.9217.0769.85 ", "12 Main Street ", "Main Street 12 ", "12 Main ", "Apt 5 ",
    "Calle A ", "P.O. Box 1 ", "address: 1 A b c d e f\n", "Springfield, IL 62704 ", "....", "((((", "[[[[", '\\"',
    "'", " ", "\n", "x", "A", "Aa ", "Ann Example ", "Dear Ann,\n", "é", "中", "🙂1", "e\u0301",
    "Mr. J. ", "Ann<a@", "@Ann,", "To: Ann, Al, Jo, Bo, ", "ATTN AL ", "https://", "&#64;", "%40", "\u200b", "12.1.",
    "A-",
)  # fmt: skip
"""Pieces of texts that are made to be slow: full of values, of what nearly is one, or of what one begins with."""
_SHORT, _TIMES_LONGER = 8_000, 4
_MOST_GROWTH = 2 * _TIMES_LONGER
_NO_TIME_SECONDS = 0.002
_TRIES = 4


class DetectorContract:
    """Subclass it and give `examples` and the fixture `part`.

    An example is a text, the type of a finding in it, and the value that is found, where the text first has it.
    `innocent` are texts in which there is nothing to find.

        class TestOrderNumbers(DetectorContract):
            examples = (("Where is ORD-123456?", "ORDER", "ORD-123456"),)
            innocent = ("Where is ORD-1?",)

            @pytest.fixture
            def part(self):
                return OrderNumbers()
    """

    examples: ClassVar[Sequence[Example]]
    innocent: ClassVar[Sequence[str]] = ()

    @pytest.fixture
    def part(self) -> Detector:
        """The detector; to be overridden. It must be entered already, if it needs that."""
        raise NotImplementedError("give the fixture `part`: the detector")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run the tests that take an `example` once for each."""
        if "example" in metafunc.fixturenames:
            assert self.examples, "give at least one example"
            metafunc.parametrize("example", self.examples)

    def test_the_value_of_an_example_is_found(self, part: Detector, example: Example) -> None:
        text, type_, value = example
        assert (type_, value) in {(finding.type, finding.of(text)) for finding in part.find(text)}

    @pytest.mark.parametrize("surroundings", _SURROUNDINGS)
    def test_offsets_are_code_points_whatever_stands_around(
        self, part: Detector, example: Example, surroundings: str
    ) -> None:
        text, type_, value = example
        whole = f"{surroundings}\n{text}\n{surroundings}"
        start = len(surroundings) + 1 + text.index(value)
        found = {(finding.type, finding.start, finding.end) for finding in part.find(whole)}
        assert (type_, start, start + len(value)) in found

    def test_nothing_is_found_in_the_empty_text(self, part: Detector) -> None:
        assert list(part.find("")) == []

    def test_nothing_is_found_in_an_innocent_text(self, part: Detector) -> None:
        assert [text for text in self.innocent if list(part.find(text))] == []

    def test_the_same_text_has_the_same_findings_at_any_time_and_in_any_thread(self, part: Detector) -> None:
        texts = [text for text, _, _ in self.examples]
        first = [_found(part, text) for text in texts]
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda text: _found(part, text), texts * 8)) == first * 8

    def test_any_text_has_findings_within_its_bounds(self, part: Detector) -> None:
        # Inside of the test, because hypothesis takes one function with several classes for a mistake.
        @settings(deadline=None)
        @given(_texts(self.examples))
        def check(text: str) -> None:
            findings = list(part.find(text))
            assert are_findings(findings, text)
            assert {finding.type for finding in findings} <= set(getattr(part, "types", [f.type for f in findings]))
            assert all(0 <= finding.score <= 1 for finding in findings)

        check()

    def test_texts_that_are_read_together_have_the_findings_that_each_has_alone(self, part: Detector) -> None:
        find_all = getattr(part, "find_all", None)
        if find_all is None:
            return  # it reads one text at a time

        @settings(deadline=None)
        @given(st.lists(_texts(self.examples)))
        def check(texts: list[str]) -> None:
            assert [sorted(found, key=repr) for found in find_all(texts)] == [_found(part, text) for text in texts]

        check()

    def test_the_time_grows_with_the_length_and_not_with_its_square(self, part: Detector) -> None:
        # Quadratic time would be sixteen times. Only this thread's own time counts; a noisy measurement is repeated.
        pieces = [*DENSE, *(f"{value} " for _, _, value in self.examples)]
        gc.disable()  # the garbage of the whole test session is not this detector's work
        try:
            slow = [piece for piece in pieces if not any(_is_linear(part, piece) for _ in range(_TRIES))]
        finally:
            gc.enable()
        assert slow == []


def _is_linear(part: Detector, piece: str) -> bool:
    text = piece * (_SHORT // len(piece) + 1)
    long = _seconds(part, text * _TIMES_LONGER)
    return long < _NO_TIME_SECONDS or long < _MOST_GROWTH * _seconds(part, text)


def _seconds(part: Detector, text: str) -> float:
    started = time.thread_time()
    for _finding in part.find(text):
        pass
    return time.thread_time() - started


def _found(part: Detector, text: str) -> list[Finding]:
    return sorted(part.find(text), key=repr)


def _texts(examples: Sequence[Example]) -> st.SearchStrategy[str]:
    """Texts of any characters, with values of the examples among them, whole, cut and glued together."""
    values = st.sampled_from([value for _, _, value in examples])
    cut = st.builds(lambda value, at: value[at % len(value) :], values, st.integers(0, 99))
    return st.lists(st.one_of(values, cut, st.text(max_size=8)), max_size=9).map("".join)
