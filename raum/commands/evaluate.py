"""`raum evaluate`: how good the configured detectors are, on labelled texts."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import click

from raum.assembly import assemble
from raum.evaluation import Document, Mistake, Report, Tally, evaluate, read_documents
from raum.findings import Finding
from raum.host import find_functions
from raum.model import Person, Ticket, TicketText
from raum.redaction.redact import redact
from raum.terminal.columns import columns
from raum.terminal.options import config_option
from raum.values.identity import LITERAL

_MEGABYTE = 1_000_000


@click.command("evaluate")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--by-corpus", is_flag=True, help="A row for each corpus and type, and not for each type alone.")
@click.option("--errors", type=click.IntRange(0), default=0, help="Show so many mistakes of each type and kind.")
@click.option("--part", default="1/1", help="Only one part of the texts, for example 2/3: the second of three.")
@config_option
def evaluate_command(files: tuple[Path, ...], by_corpus: bool, errors: int, part: str, config: Path) -> None:
    """Score the configured detectors on FILES of labelled JSON lines, or on all such files of folders."""
    detectors = find_functions(assemble(config))

    def detect(text: str, persons: Sequence[Person]) -> list[Finding]:
        redaction = redact(Ticket(1, (TicketText("text", "", text),), tuple(persons)), detectors)
        return [finding for finding in redaction.findings[0] if finding.type != LITERAL]

    paths = list(chain.from_iterable(sorted(p.glob("*.jsonl")) if p.is_dir() else [p] for p in files))
    documents = list(_part(chain.from_iterable(map(read_documents, paths)), part))
    with click.progressbar(documents, label="evaluating", file=sys.stderr) as progress:
        report = evaluate(progress, detect)
    click.echo(err=True)
    click.echo(_table(report.by_corpus() if by_corpus else report.by_type()))
    click.echo(_totals(report))
    for mistake in _worst(report.mistakes, errors):
        click.echo(f"{mistake.kind:6} {mistake.type:8} {mistake.document}: {mistake.excerpt}")


def _part(documents: Iterable[Document], part: str) -> Iterator[Document]:
    try:
        which, of = (int(number) for number in part.split("/"))
    except ValueError:
        which, of = 0, 0
    if not 1 <= which <= of:
        raise click.BadParameter("write it as 2/3: the second of three", param_hint="--part")
    return (document for number, document in enumerate(documents) if number % of == which - 1)


def _table(tallies: Mapping[str, Tally]) -> str:
    rows: list[tuple[str, ...]] = [("TYPE", "VALUES", "RECALL", "PRECISION", "F2", "LEAK")]
    for name, tally in tallies.items():
        figures = (tally.recall, tally.precision, tally.f2, tally.leak)
        rows.append((name, str(tally.values), *("-" if f is None else f"{f:.3f}" for f in figures)))
    return columns(rows, right=frozenset(range(1, 6)))


def _totals(report: Report) -> str:
    lines = [f"\n{report.documents} texts"]
    if report.innocent_words:
        rate = 1000 * report.false_values.total() / report.innocent_words
        kinds = ", ".join(f"{type_} {count}" for type_, count in report.false_values.most_common()) or "none"
        words = f"{report.innocent_words:,} words without personal data"
        lines.append(f"{rate:.2f} false values per 1,000 words ({kinds}, in {words})")
    if report.seconds:
        lines.append(f"{report.bytes / report.seconds / _MEGABYTE:.2f} MB/s")
    return "\n".join(lines)


def _worst(mistakes: Iterable[Mistake], each: int) -> Iterator[Mistake]:
    shown: dict[tuple[str, str], int] = {}
    for mistake in mistakes:
        group = (mistake.type, mistake.kind)
        shown[group] = shown.get(group, 0) + 1
        if shown[group] <= each:
            yield mistake
