"""Values of the configuration have the types and limits that their classes state, and secrets come from elsewhere."""

import enum
import tomllib
from pathlib import Path
from typing import Literal

import attrs
import pytest
from attrs import field, frozen, validators
from hypothesis import given
from hypothesis import strategies as st

from raum.api import OperatorError, Secret
from raum.toml.lines import Document, line_numbers
from raum.toml.structuring import structure, suggestion


def structured(cls, text, folder=Path()):
    """The instance and the faults of a table that begins on line 2."""
    faults = []
    text = f"[part]\n{text}"
    read = Document("raum.toml", folder, tomllib.loads(text), line_numbers(text))
    value = structure(read, ("part",), read.tree["part"], cls, faults)
    return value, [str(fault).removeprefix("raum.toml:") for fault in faults]


class Tone(enum.Enum):
    WARM = "warm"
    BRIEF = "brief"


@frozen
class Inner:
    size: int


@frozen
class Options:
    text: str = ""
    whole: int = 0
    number: float = 0.0
    switch: bool = False
    path: Path = Path()
    words: tuple[str, ...] = ()
    sizes: frozenset[int] = frozenset()
    tone: Tone = Tone.WARM
    level: Literal["low", 3] = "low"
    maybe: int | None = None
    inner: Inner = Inner(1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('text = "a"', Options(text="a")),
        ("whole = 3", Options(whole=3)),
        ("number = 3", Options(number=3.0)),
        ("number = 0.5", Options(number=0.5)),
        ("switch = true", Options(switch=True)),
        ('path = "a/b"', Options(path=Path("a/b"))),
        ('words = ["a", "b"]', Options(words=("a", "b"))),
        ("sizes = [1, 2, 1]", Options(sizes=frozenset({1, 2}))),
        ('tone = "brief"', Options(tone=Tone.BRIEF)),
        ("level = 3", Options(level=3)),
        ("maybe = 3", Options(maybe=3)),
        ("inner = { size = 3 }", Options(inner=Inner(3))),
    ],
)
def test_a_value_of_the_right_type_is_taken(text, value):
    assert structured(Options, text) == (value, [])


def test_an_integer_becomes_a_float_where_a_number_is_asked_for():
    value, _ = structured(Options, "number = 3")
    assert type(value.number) is float


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("text = 1", "2: part.text: wrong type: an integer; allowed: a string"),
        ('whole = "30"', "2: part.whole: wrong type: a string; allowed: an integer"),
        ("whole = true", "2: part.whole: wrong type: a boolean; allowed: an integer"),
        ("whole = 1.0", "2: part.whole: wrong type: a float; allowed: an integer"),
        ("number = true", "2: part.number: wrong type: a boolean; allowed: a number"),
        ("switch = 1", "2: part.switch: wrong type: an integer; allowed: true or false"),
        ("path = 1", "2: part.path: wrong type: an integer; allowed: a string"),
        ('words = "ab"', "2: part.words: wrong type: a string; allowed: an array, each element a string"),
        ('words = [\n"a",\n1]', "4: part.words[1]: wrong type: an integer; allowed: a string"),
        ("sizes = [1.5]", "2: part.sizes[0]: wrong type: a float; allowed: an integer"),
        ('tone = "breif"', "2: part.tone: value not allowed; allowed: warm, brief (did you mean 'brief'?)"),
        ("level = 4", "2: part.level: value not allowed; allowed: low, 3"),
        ("maybe = []", "2: part.maybe: wrong type: an array; allowed: an integer"),
        ("inner = 1", "2: part.inner: wrong type: an integer; allowed: a table"),
        ("inner = {}", "2: part.inner.size: missing; required: an integer"),
        ("[part.inner]\nsize = 1979-05-27", "3: part.inner.size: wrong type: a date or time; allowed: an integer"),
        (
            "texts = 1",
            (
                "2: part.texts: unknown key; allowed: inner, level, maybe, number, path, sizes, switch, text, "
                "tone, whole, words (did you mean 'text'?)"
            ),
        ),
    ],
)
def test_a_value_of_another_type_is_refused(text, fault):
    assert structured(Options, text) == (None, [fault])


def region(_instance, _attribute, value):
    if value not in ("eu", "us"):
        raise OperatorError("unknown region\nallowed: eu, us")


@frozen
class Limited:
    low: int = field(default=1, validator=validators.ge(1))
    range: int = field(default=1, validator=validators.and_(validators.gt(0), validators.lt(9)))
    word: str = field(default="a", validator=validators.in_(["a", "b"]))
    code: str = field(default="x", validator=validators.matches_re("[a-z]"), metadata={"allowed": "one small letter"})
    area: str = field(default="eu", validator=region)
    name: str = field(default="", validator=validators.max_len(3))
    high: int = field(default=5)
    upper: str = field(default="A", converter=str.upper, validator=validators.in_(["A"]))

    @high.validator
    def _above(self, _attribute, value):
        if value < self.low:
            raise ValueError(f"jane.doe@example.com {value}")


def test_every_value_that_a_validator_refuses_is_told_without_the_value():
    text = 'low = 0\nrange = 9\nword = "jane"\ncode = "jane"\narea = "jane"\nname = "jane"\nhigh = -1\n'
    assert structured(Limited, text) == (
        None,
        [
            "2: part.low: value not allowed; allowed: >= 1",
            "3: part.range: value not allowed; allowed: > 0 and < 9",
            "4: part.word: value not allowed; allowed: a, b",
            "5: part.code: value not allowed; allowed: one small letter",
            "6: part.area: unknown region; allowed: eu, us",
            "7: part.name: value not allowed; allowed: a string",
            "8: part.high: value not allowed; allowed: an integer",
        ],
    )


def test_a_validator_that_looks_at_a_faulty_field_adds_no_fault():
    assert structured(Limited, 'low = "a"\nhigh = 0') == (
        None,
        ["2: part.low: wrong type: a string; allowed: an integer"],
    )


@frozen
class Span:
    start: int
    end: int = field()

    @end.validator
    def _not_empty(self, _attribute, value):
        if value <= self.start:
            raise ValueError("empty")


def test_a_validator_that_looks_at_a_missing_field_adds_no_fault():
    assert structured(Span, "end = 1") == (None, ["1: part.start: missing; required: an integer"])
    assert structured(Span, "start = 1\nend = 1") == (None, ["3: part.end: value not allowed; allowed: an integer"])


def test_what_a_converter_makes_is_told_by_type_alone():
    assert structured(Limited, 'upper = "a"') == (Limited(upper="A"), [])
    assert structured(Limited, 'upper = "jane"') == (None, ["1: part: cannot be read (ValueError)"])


@frozen
class Credentials:
    token: Secret
    spare: Secret | None = None


FORMS = '{ env = "NAME" } or { file = "PATH" }'


def test_a_secret_comes_from_an_environment_variable(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "s3cret\n")
    assert structured(Credentials, 'token = { env = "A_TOKEN" }') == (Credentials(Secret("s3cret")), [])


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "token").write_text("s3cret\n")
    assert structured(Credentials, 'token = { file = "token" }', tmp_path) == (Credentials(Secret("s3cret")), [])
    absolute = f'token = {{ file = "{tmp_path}/token" }}'
    assert structured(Credentials, absolute) == (Credentials(Secret("s3cret")), [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('"s3cret"', f"a secret is not written into the configuration; allowed: {FORMS}"),
        ("1", f"wrong type: an integer; allowed: {FORMS}"),
        ("{ }", f"not the place of a secret; allowed: {FORMS}"),
        ("{ env = 1 }", f"not the place of a secret; allowed: {FORMS}"),
        ('{ env = "A", file = "b" }', f"not the place of a secret; allowed: {FORMS}"),
        ('{ value = "s3cret" }', f"not the place of a secret; allowed: {FORMS}"),
        ('{ env = "NOT_SET" }', "the environment variable NOT_SET is not there; allowed: one that holds the secret"),
        ('{ env = "BLANK" }', "the environment variable BLANK is empty; allowed: one that holds the secret"),
        ('{ file = "none" }', "the file DIR/none is not there; allowed: one that holds the secret"),
        ('{ file = "blank" }', "the file DIR/blank is empty; allowed: one that holds the secret"),
        ('{ file = "." }', "the file DIR cannot be read (IsADirectoryError); allowed: a text file"),
        ('{ file = "bytes" }', "the file DIR/bytes cannot be read (UnicodeDecodeError); allowed: a text file"),
    ],
)
def test_a_secret_that_cannot_be_had_is_a_fault(tmp_path, monkeypatch, text, fault):
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("BLANK", " \n")
    (tmp_path / "blank").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff")
    _, faults = structured(Credentials, f"token = {text}", tmp_path)
    assert [told.replace(str(tmp_path), "DIR") for told in faults] == [f"2: part.token: {fault}"]


def test_a_missing_secret_says_how_to_give_one():
    assert structured(Credentials, "") == (None, [f"1: part.token: missing; required: {FORMS}"])


def test_an_optional_secret_is_as_strict_as_any():
    _, faults = structured(Credentials, 'token = "a"\nspare = "b"')
    assert faults == [
        f"{line}: part.{key}: a secret is not written into the configuration; allowed: {FORMS}"
        for line, key in ((2, "token"), (3, "spare"))
    ]


@given(st.text(alphabet="abcXYZ0189", min_size=8), st.sampled_from([*attrs.fields_dict(Options), "token", "unknown"]))
def test_no_fault_quotes_a_string_of_the_file(value, key):
    cls = Credentials if key == "token" else Options
    _, faults = structured(cls, f'{key} = "{value}"')
    assert value not in "".join(faults)


def test_a_near_word_is_suggested_and_a_far_one_is_not():
    assert suggestion("tickets", ["attempts", "ticket_characters"]) == " (did you mean 'ticket_characters'?)"
    assert suggestion("zebra", ["attempts", "ticket_characters"]) == ""
