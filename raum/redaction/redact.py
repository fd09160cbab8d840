"""From a ticket to its redacted texts and the originals behind them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import evolve, frozen

from raum.errors import EgressBlocked, RaumError, RedactionFailed
from raum.model import Audience, Finding, Person, Ticket, TicketText
from raum.redaction.originals import Occurrence, Originals
from raum.redaction.overlaps import without_overlaps
from raum.redaction.placeholders import resembling
from raum.redaction.redacted import RedactedText, seal
from raum.values.identity import LITERAL, identities
from raum.values.known import KnownValues, Words
from raum.values.normalise import Normalised, normalise

Find = Callable[[str], Iterable[Finding]]

_ROUNDS = 4


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


def redact(ticket: Ticket, detectors: Mapping[str, Find]) -> Redaction:
    """Replace all personal data of the ticket; `detectors` are search functions by part name.

    Detectors see the texts without the disguises that `normalise` knows. What looks like a placeholder already is
    replaced first, by one of type LITERAL that stands for itself. Raises RedactionFailed if a detector fails,
    EgressBlocked if a value can still be read afterwards.
    """
    try:
        return _redact(ticket, detectors)
    except RaumError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 -- a bug; its text may quote the ticket, so only its type is told
        failure = RedactionFailed(f"redaction raised {type(error).__name__}; no AI call was made")
    raise failure


def _redact(ticket: Ticket, detectors: Mapping[str, Find]) -> Redaction:
    plain = [normalise(text.text) for text in ticket.texts]
    texts = [Words(each.text) for each in plain]
    searches = {**detectors, "placeholders": _literals}
    on_record = KnownValues(ticket.persons)
    found = [without_overlaps(words.text, _search(words, searches, on_record)) for words in texts]
    found = _everywhere(texts, found, ticket.persons)
    found = [_in_original(each, findings) for each, findings in zip(plain, found, strict=True)]
    return _replace(ticket.texts, found, ticket.persons)


def _everywhere(texts: Sequence[Words], found: list[list[Finding]], persons: Sequence[Person]) -> list[list[Finding]]:
    """The findings, and every other place of the ticket where one of the values found stands.

    A place found so can cut another value short, and what is left of that is a value to look for in its turn; two
    rounds are rare, and three have not been seen.
    """
    known = KnownValues()
    for _ in range(_ROUNDS):
        values = {(f.type, f.of(words.text)) for words, fs in zip(texts, found, strict=True) for f in fs}
        if all(known.covers(type_, value) for type_, value in values):
            break
        known = KnownValues(persons, values)
        found = [_with_known(words, fs, known) for words, fs in zip(texts, found, strict=True)]
    return found


def _with_known(words: Words, findings: list[Finding], known: KnownValues) -> list[Finding]:
    there = {(finding.start, finding.end) for finding in findings}
    more = [finding for finding in known.find_in(words) if (finding.start, finding.end) not in there]
    return without_overlaps(words.text, [*findings, *more]) if more else findings


def _search(words: Words, searches: Mapping[str, Find], on_record: KnownValues) -> list[Finding]:
    findings = on_record.find_in(words)
    for name, search in searches.items():
        findings += _checked(name, search, words.text)
    return findings


def _checked(name: str, search: Find, text: str) -> list[Finding]:
    """What one detector finds. An error of its own is not chained to ours: its text may quote the ticket."""
    try:
        findings: list[Any] = list(search(text))
    except Exception as error:  # noqa: BLE001 -- whatever a detector raises, the operation stops
        problem = f"raised {type(error).__name__}"
    else:
        if all(isinstance(finding, Finding) and finding.end <= len(text) for finding in findings):
            return findings
        problem = "returned something that is no finding within the text"
    raise RedactionFailed(f"detector '{name}' {problem}; no AI call was made", code="detector_failed")


def _in_original(plain: Normalised, findings: list[Finding]) -> list[Finding]:
    """The findings as places of the original text, which may share an escape or a letter and its accents."""
    if plain.text is plain.original:
        return findings
    placed = [evolve(f, start=start, end=end) for f in findings for start, end in [plain.original_span(f.start, f.end)]]
    return without_overlaps(plain.original, placed)


def _literals(text: str) -> Iterable[Finding]:
    return [Finding(LITERAL, start, end, rule="looks like a placeholder") for start, end in resembling(text)]


def _replace(texts: Sequence[TicketText], found: Sequence[Sequence[Finding]], persons: Sequence[Person]) -> Redaction:
    occurrences = [
        Occurrence(finding.type, finding.of(text.text), text.audience)
        for text, findings in zip(texts, found, strict=True)
        for finding in findings
    ]
    keys = identities([(occurrence.type, occurrence.plain) for occurrence in occurrences], persons)
    originals = Originals(occurrences, keys, persons)
    issued = iter([str(originals.placeholder(o.type, key)) for o, key in zip(occurrences, keys, strict=True)])
    redacted = [
        _without_originals(originals, _written(text.text, findings, partial(next, issued)))
        for text, findings in zip(texts, found, strict=True)
    ]
    return Redaction(
        tuple(
            RedactedTicketText(text.key, text.label, seal(new), text.audience)
            for text, new in zip(texts, redacted, strict=True)
        ),
        originals,
        tuple(tuple(findings) for findings in found),
    )


def _written(text: str, findings: Sequence[Finding], placeholder: Callable[[], str]) -> str:
    pieces, done = [], 0
    for finding in findings:
        pieces += [text[done : finding.start], placeholder()]
        done = finding.end
    return "".join((*pieces, text[done:]))


def _without_originals(originals: Originals, text: str) -> str:
    if originals.leaks(text):
        raise EgressBlocked("a value could still be read after redaction; no AI call was made")
    return text
