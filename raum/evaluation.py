"""How good the configured detectors are, on labelled texts: the yardstick for everybody who adds or tunes one.

A value counts as found if findings of its type cover at least half of its characters, and a finding as right if values
of its type cover at least half of it. Leak is the share of labelled characters that no finding of any type covers:
what could still be read. False values are counted per 1,000 words in texts that are labelled as holding none.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from raum.errors import OperatorError
from raum.findings import Finding
from raum.model import Person

Span = tuple[int, int]
Detect = Callable[[str, Sequence[Person]], Sequence[Finding]]

_EXCERPT = 40


@frozen
class Document:
    """A labelled text. Only its `types` are judged: labels of others are missing. `ignore` counts neither way."""

    id: str
    corpus: str
    text: str = field(repr=False)
    values: tuple[tuple[Span, str], ...]
    types: frozenset[str]
    ignore: tuple[Span, ...] = ()
    persons: tuple[Person, ...] = field(default=(), repr=False)


@define
class Tally:
    """What was counted for one type, in one corpus or over all."""

    values: int = 0
    found: int = 0
    findings: int = 0
    right: int = 0
    characters: int = 0
    readable: int = 0

    @property
    def recall(self) -> float | None:
        """The share of the values that were found; None without values."""
        return self.found / self.values if self.values else None

    @property
    def precision(self) -> float | None:
        """The share of the findings that were right; None without findings."""
        return self.right / self.findings if self.findings else None

    @property
    def f2(self) -> float | None:
        """The F-measure in which recall weighs twice as much as precision (van Rijsbergen, beta 2)."""
        if not self.values:
            return None
        precision, recall = self.precision or 0.0, self.recall or 0.0
        return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0

    @property
    def leak(self) -> float | None:
        """The share of the labelled characters that stayed readable; None without any."""
        return self.readable / self.characters if self.characters else None


@frozen
class Mistake:
    """A value that was missed, or a finding that was false, within a few words of its text."""

    kind: str
    type: str
    document: str
    excerpt: str = field(repr=False)


@define
class Report:
    """The figures of an evaluation."""

    tallies: dict[tuple[str, str], Tally] = field(factory=dict)
    mistakes: list[Mistake] = field(factory=list)
    documents: int = 0
    bytes: int = 0
    seconds: float = 0.0
    innocent_words: int = 0
    false_values: Counter[str] = field(factory=Counter)

    def by_type(self) -> dict[str, Tally]:
        """The tallies of the types over all corpora, by type."""
        return self._summed(lambda corpus, type_: type_)

    def by_corpus(self) -> dict[str, Tally]:
        """The tallies by corpus and type, as `corpus TYPE`."""
        return self._summed(lambda corpus, type_: f"{corpus} {type_}")

    def _summed(self, name: Callable[[str, str], str]) -> dict[str, Tally]:
        sums: dict[str, Tally] = {}
        for (corpus, type_), tally in sorted(self.tallies.items()):
            total = sums.setdefault(name(corpus, type_), Tally())
            for attribute in Tally.__slots__:
                if not attribute.startswith("_"):
                    setattr(total, attribute, getattr(total, attribute) + getattr(tally, attribute))
        return dict(sorted(sums.items()))


def evaluate(documents: Iterable[Document], detect: Detect) -> Report:
    """Run the detectors over the documents and count."""
    report = Report()
    for document in documents:
        started = time.perf_counter()
        findings = detect(document.text, document.persons)
        report.seconds += time.perf_counter() - started
        report.documents += 1
        report.bytes += len(document.text.encode())
        _judge(report, document, findings)
    return report


def _judge(report: Report, document: Document, findings: Sequence[Finding]) -> None:
    covered = _merged((f.start, f.end) for f in findings)
    for type_ in document.types:
        tally = report.tallies.setdefault((document.corpus, type_), Tally())
        values = [span for span, of in document.values if of == type_]
        found = [(f.start, f.end) for f in findings if _plain(f.type) == type_]
        _count_values(report, tally, document, type_, values, _merged(found), covered)
        _count_findings(report, tally, document, type_, found, _merged(values))
    if not document.values and not document.ignore:
        report.innocent_words += len(document.text.split())
        report.false_values.update(of for f in findings if (of := _plain(f.type)) in document.types)


def _count_values(
    report: Report, tally: Tally, document: Document, type_: str, values: list[Span], found: list[Span],
    covered: list[Span],
) -> None:  # fmt: skip
    for start, end in values:
        is_found = 2 * _overlap(start, end, found) >= end - start
        tally.values += 1
        tally.found += is_found
        tally.characters += end - start
        tally.readable += end - start - _overlap(start, end, covered)
        if not is_found:
            report.mistakes.append(Mistake("missed", type_, document.id, _excerpt(document.text, start, end)))


def _count_findings(
    report: Report, tally: Tally, document: Document, type_: str, found: list[Span], values: list[Span]
) -> None:
    ignored = _merged(document.ignore)
    for start, end in found:
        is_right = 2 * _overlap(start, end, values) >= end - start
        if not is_right and 2 * _overlap(start, end, ignored) >= end - start:
            continue
        tally.findings += 1
        tally.right += is_right
        if not is_right:
            report.mistakes.append(Mistake("false", type_, document.id, _excerpt(document.text, start, end)))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _overlap(start: int, end: int, merged: list[Span]) -> int:
    return sum(max(0, min(end, other_end) - max(start, other)) for other, other_end in merged)


def _excerpt(text: str, start: int, end: int) -> str:
    pieces = (text[max(0, start - _EXCERPT) : start], "[[", text[start:end], "]]", text[end : end + _EXCERPT])
    return " ".join("".join(pieces).split())


def _plain(type_: str) -> str:
    """API_KEY and APIKEY are one type: corpora write types in different ways."""
    return type_.replace("_", "").upper()


def read_documents(path: Path) -> Iterator[Document]:
    """The documents of a file of JSON lines: `{"text": ..., "spans": [{"start", "end", "type"}], "types": [...]}`.

    `id`, `corpus`, `ignore` (`[[start, end], ...]`) and `known` (`{"names", "emails", "phones"}`) may be left out;
    without `types` those of the four standard types and of the spans are judged. Raises OperatorError with file and
    line, without the text.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield _document(json.loads(line), path.stem, number)
            except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
                raise OperatorError(f'{path}:{number}: not a labelled text; "text" and "spans" are needed') from None


def _document(row: dict[str, Any], corpus: str, number: int) -> Document:
    text = row["text"]
    if not isinstance(text, str):
        raise TypeError
    values = tuple(((int(s["start"]), int(s["end"])), _plain(s["type"])) for s in row["spans"])
    standard = {"NAME", "EMAIL", "PHONE", "CC", *(type_ for _, type_ in values)}
    return Document(
        id=str(row.get("id", number)),
        corpus=str(row.get("corpus", corpus)),
        text=text,
        values=values,
        types=frozenset(map(_plain, row.get("types", standard))),
        ignore=tuple((int(start), int(end)) for start, end in row.get("ignore", ())),
        persons=known_persons(row.get("known")),
    )


def known_persons(known: Any) -> tuple[Person, ...]:
    """The person that `{"names": [], "emails": [], "phones": []}` describes. Raises TypeError for another shape."""
    if known is None:
        return ()
    lists = [known.get(key, []) for key in ("names", "emails", "phones")]
    if not all(isinstance(each, list) and all(isinstance(value, str) for value in each) for each in lists):
        raise TypeError
    names, emails, phones = map(tuple, lists)
    return (Person(names, emails, phones),)
