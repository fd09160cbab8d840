"""From a ticket to its redacted texts and the originals behind them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from attrs import frozen

from raum.errors import EgressBlocked, RaumError, RedactionFailed
from raum.findings import Finding, are_findings
from raum.model import Audience, Ticket, TicketText
from raum.redaction.originals import Occurrence, Originals, written
from raum.redaction.overlaps import moved, without_overlaps
from raum.redaction.placeholders import Placeholder, resembling
from raum.redaction.redacted import RedactedText, seal
from raum.values.folding import Reading
from raum.values.identity import LITERAL, identities
from raum.values.known import KnownValues
from raum.values.normalise import Normalised, normalise

Find = Callable[[str], Iterable[Finding]]

_ROUNDS = 4


@frozen
class FindTogether:
    """A search function that can also read many texts at once, and then finds in each what it finds there alone."""

    find: Find
    find_all: Callable[[Sequence[str]], Iterable[Iterable[Finding]]]

    def __call__(self, text: str) -> Iterable[Finding]:
        """What is in one text."""
        return self.find(text)


@frozen
class RedactedTicketText:
    """One text of the ticket after redaction, under the key, label and audience of the original."""

    key: str
    label: str
    text: RedactedText
    audience: Audience


@frozen
class Redaction:
    """A redacted ticket: its texts, the originals, and the findings of each text as offsets in the original text."""

    texts: tuple[RedactedTicketText, ...]
    originals: Originals
    findings: tuple[tuple[Finding, ...], ...]


def redact(ticket: Ticket, detectors: Mapping[str, Find], never_restored: frozenset[str] = frozenset()) -> Redaction:
    """Replace all personal data of the ticket; `detectors` are search functions by part name.

    The originals give out no value of the types `never_restored`.

    Detectors see the texts without the disguises that `normalise` knows. What looks like a placeholder already is
    replaced first, by one of type LITERAL that stands for itself. Raises RedactionFailed if a detector fails,
    EgressBlocked if a value can still be read afterwards.
    """
    try:
        return _redact(ticket, detectors, never_restored)
    except RaumError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 -- a bug; its text may quote the ticket, so only its type is told
        failure = RedactionFailed(f"redaction raised {type(error).__name__}; no AI call was made")
    raise failure


def _redact(ticket: Ticket, detectors: Mapping[str, Find], never_restored: frozenset[str]) -> Redaction:
    plain = [normalise(text.text) for text in ticket.texts]
    readings = [Reading(each.text) for each in plain]
    known = KnownValues(ticket.persons)
    found = _everywhere(readings, _search(readings, detectors, known), known)
    found = [_in_original(each, findings) for each, findings in zip(plain, found, strict=True)]
    occurrences = [
        _occurrence(text, each, finding)
        for text, each, findings in zip(ticket.texts, plain, found, strict=True)
        for finding in findings
    ]
    keys = identities([(occurrence.type, occurrence.plain) for occurrence in occurrences], ticket.persons)
    originals = Originals(occurrences, keys, known, never_restored)
    placeholders = [originals.placeholder(o.type, key) for o, key in zip(occurrences, keys, strict=True)]
    return Redaction(_replaced(ticket.texts, found, placeholders, originals), originals, tuple(map(tuple, found)))


def _search(readings: Sequence[Reading], searches: Mapping[str, Find], known: KnownValues) -> list[list[Finding]]:
    """What the detectors and the records find in each text, and what looks like a placeholder already.

    Each detector reads all texts before the next one does: what it works with is at hand then.
    """
    found = [known.places(reading) for reading in readings]
    texts = [reading.text for reading in readings]
    for name, search in searches.items():
        for findings, more in zip(found, _checked(name, search, texts), strict=True):
            findings += more
    for reading, findings in zip(readings, found, strict=True):
        if "redacted" in reading.folded:
            findings += _literals(reading.text)
    return [without_overlaps(reading.text, findings) for reading, findings in zip(readings, found, strict=True)]


def _everywhere(readings: Sequence[Reading], found: list[list[Finding]], known: KnownValues) -> list[list[Finding]]:
    """The findings, and every other place of the ticket where one of the values found stands.

    A place found so can cut another value short, and what is left of that is a value to look for in its turn; two
    rounds are rare, and three have not been seen.
    """
    found, new = list(found), list(found)
    for _ in range(_ROUNDS):
        values = {(f.type, f.of(r.text)): None for r, findings in zip(readings, new, strict=True) for f in findings}
        if all(known.covers(type_, value) for type_, value in values):
            break
        for type_, value in values:
            known.add(type_, value)
        for number, reading in enumerate(readings):
            settled = _with_known(reading, found[number], known)
            new[number] = [] if settled is found[number] else settled
            found[number] = settled
    return found


def _with_known(reading: Reading, findings: list[Finding], known: KnownValues) -> list[Finding]:
    """The findings and those of the known values; the very same list if there are no more."""
    there = {(finding.start, finding.end) for finding in findings}
    more = [place for place in known.places(reading) if (place.start, place.end) not in there]
    return without_overlaps(reading.text, [*findings, *more]) if more else findings


def _checked(name: str, search: Find, texts: Sequence[str]) -> list[list[Finding]]:
    """What one detector finds in each. An error of its own is not chained to ours: its text may quote the ticket."""
    try:
        answers = search.find_all(texts) if isinstance(search, FindTogether) else map(search, texts)
        found: list[list[Any]] = list(map(list, answers))
        if len(found) == len(texts) and all(
            not findings or are_findings(findings, text) for findings, text in zip(found, texts, strict=True)
        ):
            return found
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a detector raises, the operation stops
        problem = f"raised {type(error).__name__}"
    else:
        problem = "returned something that is no finding within the text"
    raise RedactionFailed(f"detector '{name}' {problem}; no AI call was made", code="detector_failed")


def _in_original(plain: Normalised, findings: list[Finding]) -> list[Finding]:
    """The findings as places of the original text, which may share an escape or a letter and its accents."""
    if plain.text is plain.original:
        return findings
    there = [moved(finding, *plain.original_span(finding.start, finding.end)) for finding in findings]
    are_apart = all(one.end <= other.start for one, other in pairwise(there))
    return there if are_apart else without_overlaps(plain.original, there)


def _literals(text: str) -> Iterable[Finding]:
    return [Finding(LITERAL, start, end, rule="looks like a placeholder") for start, end in resembling(text)]


def _replaced(
    texts: Sequence[TicketText],
    found: Sequence[Sequence[Finding]],
    placeholders: Iterable[Placeholder],
    originals: Originals,
) -> tuple[RedactedTicketText, ...]:
    """The texts with the placeholders instead of the findings, one after the other. Raises EgressBlocked."""
    redacted = []
    remaining = iter(placeholders)
    for text, findings in zip(texts, found, strict=True):
        new = written(text.text, findings, lambda _: str(next(remaining)))
        if originals.leaks(new):
            raise EgressBlocked("a value could still be read after redaction; no AI call was made")
        redacted.append(RedactedTicketText(text.key, text.label, seal(new), text.audience))
    return tuple(redacted)


def _occurrence(text: TicketText, plain: Normalised, finding: Finding) -> Occurrence:
    value = finding.of(text.text)
    if plain.text is plain.original:
        return Occurrence(finding.type, value, text.audience, value)
    return Occurrence(finding.type, value, text.audience)
