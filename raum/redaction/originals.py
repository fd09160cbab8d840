"""The originals: which placeholder stands for which value. They exist in memory, for one run of the pipeline."""

import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

from attrs import evolve, field, frozen

from raum.model import PRIVATE, Audience, Finding, Person
from raum.redaction.overlaps import without_overlaps
from raum.redaction.placeholders import Placeholder
from raum.values.identity import LITERAL, fold, fullness, name_tokens
from raum.values.known import KnownValues
from raum.values.normalise import normalise

_ISSUED = re.compile(r"\[REDACTED_[A-Z0-9_]{1,80}\]")


@frozen
class Occurrence:
    """A value at one place of the ticket, and who reads that place; `plain` is the value without its disguises."""

    type: str
    value: str = field(repr=False)
    audience: Audience
    plain: str = field(repr=False, init=False)

    @plain.default
    def _without_disguises(self) -> str:
        return self.value if self.type == LITERAL else normalise(self.value).text


class Originals:
    """Placeholders and their values. Has no useful `repr` and cannot be pickled: it must not leave the memory."""

    def __init__(
        self, occurrences: Sequence[Occurrence], identities: Sequence[str], persons: Iterable[Person] = ()
    ) -> None:
        self._occurrences: dict[Placeholder, list[Occurrence]] = {}
        self._by_identity = _number([(o.type, key) for o, key in zip(occurrences, identities, strict=True)])
        for occurrence, key in zip(occurrences, identities, strict=True):
            placeholder = self._by_identity[occurrence.type, key]
            self._occurrences.setdefault(placeholder, []).append(occurrence)
        self._known = KnownValues(persons, {(o.type, o.plain) for o in occurrences})

    def placeholder(self, type_: str, identity: str) -> Placeholder:
        """The placeholder of a value; KeyError for one that the ticket does not hold."""
        return self._by_identity[type_, identity]

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """All that were issued, in order of appearance."""
        return tuple(self._occurrences)

    def value(self, placeholder: Placeholder, audience: Audience) -> str | None:
        """The fullest form of the value that the audience has read in the ticket; the staff reads everything.

        None if the placeholder was not issued, or if this audience has never seen the value.
        """
        seen = [o for o in self._occurrences.get(placeholder, ()) if audience in (PRIVATE, o.audience)]
        fullest = max(seen, key=lambda occurrence: fullness(placeholder.type, occurrence.plain), default=None)
        return fullest.value if fullest else None

    def leaks(self, text: str, own_words: frozenset[str] = frozenset()) -> list[Finding]:
        """Where originals stand in a text that is about to leave, in any case and spacing.

        `own_words` are words of the host's own templates, folded: they say nothing about the ticket, even if somebody
        on it is named Subject or Reply.
        """
        plain = normalise(_without_placeholders(text))
        places = [(f, plain.original_span(f.start, f.end)) for f in self._known.find(plain.text)]
        found = without_overlaps(text, [evolve(f, start=start, end=end) for f, (start, end) in places])
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
        for finding in sorted(self.leaks(text), key=lambda finding: -finding.start):
            text = f"{text[: finding.start]}[REDACTED_{finding.type}]{text[finding.end :]}"
        return text

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


def _without_placeholders(text: str) -> str:
    """The text with its placeholders blanked out, offsets kept: their own words are no originals."""
    return _ISSUED.sub(lambda match: " " * len(match[0]), text)


def words_of(text: str) -> frozenset[str]:
    """The folded words of a text of the host's own, for `leaks`."""
    return frozenset(name_tokens(text)) | frozenset(fold(word) for word in text.split())
