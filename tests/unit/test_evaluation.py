"""The yardstick: figures worked out by hand on small texts."""

import json

import pytest

from raum.errors import OperatorError
from raum.evaluation import Document, Report, Tally, evaluate, read_documents
from raum.findings import Finding
from raum.model import Person

TEXT = "Jane Doe, jane@example.com"
NAME, EMAIL = ((0, 8), "NAME"), ((10, 26), "EMAIL")


def document(*values, types=("NAME", "EMAIL"), ignore=(), text=TEXT):
    return Document("d", "c", text, tuple(values), frozenset(types), tuple(ignore))


def report(given, *findings) -> Report:
    return evaluate([given], lambda text, persons: findings)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([Finding("NAME", 0, 8)], Tally(values=1, found=1, findings=1, right=1, characters=8, readable=0)),
        # half of a value is enough, less is not; what is left is readable either way
        ([Finding("NAME", 0, 4)], Tally(values=1, found=1, findings=1, right=1, characters=8, readable=4)),
        ([Finding("NAME", 0, 3)], Tally(values=1, found=0, findings=1, right=1, characters=8, readable=5)),
        # of another type it is not found, but it is not readable
        ([Finding("EMAIL", 0, 8)], Tally(values=1, found=0, findings=0, right=0, characters=8, readable=0)),
        # two findings cover one value together
        ([Finding("NAME", 0, 4), Finding("NAME", 5, 8)], Tally(1, 1, 2, 2, 8, 1)),
        ([Finding("NAME", 6, 26)], Tally(values=1, found=0, findings=1, right=0, characters=8, readable=6)),
        ([], Tally(values=1, found=0, findings=0, right=0, characters=8, readable=8)),
    ],
)
def test_values_and_findings_are_counted_by_what_they_cover(findings, expected):
    assert report(document(NAME), *findings).by_type()["NAME"] == expected


def test_a_type_that_is_not_judged_counts_neither_way():
    assert set(report(document(NAME, types=["NAME"]), Finding("EMAIL", 10, 26)).by_type()) == {"NAME"}


def test_a_finding_over_something_to_ignore_is_not_false():
    judged = report(document(types=["NAME"], ignore=[(0, 8)]), Finding("NAME", 0, 8))
    assert judged.by_type()["NAME"].findings == 0
    assert judged.mistakes == []


def test_underscores_in_types_make_no_difference():
    judged = report(document(((0, 8), "APIKEY"), types=["APIKEY"]), Finding("APIKEY", 0, 8))
    assert judged.by_type()["APIKEY"].recall == 1


def test_false_values_are_counted_in_texts_without_personal_data():
    innocent = report(document(text="four words are here"), Finding("NAME", 0, 4))
    assert (innocent.innocent_words, dict(innocent.false_values)) == (4, {"NAME": 1})
    assert report(document(NAME), Finding("EMAIL", 10, 26)).innocent_words == 0


def test_recall_weighs_twice_as_much_as_precision():
    tally = Tally(values=10, found=8, findings=16, right=8)
    assert (tally.recall, tally.precision) == (0.8, 0.5)
    assert tally.f2 == pytest.approx(5 * 0.5 * 0.8 / (4 * 0.5 + 0.8))


def test_without_values_or_findings_there_are_no_figures():
    empty = Tally()
    assert (empty.recall, empty.precision, empty.f2, empty.leak) == (None, None, None, None)
    assert Tally(values=3).f2 == 0


def test_mistakes_show_where_they_are():
    missed, false = report(document(NAME), Finding("NAME", 10, 26)).mistakes
    assert (missed.kind, missed.excerpt) == ("missed", "[[Jane Doe]], jane@example.com")
    assert (false.kind, false.excerpt) == ("false", "Jane Doe, [[jane@example.com]]")


def test_tallies_add_up_over_corpora():
    documents = [Document("1", corpus, TEXT, (NAME,), frozenset({"NAME"})) for corpus in ("a", "b")]
    judged = evaluate(documents, lambda text, persons: [Finding("NAME", 0, 8)])
    assert judged.by_type()["NAME"].values == 2
    assert list(judged.by_corpus()) == ["a NAME", "b NAME"]


def test_a_file_of_json_lines_is_read(tmp_path):
    rows = [
        {"text": "Jane", "spans": [{"start": 0, "end": 4, "type": "NAME"}], "id": "x", "corpus": "mine",
         "types": ["NAME"], "ignore": [[1, 2]], "known": {"names": ["Jane Doe"], "emails": [], "phones": ["1"]}},
        {"text": "nothing", "spans": []},
    ]  # fmt: skip
    file = tmp_path / "texts.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    first, second = read_documents(file)
    assert (first.id, first.corpus, first.values, first.ignore) == ("x", "mine", (((0, 4), "NAME"),), ((1, 2),))
    assert first.persons == (Person(("Jane Doe",), (), ("1",)),)
    assert (second.id, second.corpus, second.types) == ("2", "texts", {"NAME", "EMAIL", "PHONE", "CC"})


@pytest.mark.parametrize(
    "line",
    ["", "[]", "{", '{"text": 1, "spans": []}', '{"text": "secret"}', '{"text": "secret", "spans": [{}]}', "null",
     '{"text": "secret", "spans": [], "known": {"names": "Jane"}}', '{"text": "secret", "spans": [], "known": []}'],
)  # fmt: skip
def test_a_line_that_is_no_labelled_text_is_told_by_its_number(tmp_path, line):
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "", "spans": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(OperatorError) as caught:
        list(read_documents(file))
    assert str(caught.value) == f'{file}:2: not a labelled text; "text" and "spans" are needed'
