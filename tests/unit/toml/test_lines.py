"""Every key, table and array element of a TOML file has the line on which it stands."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.errors import ConfigurationError
from raum.toml.lines import Document, line_numbers, read

CASES = {
    "keys": ("a = 1\n\nb = 2\n", {("a",): 1, ("b",): 3}),
    "dotted keys": ("a.b = 1\na . c = 2\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 2}),
    "quoted keys": (
        '"a.b" = 1\n\'c = "d"\' = 2\n"\\u0065\\n" = 3\n',
        {("a.b",): 1, ('c = "d"',): 2, ("e\n",): 3},
    ),
    "tables": ("[a]\nb = 1\n[c.d]\n", {("a",): 1, ("a", "b"): 2, ("c",): 3, ("c", "d"): 3}),
    "a table whose header comes after a mention of it": (
        "[a.b]\n[a]\nc = 1\n",
        {("a", "b"): 1, ("a",): 2, ("a", "c"): 3},
    ),
    "arrays of tables": (
        "[[a]]\nb = 1\n[[a]]\n[a.c]\nd = 1\n",
        {("a",): 1, ("a", 0): 1, ("a", 0, "b"): 2, ("a", 1): 3, ("a", 1, "c"): 4, ("a", 1, "c", "d"): 5},
    ),
    "arrays": ("a = [\n  1, # one\n\n  2,\n]\n", {("a",): 1, ("a", 0): 2, ("a", 1): 4}),
    "arrays in arrays": (
        "a = [ [], [\n1 ] ]\n",
        {("a",): 1, ("a", 0): 1, ("a", 1): 1, ("a", 1, 0): 2},
    ),
    "inline tables": (
        "a = { b = 1, c.d = [\n2] }\n",
        {("a",): 1, ("a", "b"): 1, ("a", "c"): 1, ("a", "c", "d"): 1, ("a", "c", "d", 0): 2},
    ),
    "comments that look like keys": ("# a = 1\nb = 2 # c = [\n", {("b",): 2}),
    "strings that look like anything": (
        'a = "x = [ # \\" {"\nb = \'[c]\\\'\nd = 1\n',
        {("a",): 1, ("b",): 2, ("d",): 3},
    ),
    "strings of several lines": (
        'a = """\nb = "1"\n""\\""""""\nc = \'\'\'\n\'\'[d]\n\'\'\'\'\'\ne = 1\n',
        {("a",): 1, ("c",): 4, ("e",): 7},
    ),
    "empty strings": ("a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = ''''''\n", {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4}),
    "numbers and dates": (
        "a = 1.5e-3\nb = 1979-05-27 07:32:00.5Z\nc = [+1_000, inf]\n",
        {("a",): 1, ("b",): 2, ("c",): 3, ("c", 0): 3, ("c", 1): 3},
    ),
    "line ends of Windows": ("a = 1\r\nb = 2\r\n", {("a",): 1, ("b",): 2}),
    "nothing": ("", {}),
}


@pytest.mark.parametrize(("text", "lines"), CASES.values(), ids=CASES)
def test_each_key_has_its_line(text, lines):
    tomllib.loads(text)
    assert line_numbers(text) == lines


names = st.text(alphabet="ab.=[]{}#\"'\\ \n", max_size=4).map(json.dumps) | st.sampled_from(["x", "y-1", "3"])
texts = st.text(alphabet='ab.=[]{}#,"\\ ', max_size=8)
scalars = st.one_of(
    st.integers().map(str),
    texts.map(json.dumps),
    texts.map(lambda text: '"""\n' + text.replace("\\", "\\\\").replace('"', '\\"') + '\n"""'),
    texts.map(lambda text: "'''\n" + text + "\n'''"),
)
layouts = st.sampled_from([("[", ", ", "]"), ("[\n", " ,\n# a = [\n", "\n]")])
values = st.recursive(
    scalars,
    lambda inner: (
        st.builds(
            lambda layout, items: layout[0] + layout[1].join(items) + layout[2], layouts, st.lists(inner, max_size=3)
        )
        | st.dictionaries(names, inner, max_size=2).map(
            lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        )
    ),
    max_leaves=5,
)
tables = st.dictionaries(names, values, max_size=3)


def paths_of(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths_of(inner, (*path, key))


@given(tables, st.dictionaries(names.map(lambda name: f"t.{name}"), tables, max_size=3))
def test_the_keys_found_are_the_keys_of_tomllib(top, others):
    lines = [f"{key} = {value}" for key, value in top.items() if key != "t"]
    for header, table in others.items():
        lines += [f"[{header}]", *(f"{key} = {value}" for key, value in table.items())]
    text = "\n".join(lines)
    assert line_numbers(text).keys() == set(paths_of(tomllib.loads(text)))


@given(st.lists(values, max_size=5))
def test_a_key_stands_where_all_before_it_ends(contents):
    text, expected = "", {}
    for number, value in enumerate(contents):
        expected[(f"key{number}",)] = text.count("\n") + 1
        text += f"key{number} = {value}\n"
    found = line_numbers(text)
    assert {path: line for path, line in found.items() if len(path) == 1} == expected


def document(text):
    return Document("raum.toml", Path(), tomllib.loads(text), line_numbers(text))


def test_a_key_that_is_not_there_has_the_line_of_its_table():
    found = document("a = 1\n[b]\nc = 2\n")
    assert found.line(("b", "missing", "deeper")) == 2
    assert found.line(("missing",)) == 1


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("a", "b-1"), "a.b-1"),
        (("a", 0, 1, "b"), "a[0][1].b"),
        (("a b", 'c"', "d.e"), '"a b"."c\\""."d.e"'),
    ],
)
def test_a_fault_names_the_key_as_toml_writes_it(path, shown):
    assert str(document("a = 1").fault(path, "unknown key")) == f"raum.toml:1: {shown}: unknown key"


def test_strings_are_found_whatever_else_is_wrong():
    found = document('a = ["x", 1, "y"]\nb = "z"\nc = 3\n[d]\ne = "w"\n')
    assert found.strings("a") == [(("a", 0), "x"), (("a", 2), "y")]
    assert found.strings("b") == [(("b",), "z")]
    assert found.strings("d", "e") == [(("d", "e"), "w")]
    assert found.strings("c") == found.strings("d") == found.strings("b", "e") == found.strings("none") == []


SYNTAX = {
    "no value": ("a = 1\nb =\n", "2: not valid TOML: Invalid value (column 4)"),
    "a key twice": ("a = 1\na = 2\n", "2: not valid TOML: Cannot overwrite a value (column 6)"),
    "a table twice": ("[a]\n[a]\n", "2: not valid TOML: Cannot declare ('a',) twice (column 3)"),
    "no end": ("a = [\n\n", "1: not valid TOML: Invalid value (at the end of the file)"),
}


@pytest.mark.parametrize(("text", "fault"), SYNTAX.values(), ids=SYNTAX)
def test_what_is_not_toml_is_refused_at_its_line(tmp_path, text, fault):
    path = tmp_path / "raum.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read(path)
    assert caught.value.faults == (f"{path}:{fault}",)


def test_a_document_does_not_show_its_content(tmp_path):
    path = tmp_path / "raum.toml"
    path.write_text('token = "s3cret"\r\n', newline="")
    assert read(path).tree == {"token": "s3cret"}
    assert "s3cret" not in repr(read(path))
