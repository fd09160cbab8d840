"""What redaction costs: throughput, memory and stalls of the event loop, against the size of the ticket.

    python benchmarks/redaction.py [CONFIG]

A ticket of comments of 400 characters with one name, address, number and card each, the same with other values in each
comment, and one single text. The figures of one run are comparable with each other, not with those of another machine.
A stall is how much later than planned a coroutine got its turn that only sleeps, while the redactor works beside the
loop and the prompt is made and checked; of three runs the best counts, because other work of the machine stalls too.
"""

import asyncio
import resource
import sys
import time
from pathlib import Path

from raum.assembly import assemble
from raum.garbage import collect_briefly
from raum.host import redactor
from raum.model import Account, Actor, Operation, Order, Person, Ticket, TicketText
from raum.pipeline import checked_prompt
from raum.redaction.detection import Redactor
from raum.settings import DEFAULTS
from raum.terminal.options import default_config

COMMENT = """Hello,

the parcel for order 1182-7731 never arrived. You can call me on +1 (202) 555-0143 or write to ines@example.com.
The charge on card 4111 1111 1111 1111 was 59.90 USD, and the tracking page of 12.11.2026 says that it was delivered.
Please refund the payment as soon as possible, or send the goods again. I am at home on Monday and on Tuesday.

Thanks
Ines Halloran
"""
PERSONS = (Person(("Ines Halloran",), ("ines@example.com",), ("+12025550143",)), Person(("Odell Brandt",)))
ACCOUNT, ACTOR = Account("acme", "acme", "key"), Actor("system", "benchmark")
TICK_SECONDS = 0.001


def by_another(number: int) -> str:
    """The comment with the values of somebody else, who shares a first name with one in seventy."""
    family = "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")
    given = ("Ines", "Odell", "Maren", "Tobias", "Wanda", "Piet", "Lucia")[number % 7] + "abcdefghij"[number // 7 % 10]
    comment = COMMENT.replace("Ines Halloran", f"{given} Hal{family}").replace("ines@", f"{given.lower()}.{family}@")
    return comment.replace("555-0143", f"{200 + number // 10000:03}-{number % 10000:04}")


async def longest_stall(stop: asyncio.Event) -> float:
    """The longest delay of a tick until `stop` is set, in seconds."""
    longest = 0.0
    while not stop.is_set():
        planned = time.perf_counter() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        longest = max(longest, time.perf_counter() - planned)
    return longest


async def measure(name: str, ticket: Ticket, work: Redactor) -> None:
    """Redact the ticket three times and print the best time, and the least of the longest stalls."""
    best = stall = float("inf")
    for _ in range(3):
        stop = asyncio.Event()
        watch = asyncio.create_task(longest_stall(stop))
        started = time.perf_counter()
        redaction = await work.redact(ticket)
        best = min(best, time.perf_counter() - started)
        await asyncio.to_thread(checked_prompt, Order(Operation.GENERATE, ACCOUNT, ACTOR, ticket), redaction, DEFAULTS)
        del redaction
        stop.set()
        stall = min(stall, await watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = ticket.length / best / 1e6
    print(f"{name:24} {ticket.length:>10,} {best * 1000:>10.1f} {rate:>8.2f} {stall * 1000:>8.1f} {peak:>8.0f}")


async def main() -> None:
    """All sizes, from the smallest on: the peak of memory only grows."""
    work = redactor(assemble(Path(sys.argv[1]) if len(sys.argv) > 1 else default_config()))
    await work.redact(Ticket(1, (TicketText("comment:1", "Comment", COMMENT),), PERSONS))
    collect_briefly()  # as `raum serve` does
    print(f"{'ticket':24} {'characters':>10} {'ms':>10} {'MB/s':>8} {'stall ms':>8} {'peak MB':>8}")
    for comments in (7, 70, 700, 5000):
        texts = tuple(TicketText(f"comment:{number}", "Comment", COMMENT) for number in range(comments))
        await measure(f"{comments} comments", Ticket(1, texts, PERSONS), work)
    for comments in (70, 700, 5000):
        texts = tuple(TicketText(f"comment:{number}", "Comment", by_another(number)) for number in range(comments))
        await measure(f"{comments} people", Ticket(1, texts, PERSONS), work)
    for characters in (3_000, 65_000):
        text = (COMMENT * (characters // len(COMMENT) + 1))[:characters]
        await measure("one comment", Ticket(1, (TicketText("comment:1", "Comment", text),), PERSONS), work)


if __name__ == "__main__":
    asyncio.run(main())
