"""What the core of redaction costs on texts that are made to be slow: each of its steps, and all of them.

    python benchmarks/core.py

For each step the slowest of some texts of 100,000 characters that repeat one piece, with the time against that for half
of the text, and the longest time that another thread had to wait for its turn in the five slowest. `normalise` takes
the disguises off, `known` looks for the values of two people on record, `overlaps` settles findings that overlap in
chains, `identities` says which of 2,000 names and numbers are the same, `restore` puts values back. `redact` is all of
redaction, with a detector that finds every word of the first thousand characters, so that its values stand all over the
rest; `unicode` is the same for one character of each way in which characters change when they are normalised and
folded.
"""

import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable

from detectors import DENSE_LENGTH, least_wait, repeated

from raum.errors import EgressBlocked
from raum.findings import Finding
from raum.garbage import collect_briefly
from raum.model import PRIVATE, Person, Ticket, TicketText
from raum.redaction.overlaps import without_overlaps
from raum.redaction.redact import redact
from raum.redaction.restore import restore
from raum.testing.contracts.detector import DENSE
from raum.values.folding import Reading, words_only
from raum.values.identity import identities
from raum.values.known import KnownValues
from raum.values.normalise import normalise

Step = Callable[[str], Iterable[object]]

FOUND_IN, TRIES, WAITS_OF = 1_000, 2, 5

DISGUISED = (
    "&", "&amp;", "&amp;amp;amp;", "&#", "&#1", "&#x", "&#64;", "%", "%25", "%2540", "%C3%A9", "%C3%", "\\", "\\\\",
    "\\u", "\\u0040", "\\ud83d\\ude42", "<", "<b>", "a<b>b", "a<b></b>", "</", "\u200b", "a\u200b", "\u00a0", "\uff41",
    "\u0660", "\u2014", "\ufb01", "\u0430", "a\u0430", "\u0430a", "e\u0301", "e\u0301\u0301", "\u0301", "\u2100",
    "ß", "ŉ",
)  # fmt: skip
"""Pieces that are disguises, or that one begins with."""
KNOWN = ("Ann", "Ann Example ", "A. Example ", "Example, ", "example", "a", "ann@example.com ", "ann@", "+12025550143",
         "2025550143 ", "1-2-0-2-5-5-5-0-1-4-3 ", "Ann A. ", "A A A ", "annexample", "(((202) 555 0143")  # fmt: skip
"""Pieces that are values of people on record, nearly so, or that one begins with."""
TYPED = ("[REDACTED_NAME_1]", "[REDACTED_NAME_", "[REDACTED", "redacted_", "REDACTED_A_", "[R", "[[[", "(redacted a ",
         "\\[REDACTED\\_NAME\\_1\\]", "%5bredacted%5f", "A_1 ", "A_", "a_1]",
         "{A_B_", "<A-B", "[Abc", "&#91;")  # fmt: skip
"""Pieces that are placeholders, nearly so, or that one begins with."""


def ways() -> tuple[str, ...]:
    """For each way in which a character is normalised and folded the one of most characters, and it with a blank."""
    longest: dict[object, str] = {}
    for character in map(chr, range(128, sys.maxunicode + 1)):
        category = unicodedata.category(character)
        if category not in ("Cn", "Co", "Cs"):
            words, plain = words_only(character), normalise(character).text
            way = len(words), words.isascii(), len(words.split()), len(plain), category[0], len(character.casefold())
            longest[way] = max(longest.get(way, character), character, key=lambda each: len(words_only(each)))
    return (*longest.values(), *(f"{character} " for character in longest.values()))


PEOPLE = (Person(("Ann Example", "Bo Li"), ("ann@example.com",), ("+12025550143",)), Person(("Anna Beispiel",)))
_WORD = re.compile(r"\S+")


def known(text: str) -> Iterable[object]:
    """Searches for the people on record."""
    return KnownValues(PEOPLE).places(Reading(text))


def overlaps(text: str) -> Iterable[object]:
    """Settles a chain of findings, each of which overlaps the next two."""
    findings = [Finding("A" if at % 10 else "B", at, min(at + 24, len(text))) for at in range(0, len(text), 10)]
    return without_overlaps(text, findings)


def same(text: str) -> Iterable[object]:
    """Says which of two thousand names and numbers are the same."""
    values = [text[at : at + 10] for at in range(0, len(text) // 5, 10)]
    return identities([("NAME" if at % 2 else "PHONE", value) for at, value in enumerate(values)], PEOPLE)


def words(text: str) -> list[Finding]:
    """A detector of the words at the beginning."""
    return [Finding("WORD", *match.span()) for match in _WORD.finditer(text, 0, FOUND_IN)]


def whole(text: str) -> Iterable[object]:
    """A redaction, with a detector that costs next to nothing."""
    try:
        return redact(Ticket(1, (TicketText("comment:1", "Comment", text),), PEOPLE), {"words": words}).texts
    except EgressBlocked:
        return ()


_ORIGINALS = redact(Ticket(1, (TicketText("comment:1", "Comment", "one two three"),)), {"words": words}).originals


def restored(text: str) -> Iterable[object]:
    """The completion with its values."""
    return restore(text, _ORIGINALS, PRIVATE).unresolved


def taken_off(text: str) -> Iterable[object]:
    """The text without disguises."""
    return (normalise(text),)


def seconds(step: Step, text: str) -> float:
    """The best time of this thread for one text."""
    best = float("inf")
    for _ in range(TRIES):
        started = time.thread_time()
        step(text)
        best = min(best, time.thread_time() - started)
    return best


STEPS: dict[str, tuple[Step, tuple[str, ...]]] = {
    "normalise": (taken_off, (*DISGUISED, *DENSE)),
    "known": (known, (*KNOWN, *DENSE)),
    "overlaps": (overlaps, ("a ", " ", "Ann Example ")),
    "identities": (same, (*KNOWN, *DENSE)),
    "redact": (whole, (*DISGUISED, *KNOWN, *TYPED, *DENSE)),
    "unicode": (whole, ways()),
    "restore": (restored, (*TYPED, "[REDACTED_WORD_1] ", "[REDACTED_WORD_99] ", *DENSE)),
}


def main() -> None:
    """All steps, one row each."""
    collect_briefly()  # as `raum serve` does
    print(f"{'step':12} {'dense ms':>9} {'doubled':>8} {'wait ms':>8}  slowest")
    for name, (step, pieces) in STEPS.items():
        times = sorted(((seconds(step, repeated(piece, DENSE_LENGTH)), piece) for piece in pieces), reverse=True)
        slowest, piece = times[0]
        half = seconds(step, repeated(piece, DENSE_LENGTH // 2))
        wait = max(least_wait(step, repeated(each, DENSE_LENGTH)) for _, each in times[:WAITS_OF])
        print(f"{name:12} {slowest * 1e3:>9.1f} {slowest / half:>8.2f} {wait * 1e3:>8.1f}  {piece!r}")


if __name__ == "__main__":
    main()
