"""What every detector does."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raum.api import Detector, Finding

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


# What makes careless patterns slow: long runs of one kind, and values that begin over and over and never end.
_HOSTILE: Final = (
    " ", "\n", "a", "A", "0", "@", ".", "-", "\u200b", "\u0301", "é", "名", "a.", "a@", "@a.", "0-", "+1 ", "(0", "A-",
    "Aa ", "Dear ", "Mr. J. ", "https://", "://a:", "key=", "&#64;", "%40", "name at ", "4111 ", "12.1.", "::1:",
    "DE00 ",
)  # fmt: skip
_LENGTH: Final = 12_500
_TIMES_LONGER: Final = 8
_TRIES: Final = 5


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
            for finding in part.find(text):
                assert isinstance(finding, Finding)
                assert 0 <= finding.start < finding.end <= len(text)
                assert 0 <= finding.score <= 1

        check()

    @pytest.mark.parametrize("repeated", [*_HOSTILE, None])
    def test_the_time_grows_with_the_length_and_not_with_its_square(self, part: Detector, repeated: str | None) -> None:
        # An eightfold text takes a linear detector eight times as long, and 64 times one that is quadratic.
        repeated = repeated or "".join(f"{text}\n" for text, _, _ in self.examples)
        short = (repeated * _LENGTH)[:_LENGTH]
        ratios = (_seconds(part, short * _TIMES_LONGER) / _seconds(part, short) for _ in range(_TRIES))
        assert any(ratio < 2.5 * _TIMES_LONGER for ratio in ratios)


def _seconds(part: Detector, text: str) -> float:
    """The processor time of a search; not less than what can be measured."""
    started = time.thread_time()
    list(part.find(text))
    return max(time.thread_time() - started, 0.0005)


def _found(part: Detector, text: str) -> list[Finding]:
    return sorted(part.find(text), key=repr)


def _texts(examples: Sequence[Example]) -> st.SearchStrategy[str]:
    """Texts of any characters, with values of the examples among them, whole, cut and glued together."""
    values = st.sampled_from([value for _, _, value in examples])
    cut = st.builds(lambda value, at: value[at % len(value) :], values, st.integers(0, 99))
    return st.lists(st.one_of(values, cut, st.text(max_size=8)), max_size=9).map("".join)
