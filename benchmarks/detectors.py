"""What each detector costs: on tickets, and on texts that are made to be slow.

    python benchmarks/detectors.py [FILES]

Prints for each detector the time for a ticket of about 3,000 characters: made of the texts of FILES, labelled JSON
lines or folders of them, or else of one invented comment. Then the slowest of the texts of 100,000 characters that
repeat the pieces of the contract of detectors, with the time against that for half of the text, and the longest time
that another thread had to wait for its turn while such a text of 65,000 characters was read.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from itertools import islice
from pathlib import Path

from redaction import COMMENT

import raum_addresses
import raum_ids
import raum_patterns
import raum_secrets
from raum.api import Finding
from raum.evaluation import read_documents
from raum.garbage import collect_briefly
from raum.testing.contracts.detector import DENSE

Find = Callable[[str], Iterable[Finding]]

TICKET, TICKETS, DENSE_LENGTH, LONG_TEXT = 3_000, 350, 100_000, 65_000
TICK_SECONDS, WAITS = 0.0005, 4


def detectors() -> dict[str, Find]:
    """Every detector of the first-party plugins, with default options."""
    plugins = (raum_patterns, raum_ids, raum_secrets, raum_addresses)
    parts = [part for plugin in plugins for part in plugin.raum_detectors()]
    return {part.name: part.build(part.options()).find for part in parts}


def tickets(paths: list[Path]) -> list[str]:
    """Texts of about 3,000 characters."""
    if not paths:
        return [(COMMENT * (TICKET // len(COMMENT) + 1))[:TICKET]] * 20
    files = [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    documents = [document for file in files for document in read_documents(file)]
    made, current = [], ""
    for document in sorted(documents, key=lambda each: sha256(each.id.encode()).digest()):  # all corpora mixed
        current += document.text + "\n\n"
        if len(current) > TICKET:
            made.append(current[: TICKET + 400])
            current = ""
    step = max(1, len(made) // TICKETS)
    return list(islice(made[::step], TICKETS))


def seconds(find: Find, text: str, times: int = 3) -> float:
    """The best time of this thread for one text."""
    best = float("inf")
    for _ in range(times):
        started = time.thread_time()
        for _finding in find(text):
            pass
        best = min(best, time.thread_time() - started)
    return best


def longest_wait(find: Find, text: str) -> float:
    """How long another thread waits for its turn at most while the text is read, in seconds of the reader's work."""
    has_read, may_end = threading.Event(), threading.Event()

    def read() -> None:
        try:
            list(find(text))
        finally:
            has_read.set()
        may_end.wait()  # its clock ends with it

    thread = threading.Thread(target=read)
    longest = worked = 0.0
    thread.start()
    clock = time.pthread_getcpuclockid(thread.ident or 0)
    while not has_read.is_set():
        time.sleep(TICK_SECONDS)
        before, worked = worked, time.clock_gettime(clock)
        longest = max(longest, worked - before - TICK_SECONDS)
    may_end.set()
    thread.join()
    return longest


def least_wait(find: Find, text: str) -> float:
    """The same, but for what other programs kept this one from meanwhile."""
    return min(longest_wait(find, text) for _ in range(WAITS))


def repeated(piece: str, length: int) -> str:
    """The piece over and over, cut to the length."""
    return (piece * (length // len(piece) + 1))[:length]


def main() -> None:
    """All detectors, one row each."""
    texts = tickets([Path(name) for name in sys.argv[1:]])
    every = detectors()
    collect_briefly()  # as `raum serve` does
    print(f"{'detector':16} {'us/ticket':>10} {'p99 us':>8} {'dense ms':>9} {'doubled':>8} {'wait ms':>8}  slowest")
    total = 0.0
    for name, find in every.items():
        times = sorted(seconds(find, text) for text in texts)
        mean, p99 = sum(times) / len(times) * 1e6, times[int(len(times) * 0.99)] * 1e6
        total += mean
        slowest, piece = max((seconds(find, repeated(piece, DENSE_LENGTH), 2), piece) for piece in DENSE)
        half = seconds(find, repeated(piece, DENSE_LENGTH // 2))
        wait = max(least_wait(find, repeated(piece, LONG_TEXT)) for piece in DENSE)
        row = f"{name:16} {mean:>10.1f} {p99:>8.0f} {slowest * 1e3:>9.1f} {slowest / half:>8.2f} {wait * 1e3:>8.1f}"
        print(f"{row}  {piece!r}")
    print(f"{'all':16} {total:>10.1f}")


if __name__ == "__main__":
    main()
