"""What the proof of the audit log costs: hashing an entry when it is written, and verifying an export.

    python benchmarks/audit.py [ENTRIES]

Prints the time that the hashes add to the writing of an entry of about 600 bytes, how many entries are verified in a
second, and what sealing takes.
"""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raum.model import Entry
from raum.sealing.body import canonical, facts_of, hashes_of, said_of
from raum.sealing.chain import Checkpoint, Signer, Stretch
from raum.sealing.verify import verify

ENTRIES, PER_SEGMENT, TIMES = 200_000, 2_000, 3
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTENT = "Subject: Order of [REDACTED_NAME_1]\nComment: please write to [REDACTED_EMAIL]. " * 3


def entry(number: int) -> Entry:
    """An entry as an operation leaves it."""
    return Entry(
        id=f"01ARZ3NDEKTSV4RRFF{number:08}", time=NOON + timedelta(milliseconds=number), account_id="acme",
        operation="generate", actor="system:webhook", outcome="posted_note", peer_ip="10.0.0.5",
        client_ip="203.0.113.7", request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV", job_id=f"01ARZ3NDEKTSV4RRFF{number:08}",
        ticket_id=number, provider="openai", model="gpt-6.1-terra", input_tokens=812, output_tokens=140,
        duration_ms=2_140, placeholders=("[REDACTED_NAME_1]", "[REDACTED_EMAIL]"), content=CONTENT,
        completion="Dear [REDACTED_NAME_1], thank you.",
    )  # fmt: skip


def best(work: Callable[[], object]) -> float:
    """The best time of several, in seconds of the processor."""
    times = []
    for _ in range(TIMES):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def exported(entries: list[Entry], signer: Signer) -> Iterator[bytes]:
    """The lines of a sealed export."""
    yield canonical({"log": {"account_id": "acme", "keys": {signer.kid: signer.public_key.hex()}}}) + b"\n"
    before: Checkpoint | None = None
    for start in range(0, len(entries), PER_SEGMENT):
        segment = entries[start : start + PER_SEGMENT]
        for each in segment:
            yield b'{"entry":' + facts_of(each) + b',"said":' + said_of(each) + b"}\n"
        before = signer.close(Stretch("acme", NOON.date(), [hashes_of(each)[1] for each in segment], before))
        yield before.line.encode()
    segments = -(-len(entries) // PER_SEGMENT)
    yield canonical({"end": {"entries": len(entries), "segments": segments}}) + b"\n"


def main() -> None:
    """Measure, and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES
    signer = Signer(Ed25519PrivateKey.generate())
    some = [entry(number) for number in range(2_000)]
    print(f"appending   {best(lambda: [hashes_of(each) for each in some]) / len(some) * 1e3:.4f} ms more per entry")
    hashes = [hashes_of(each)[1] for each in some]
    sealing = best(lambda: signer.close(Stretch("acme", NOON.date(), hashes, None)))
    print(f"sealing     {sealing * 1e3:.2f} ms for a segment of {len(some):,} entries, besides the store's work")
    lines = list(exported([entry(number) for number in range(count)], signer))
    size = sum(map(len, lines)) / count
    keys = {signer.kid: signer.public_key}
    if not verify(lines, keys).is_whole:
        sys.exit("the log is not whole")
    print(f"verifying   {count / best(lambda: verify(lines, keys)):,.0f} entries a second, of {size:.0f} bytes each")


if __name__ == "__main__":
    main()
