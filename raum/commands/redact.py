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
from raum.commands.options import config_option
from raum.errors import OperatorError
from raum.host import find_functions
from raum.model import Finding, Ticket, TicketText
from raum.redaction.placeholders import LITERAL
from raum.redaction.redact import Find, redact


@frozen
class _Redacted:
    text: str
    findings: tuple[Finding, ...]


@click.command("redact")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--jsonl", is_flag=True, help='Per line {"text": ...} in, {"text": ..., "spans": [...]} out.')
@click.option("--stats", is_flag=True, help="Say on standard error how much was found, and how fast.")
@config_option
def redact_command(file: TextIO, jsonl: bool, stats: bool, config: Path) -> None:
    """Redact FILE, or standard input, with the configured detectors."""
    detectors = find_functions(assemble(config).detectors)
    found: Counter[str] = Counter()
    characters, started = 0, time.perf_counter()
    for text in _texts(file, jsonl):
        redacted = _redact(text, detectors)
        found.update(finding.type for finding in redacted.findings)
        characters += len(text)
        click.echo(_as_json(redacted) if jsonl else redacted.text, nl=jsonl)
        sys.stdout.flush()
    if stats:
        counts = ", ".join(f"{type_} {count}" for type_, count in sorted(found.items())) or "nothing"
        seconds = time.perf_counter() - started
        click.echo(f"found {counts} in {characters} characters, {seconds:.2f} s", err=True)


def _texts(file: TextIO, jsonl: bool) -> Iterator[str]:
    """The texts to redact. Bytes that are no text end the command, without being quoted."""
    try:
        yield from _lines(file) if jsonl else [file.read()]
    except UnicodeDecodeError:
        raise OperatorError(f"{file.name}: not a text in UTF-8") from None


def _lines(file: TextIO) -> Iterator[str]:
    """The texts of a file of JSON lines. A line that is no such object ends the command, by its number alone."""
    for number, line in enumerate(file, start=1):
        try:
            text = json.loads(line)["text"]
        except (ValueError, RecursionError, TypeError, KeyError):
            text = None
        if not isinstance(text, str):
            raise OperatorError(f'{file.name}:{number}: not a JSON object with a string "text"')
        yield text


def _redact(text: str, detectors: dict[str, Find]) -> _Redacted:
    redaction = redact(Ticket(1, (TicketText("text", "", text),)), detectors)
    return _Redacted(str(redaction.texts[0].text), redaction.findings[0])


def _as_json(redacted: _Redacted) -> str:
    spans = [{"start": f.start, "end": f.end, "type": f.type} for f in redacted.findings if f.type != LITERAL]
    return json.dumps({"text": redacted.text, "spans": spans}, ensure_ascii=False)
