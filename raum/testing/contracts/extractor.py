"""What every extractor does."""

import pickle
from collections.abc import Sequence
from typing import ClassVar, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raum.api import Extractor, Unreadable, Withheld
from raum.extraction.reader import HEAD_BYTES, Bounds, Reader
from raum.testing.contracts.parts import MARK, shown

Example = tuple[str, bytes, str]

_FOREIGN: Final = (
    ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
    ("sound.mp3", b"ID3\x04" + bytes(range(256)) * 20),
    ("stuff.7z", b"7z\xbc\xaf\x27\x1c" + bytes(range(256)) * 20),
    ("empty", b""),
)
_BOUNDS: Final = Bounds(seconds=60, characters=1_000_000)


class ExtractorContract:
    """Subclass it and give `examples`, `unreadable` and the fixture `part`.

    An example is the name of a file, its content, and a piece of text that is in it. An unreadable file is a name, a
    content and why it is withheld; SEVEN-LEMONS in it must not come back.

        class TestSubtitles(ExtractorContract):
            examples = (("film.srt", b"1\\n00:00:01 --> 00:00:02\\nHello", "Hello"),)
            unreadable = (("film.srt", b"\\xff SEVEN-LEMONS", Withheld.BROKEN),)

            @pytest.fixture
            def part(self):
                return Subtitles()
    """

    examples: ClassVar[Sequence[Example]]
    unreadable: ClassVar[Sequence[tuple[str, bytes, Withheld]]] = ()

    @pytest.fixture
    def part(self) -> Extractor:
        """The extractor; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the extractor")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run the tests that take an `example` or a `refused` file once for each."""
        if "example" in metafunc.fixturenames:
            assert self.examples, "give at least one example"
            metafunc.parametrize("example", self.examples, ids=lambda example: example[0])
        if "refused" in metafunc.fixturenames:
            metafunc.parametrize("refused", self.unreadable, ids=lambda refused: f"{refused[0]} {refused[2].name}")

    def test_the_text_of_an_example_is_extracted(self, part: Extractor, example: Example) -> None:
        name, content, text = example
        assert part.reads(name, content[:HEAD_BYTES])
        assert text in part.extract(content)

    def test_an_unreadable_file_is_refused_with_the_reason_and_not_shown(
        self, part: Extractor, refused: tuple[str, bytes, Withheld]
    ) -> None:
        name, content, reason = refused
        assert part.reads(name, content[:HEAD_BYTES])
        with pytest.raises(Unreadable) as refusal:
            part.extract(content)
        assert refusal.value.withheld is reason
        assert MARK not in shown(refusal.value)

    @pytest.mark.parametrize(("name", "content"), _FOREIGN, ids=[name for name, _ in _FOREIGN])
    def test_a_file_of_another_kind_is_not_read(self, part: Extractor, name: str, content: bytes) -> None:
        assert not part.reads(name, content[:HEAD_BYTES])

    def test_the_same_file_has_the_same_text_at_any_time(self, part: Extractor) -> None:
        _, content, _ = self.examples[0]
        assert part.extract(content) == part.extract(content)

    def test_any_change_of_a_file_gives_text_or_a_refusal(self, part: Extractor) -> None:
        # Inside of the test, because hypothesis takes one function with several classes for a mistake.
        @settings(deadline=None, max_examples=60)
        @given(st.sampled_from(self.examples), st.integers(0), st.integers(0, 50), st.binary(max_size=20))
        def check(example: Example, at: int, length: int, piece: bytes) -> None:
            _, content, _ = example
            at %= len(content)
            try:
                text = part.extract(content[:at] + piece + content[at + length :])
            except Exception:  # noqa: BLE001 -- Unreadable, or something that counts as it
                return
            assert isinstance(text, str)

        check()

    def test_it_holds_nothing_of_a_file(self, part: Extractor) -> None:
        before = pickle.dumps(part)
        for _, content, _ in self.examples:
            part.extract(content)
        assert pickle.dumps(part) == before

    @pytest.mark.asyncio
    async def test_it_reads_in_a_process_of_its_own(self, part: Extractor) -> None:
        async with Reader([part], _BOUNDS).session() as session:
            for name, content, text in self.examples:
                assert text in await session.text(name, content)
            for name, content, reason in self.unreadable:
                with pytest.raises(Unreadable) as refusal:
                    await session.text(name, content)
                assert refusal.value.withheld is reason
