"""The originals: which placeholder stands for which value. They exist in memory, for one run of the pipeline."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from attrs import field, frozen

from raum.findings import Finding
from raum.model import PRIVATE, Audience
from raum.redaction.overlaps import moved, without_overlaps
from raum.redaction.placeholders import Placeholder
from raum.values.folding import Reading, fold
from raum.values.identity import LITERAL, fullness
from raum.values.known import KnownValues
from raum.values.normalise import normalise
from raum.values.people import name_tokens

_ISSUED = re.compile(r"\[REDACTED_[A-Z0-9_]{1,80}\]")
# Stands for a placeholder where places do not matter: what is on either side of it is too far apart for one value.
_NOTHING = " " * 5


@frozen
class Occurrence:
    """A value at one place of the ticket, and who reads that place; `plain` is the value without its disguises."""

    type: str
    value: str = field(repr=False)
    audience: Audience
    plain: str = field(repr=False)

    @plain.default
    def _without_disguises(self) -> str:
        return self.value if self.type == LITERAL else normalise(self.value).text


class Originals:
    """Placeholders and their values. Has no useful `repr` and cannot be pickled: it must not leave the memory.

    `known` is the search that the redaction was made with; it is extended by what it does not cover. Values of the
    types `never_restored` are given out to nobody.
    """

    def __init__(
        self,
        occurrences: Sequence[Occurrence],
        identities: Sequence[str],
        known: KnownValues | None = None,
        never_restored: frozenset[str] = frozenset(),
    ) -> None:
        self._never_restored = never_restored
        self._occurrences: dict[Placeholder, list[Occurrence]] = {}
        keys = [(occurrence.type, identity) for occurrence, identity in zip(occurrences, identities, strict=True)]
        self._by_identity = _number(keys)
        for occurrence, key in zip(occurrences, keys, strict=True):
            self._occurrences.setdefault(self._by_identity[key], []).append(occurrence)
        self._known = known or KnownValues()
        for occurrence in occurrences:
            if not self._known.covers(occurrence.type, occurrence.plain):
                self._known.add(occurrence.type, occurrence.plain)
        self._values: dict[tuple[Placeholder, Audience], str | None] = {}

    def placeholder(self, type_: str, identity: str) -> Placeholder:
        """The placeholder of a value; KeyError for one that the ticket does not hold."""
        return self._by_identity[type_, identity]

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """All that were issued, in order of appearance."""
        return tuple(self._occurrences)

    def value(self, placeholder: Placeholder, audience: Audience) -> str | None:
        """The fullest form of the value that the audience has read in the ticket; the staff reads everything.

        None if the placeholder was not issued, if this audience has never seen the value, or if the type is never
        restored.
        """
        key = placeholder, audience
        if placeholder.type in self._never_restored:
            return None
        if placeholder in self._occurrences and key not in self._values:
            self._values[key] = self._fullest(placeholder, audience)
        return self._values.get(key)

    def _fullest(self, placeholder: Placeholder, audience: Audience) -> str | None:
        seen = [o for o in self._occurrences[placeholder] if audience in (PRIVATE, o.audience)]
        fullest = max(seen, key=lambda occurrence: fullness(placeholder.type, occurrence.plain), default=None)
        return fullest.value if fullest else None

    def leaks(self, text: str, own_words: frozenset[str] = frozenset()) -> list[Finding]:
        """Where originals stand in a text that is about to leave, in any case and spacing.

        `own_words` are words of the host's own templates, folded: they say nothing about the ticket, even if somebody
        on it is named Subject or Reply.
        """
        if not self._known.places(Reading(normalise(_ISSUED.sub(_NOTHING, text)).text)):
            return []
        plain = normalise(_without_placeholders(text))
        found = [moved(f, *plain.original_span(f.start, f.end)) for f in self._known.find(plain.text)]
        found = without_overlaps(text, found)
        return [finding for finding in found if not own_words.issuperset(name_tokens(finding.of(text)))]

    def withheld_in(self, text: str, audience: Audience) -> list[Finding]:
        """Where a text for one audience shows a value that this audience has never seen in the ticket (promise P8)."""
        seen: set[tuple[str, str]] = set()
        hidden: set[tuple[str, str]] = set()
        for placeholder, occurrences in self._occurrences.items():
            side = seen if self.value(placeholder, audience) is not None else hidden
            side.update((occurrence.type, occurrence.plain) for occurrence in occurrences)
        shown = KnownValues(values=seen)
        return [f for f in KnownValues(values=hidden).find(text) if not shown.covers(f.type, f.of(text))]

    def hide(self, text: str) -> str:
        """The text with every original in it exchanged for the bare form of its type, for keeping it."""
        return written(text, self.leaks(text), lambda finding: f"[REDACTED_{finding.type}]")

    def __repr__(self) -> str:
        return f"Originals({len(self._occurrences)} placeholders)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("originals are not pickled")


def _number(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Placeholder]:
    """Bare placeholders where a type has one value, numbered ones from 1 where it has more (promise P4)."""
    distinct = list(dict.fromkeys(keys))
    of_type: dict[str, list[tuple[str, str]]] = {}
    for key in distinct:
        of_type.setdefault(key[0], []).append(key)
    return {
        key: Placeholder(type_, None if len(same) == 1 else number)
        for type_, same in of_type.items()
        for number, key in enumerate(same, start=1)
    }


def written(text: str, findings: Iterable[Finding], instead: Callable[[Finding], str]) -> str:
    """The text with something instead of each finding; they are in order and do not overlap."""
    pieces: list[str] = []
    done = 0
    for finding in findings:
        pieces += text[done : finding.start], instead(finding)
        done = finding.end
    pieces.append(text[done:])
    return "".join(pieces)


def _without_placeholders(text: str) -> str:
    """The text with its placeholders blanked out, offsets kept: their own words are no originals."""
    return _ISSUED.sub(lambda match: " " * (match.end() - match.start()), text)


def words_of(text: str) -> frozenset[str]:
    """The folded words of a text of the host's own, for `leaks`."""
    return frozenset(name_tokens(text)) | frozenset(fold(word) for word in text.split())
