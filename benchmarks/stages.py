"""What a ticket of 3 kB costs: each detector, the core around them, and all of it, on labelled texts of one's own.

    python benchmarks/stages.py FILES_OR_FOLDERS [--config CONFIG] [--repeats N]

Tickets are strung together from the texts of JSON lines (`{"id": ..., "text": ...}`), all files mixed. Times are of the
processor, the best of N for each ticket, so that other work of the machine hardly counts; garbage collection, which
the best leaves out, is in the row `with collections`. "core" is a redaction whose detectors only repeat what they found
before; "in a thread" is the way through the event loop, as the host does it.
"""

import argparse
import asyncio
import hashlib
import json
import resource
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from raum.assembly import assemble
from raum.findings import Finding
from raum.garbage import collect_briefly
from raum.host import find_functions, redactor
from raum.model import Ticket, TicketText
from raum.redaction.redact import Find, redact
from raum.terminal.options import default_config
from raum.values.normalise import normalise

SIZE, LONGEST, TICKETS = 3000, 3400, 350


def tickets(paths: Iterable[Path]) -> list[str]:
    """Texts of about 3 kB, strung together from the texts of the files in an order that mixes them."""
    files = [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines() if line]
    rows.sort(key=lambda row: hashlib.sha256(str(row.get("id", row["text"])).encode()).digest())
    texts, text = [], ""
    for row in rows:
        text += f"{row['text']}\n\n"
        if len(text) > SIZE:
            texts.append(text[:LONGEST])
            text = ""
    return texts[:TICKETS]


def best_times(work: Callable[[str], object], texts: list[str], repeats: int) -> list[float]:
    """The least processor time of each text, in seconds."""
    best = [float("inf")] * len(texts)
    for _ in range(repeats):
        for number, text in enumerate(texts):
            started = time.process_time_ns()
            work(text)
            best[number] = min(best[number], (time.process_time_ns() - started) / 1e9)
    return best


def show(name: str, times: list[float], texts: list[str]) -> None:
    """One row of the table."""
    size = sum(len(text.encode()) for text in texts)
    ranked = sorted(times)
    p50, p99 = ranked[len(ranked) // 2] * 1000, ranked[int(len(ranked) * 0.99)] * 1000
    print(f"{name:18} {sum(times) / len(times) * 1000:>8.3f} {p50:>8.3f} {p99:>8.3f} {size / sum(times) / 1e6:>8.2f}")


def one(text: str) -> Ticket:
    """A ticket of one text."""
    return Ticket(1, (TicketText("comment:1", "Comment", text),))


def again(detectors: dict[str, Find], texts: list[str]) -> Find:
    """A detector that finds what the others have found in these texts, at once."""
    found: dict[str, list[Finding]] = {}
    for plain in (normalise(text).text for text in texts):
        found[plain] = [finding for find in detectors.values() for finding in find(plain)]
    return found.__getitem__


def with_collections(detectors: dict[str, Find], texts: list[str], repeats: int) -> list[float]:
    """The mean time of each text over the repeats, one after the other, collections and all."""
    times = [0.0] * len(texts)
    for _ in range(repeats):
        for number, text in enumerate(texts):
            started = time.process_time_ns()
            redact(one(text), detectors)
            times[number] += (time.process_time_ns() - started) / 1e9 / repeats
    return times


def main() -> None:
    """The table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("paths", nargs="+", type=Path)
    arguments.add_argument("--config", type=Path, default=default_config())
    arguments.add_argument("--repeats", type=int, default=5)
    given = arguments.parse_args()
    texts = tickets(given.paths)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assembly = assemble(given.config)
    detectors = find_functions(assembly)
    collect_briefly()  # as `raum serve` does
    plain = [normalise(text).text for text in texts]
    found = again(detectors, texts)
    findings = sum(len(found(text)) for text in plain) / len(texts)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{len(texts)} tickets, {findings:.1f} findings each; detectors loaded and warm: {grown:.0f} MB")
    print(f"{'stage':18} {'mean ms':>8} {'p50 ms':>8} {'p99 ms':>8} {'MB/s':>8}")
    for name, find in detectors.items():
        show(name, best_times(lambda text, find=find: list(find(text)), plain, given.repeats), plain)
    show("core", best_times(lambda text: redact(one(text), {"again": found}), texts, given.repeats), texts)
    show("all", best_times(lambda text: redact(one(text), detectors), texts, given.repeats), texts)
    show("with collections", with_collections(detectors, texts, given.repeats), texts)
    work = redactor(assembly)
    with asyncio.Runner() as runner:
        show("in a thread", best_times(lambda text: runner.run(work.redact(one(text))), texts, given.repeats), texts)


if __name__ == "__main__":
    main()
