"""Scores the detector `name` on texts that its model has not seen: the table of `docs/name-model.md`.

    python -m tools.names.report CORPORA WORDS

For each of the five folds a model is trained without it and judged on it. What no model learns from is judged once.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import click

from raum.evaluation import Detect, Report, Tally, evaluate
from raum.evaluation import Document as Labelled
from raum_patterns.name_model import Weights
from raum_patterns.names import NameDetector
from raum_patterns.options import NameOptions
from tools.names.corpora import FOLDS, REAL, SHARE_ALIKE, Document, documents
from tools.names.train import trained

_GENERATED: Final = ("pii_", "presidio_")
_QUESTIONS: Final = "neg_"


def main() -> None:
    """Train five times, judge, print the table."""
    corpora, table = map(Path, sys.argv[1:])
    report, questions = Report(), Report()
    with (
        ProcessPoolExecutor() as processes,
        click.progressbar(
            processes.map(partial(judged, corpora, table), range(FOLDS)),
            length=FOLDS,
            label="training and judging",
            file=sys.stderr,
        ) as folds,
    ):
        for part, asked in folds:
            _add(report, part)
            _add(questions, asked)
    click.echo("\n".join((*_table(report), *_false_values(report, questions))))


def judged(corpora: Path, table: Path, fold: int) -> tuple[Report, Report]:
    """How a model that did not learn from a fold does on it, and on its customers' questions alone."""
    unseen = [document for document in documents(corpora) if _is_judged_by(document, fold)]
    # As they are shipped: in whole numbers.
    detect = _detect(Weights.from_bytes(trained(corpora, table, fold).to_bytes()))
    questions = [document for document in unseen if document.corpus.startswith(_QUESTIONS)]
    return evaluate(_labelled(unseen), detect), evaluate(_labelled(questions), detect)


def _is_judged_by(document: Document, fold: int) -> bool:
    return document.fold == fold if document.is_for_training else fold == 0


def _detect(weights: Weights) -> Detect:
    detector = NameDetector(NameOptions(), weights)
    return lambda text, _persons: detector.find(text)


def _labelled(chosen: Iterable[Document]) -> Iterator[Labelled]:
    """A document for each kind of name, so that full and single names are also counted apart."""
    for document in chosen:
        full = [span for span in document.names if len(document.text[slice(*span)].split()) > 1]
        single = [span for span in document.names if span not in full]
        for kind, names, others in (("all", document.names, ()), ("full", full, single), ("single", single, full)):
            if names or kind == "all":
                values = tuple((span, "NAME") for span in names)
                ignored = (*document.ignored, *others)
                yield Labelled(
                    document.id, f"{document.corpus} {kind}", document.text, values, frozenset({"NAME"}), ignored
                )


def _add(report: Report, other: Report) -> None:
    for key, tally in other.tallies.items():
        _sum(report.tallies.setdefault(key, Tally()), tally)
    report.innocent_words += other.innocent_words
    report.false_values.update(other.false_values)


def _sum(total: Tally, tally: Tally) -> None:
    total.values += tally.values
    total.found += tally.found
    total.findings += tally.findings
    total.right += tally.right
    total.characters += tally.characters
    total.readable += tally.readable


def _table(report: Report) -> Iterator[str]:
    rows: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    for (name, _), tally in sorted(report.tallies.items()):
        corpus, kind = name.rsplit(" ", 1)
        _sum(rows[corpus][kind], tally)
        for group, starts in (("real text", REAL), ("generated text", _GENERATED), ("all", ("",))):
            if corpus.startswith(starts):
                _sum(rows[f"**{group} together**"][kind], tally)
    yield "| corpus | names | P | R | R full | R single |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for corpus, tallies in rows.items():
        if tallies["all"].values:
            note = ", measured only" if corpus.startswith(SHARE_ALIKE) else ""
            figures = (tallies["all"].precision, *(tallies[kind].recall for kind in ("all", "full", "single")))
            shown = " | ".join("-" if figure is None else f"{figure:.3f}" for figure in figures)
            yield f"| {corpus}{note} | {tallies['all'].values} | {shown} |"
    leak = rows["**all together**"]["all"].leak or 0.0
    yield f"\nLeak: {leak:.3f} of the characters of all names."


def _false_values(report: Report, questions: Report) -> Iterator[str]:
    for name, part in (("texts without names", report), ("customers' questions alone", questions)):
        rate = 1000 * part.false_values.total() / max(1, part.innocent_words)
        yield f"False values on {name}: {rate:.2f} per 1,000 words ({part.innocent_words:,} words)."


if __name__ == "__main__":
    main()
