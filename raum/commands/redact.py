"""`raum redact`: text in, redacted text out, on this machine and without any AI."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import click
from attrs import frozen

from raum.assembly import assemble
from raum.errors import OperatorError
from raum.evaluation import known_persons
from raum.findings import Finding
from raum.host import find_functions
from raum.model import Person, Ticket, TicketText
from raum.redaction.redact import Find, redact
from raum.terminal.columns import columns
from raum.terminal.options import config_option
from raum.values.identity import LITERAL


@frozen
class _Input:
    text: str
    persons: tuple[Person, ...] = ()


@frozen
class _Redacted:
    original: str
    text: str
    findings: tuple[Finding, ...]


@click.command("redact")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--jsonl", is_flag=True, help='Per line {"text": ...} in, {"text": ..., "spans": [...]} out.')
@click.option("--explain", is_flag=True, help="Say of each finding which rule made it, and how sure it is.")
@click.option("--stats", is_flag=True, help="Say on standard error how much was found, and how fast.")
@config_option
def redact_command(file: TextIO, jsonl: bool, explain: bool, stats: bool, config: Path) -> None:
    """Redact FILE, or standard input, with the configured detectors.

    With --jsonl a line may also hold "known": {"names": [], "emails": [], "phones": []}, a person that is known to be
    in the text; offsets of the spans are those of the text that came in.
    """
    detectors = find_functions(assemble(config))
    found: Counter[str] = Counter()
    characters, started = 0, time.perf_counter()
    for given in _inputs(file, jsonl):
        redacted = _redact(given, detectors)
        found.update(finding.type for finding in redacted.findings)
        characters += len(given.text)
        click.echo(_as_json(redacted, explain) if jsonl else redacted.text, nl=jsonl)
        if explain and not jsonl:
            click.echo(_explained(redacted))
        sys.stdout.flush()
    if stats:
        counts = ", ".join(f"{type_} {count}" for type_, count in sorted(found.items())) or "nothing"
        seconds = time.perf_counter() - started
        click.echo(f"found {counts} in {characters} characters, {seconds:.2f} s", err=True)


def _inputs(file: TextIO, jsonl: bool) -> Iterator[_Input]:
    """The texts to redact. Bytes that are no text end the command, without being quoted."""
    try:
        yield from _lines(file) if jsonl else [_Input(file.read())]
    except UnicodeDecodeError:
        raise OperatorError(f"{file.name}: not a text in UTF-8") from None


def _lines(file: TextIO) -> Iterator[_Input]:
    """The texts of a file of JSON lines. A line that is no such object ends the command, by its number alone."""
    for number, line in enumerate(file, start=1):
        try:
            row = json.loads(line)
            given = _Input(row["text"], known_persons(row.get("known")))
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            given = None
        if given is None or not isinstance(given.text, str):
            raise OperatorError(f'{file.name}:{number}: not a JSON object with a string "text"')
        yield given


def _redact(given: _Input, detectors: dict[str, Find]) -> _Redacted:
    redaction = redact(Ticket(1, (TicketText("text", "", given.text),), given.persons), detectors)
    return _Redacted(given.text, str(redaction.texts[0].text), redaction.findings[0])


def _as_json(redacted: _Redacted, explain: bool) -> str:
    spans = []
    for finding in redacted.findings:
        if finding.type != LITERAL:
            span: dict[str, object] = {"start": finding.start, "end": finding.end, "type": finding.type}
            spans.append({**span, "rule": finding.rule, "score": finding.score} if explain else span)
    return json.dumps({"text": redacted.text, "spans": spans}, ensure_ascii=False)


def _explained(redacted: _Redacted) -> str:
    rows = [("TYPE", "RULE", "SCORE", "FOUND")]
    for finding in redacted.findings:
        found = " ".join(finding.of(redacted.original).split())
        rows.append((finding.type, finding.rule or "-", f"{finding.score:.2f}", found))
    line_end = "" if redacted.text.endswith("\n") else "\n"
    return f"{line_end}\n{columns(rows)}"
