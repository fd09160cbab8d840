"""Postal addresses: a street with its number, and the unit, town, postcode and country that follow it."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from raum.api import Finding
from raum_addresses.forms import Forms, forms_of, readable
from raum_addresses.options import AddressOptions
from raum_addresses.words import words

_Span = tuple[int, int, str]

_NO_STREETS: Final = frozenset(words("no_streets"))
_NO_NAMES: Final = frozenset(words("no_names"))
_NO_PLACES: Final = frozenset(words("no_places"))
_NO_LOWER_CASE: Final = frozenset(words("no_lower_case"))
_OTHER_ADDRESSES: Final = frozenset(words("other_addresses"))

_DIGIT: Final = re.compile("[0-9]")
_VALUE_END: Final = re.compile(
    r"[.!] +(?=[^\W\d_]{4})|[.!,]?\s*\Z|,?\s+(?:and|but|please|phone|tel|telephone|mobile|e-?mail|my|i|is|if"
    r"|so|when|because|which)\b",
    re.IGNORECASE,
)
_LEADS: Final = re.compile(
    r"\b(?:address|live|lives|lived|living|located|deliver|delivered|ship|shipped|send|sent|moved?|house|home|property|at|to|of)"
    r"[ :]{1,2}(?:(?:is|at|to|it|on|in|my|our|the|me)[ :]{1,2}){0,4}\Z",
    re.IGNORECASE,
)
_LOOK_BACK: Final = 40
_LOWER_CASE_TOWN: Final = re.compile(r",? [a-z ,]{3,40}[0-9]{5}\b")
_LABELLED: Final = re.compile(r"(?=[0-9]|[^\W_a-z])[^\n<>\"|;?@]{6,120}")

_UNIT: Final = re.compile(
    r"(?=[ ,\n])(?:[ ,]{1,3}+|,?\n[ \t]{0,8}+)(?:apt|apartment|suite|ste|unit|flat|floor|fl|room|rm|bldg|building|lot"
    r"|whg|wohnung|og|top|piso|apto|puerta|bus|bte|lok|appt|étage|esc)\b\.? ?#?[0-9a-z][0-9a-z-]{0,5}(?![^\W_])"
    r"|[ ,]{1,3}+# ?[0-9a-z-]{1,6}(?![^\W_])",
    re.IGNORECASE,
)
_POSTCODE: Final = (
    r"(?:[A-Z]{1,2}-)?[0-9]{4,6}(?:-[0-9]{3,4})?|[0-9]{4} ?[A-Z]{2}|[0-9]{2}-[0-9]{3}|[0-9]{3} [0-9]{2}"
    r"|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]"
)
_STEP: Final = re.compile(
    rf"(?=[ ,\n])[ \t]{{0,4}}+,?+[ \t]{{0,4}}+(?:\n[ \t]{{0,8}}+,?+[ \t]{{0,4}}+)?+"
    rf"(?:(?:{_POSTCODE})(?![^\W_])"
    rf"|(?P<word>(?:d[eouai]s?|la|le|von|am|an|der|nad|pod|upon|of)(?= )|[^\W\d_][\w'’.-]{{0,30}}))"
)
_MOST_UNITS: Final = 3
_GOES_ON: Final = frozenset(" ,\n\t")
_MOST_STEPS: Final = 10
_TOWN_BEHIND_POSTCODE: Final = re.compile(
    r"(?:,? [^\W\d_a-z][\w'’.-]{1,30}(?: (?:am|an|der|de|la|du|sur)\b){0,2}){1,3}"
)
_TOWN_AND_STATE: Final = re.compile(
    rf",? [^\W\d_a-z][\w'’.-]{{1,30}}+(?: [^\W\d_a-z][\w'’.-]{{1,30}}+){{0,2}},? "
    rf"(?:{'|'.join(words('states'))})(?![^\W_])"
)


class AddressDetector:
    """Finds postal addresses; type ADDRESS."""

    types: Final = ("ADDRESS",)

    def __init__(self, options: AddressOptions) -> None:
        self._forms = forms_of(options)

    def find(self, text: str) -> Iterator[Finding]:
        """Every address in `text`, each as one finding from its street to its postcode or country."""
        if not _DIGIT.search(text):
            return
        last: _Span | None = None
        for start, end, rule in sorted(
            (start, _end(text, end), rule) for start, end, rule in _streets(text, self._forms)
        ):
            if last and start <= last[1]:
                last = (last[0], max(last[1], end), last[2])
                continue
            if last:
                yield _finding(last)
            last = (start, end, rule)
        if last:
            yield _finding(last)


def _finding(span: _Span) -> Finding:
    start, end, rule = span
    return Finding("ADDRESS", start, end, 0.8, rule)


def _streets(text: str, forms: Forms) -> Iterator[_Span]:
    data = readable(text)
    for match in forms.number_first.finditer(data):
        form = match.lastindex
        start, end = match.span()
        check = _CHECKS.get(form)
        if (form == _BOX or _stands_free(text, start)) and (not check or check(text, start, end)):
            yield start, end, _RULES[form]
    for match in forms.number_last.finditer(data):
        start, end = match.span()
        is_street = _NO_NAMES.isdisjoint(text[start:end].lower().split())
        if is_street and _stands_free(text, start) and _is_number_free(text, end):
            yield start, end, "street and number"
    yield from _labelled(text, forms.label.finditer(data))


def _labelled(text: str, labels: Iterable[Any]) -> Iterator[_Span]:
    """`Address: ...` up to the end of the line or sentence, if there are a number and two words."""
    for label in labels:
        before = text[max(0, label.start() - 12) : label.start()]
        words_before = before.split()
        is_other = words_before and words_before[-1].lower().strip("\"'_") in _OTHER_ADDRESSES
        match = None if is_other or before[-1:].isalnum() else _LABELLED.match(text, label.end())
        if not match:
            continue
        cut = _VALUE_END.search(match[0])
        value = match[0][: cut.start() if cut else None].rstrip("\"'")
        numbers = sum(any(map(str.isdigit, word)) for word in value.split())
        if 0 < numbers < len(value.split()) and ":" not in value:
            yield label.end(), label.end() + len(value), "labelled"


def _is_street(text: str, start: int, end: int) -> bool:
    names = text[start:end].split()[1:-1]
    # "1990, the court" has no name.
    return _NO_STREETS.isdisjoint(map(str.lower, names)) and (
        not names or any(name[0].isdigit() or not name.islower() for name in names)
    )


def _is_addressed(text: str, start: int, end: int) -> bool:
    """Whether a street in small letters is meant as one: something leads to it, or a town and its postcode follow."""
    is_street = _NO_LOWER_CASE.isdisjoint(text[start:end].split()[1:-1])
    leads = is_street and _LEADS.search(text, max(0, start - _LOOK_BACK), start)
    return bool(leads or (is_street and _LOWER_CASE_TOWN.match(text, end)))


_BOX: Final = 4
_RULES: Final = {
    1: "number and street", 2: "number and street", 3: "number and street",
    _BOX: "box", 5: "town and postcode", 6: "street and unit",
}  # fmt: skip
_CHECKS: Final[dict[int, Callable[[str, int, int], bool]]] = {1: _is_street, 3: _is_addressed}


def _stands_free(text: str, start: int) -> bool:
    """Whether nothing in front makes the number a part of another one: `1,200 Main Street`, `#12`, `$12`."""
    before = text[max(0, start - 2) : start]
    return not (
        before and (before[-1].isalnum() or before[-1] in "#$€£_-/" or (before[-1] in ".," and before[0].isdigit()))
    )


def _is_number_free(text: str, end: int) -> bool:
    after = text[end : end + 2]
    return not (
        after[:1].isalnum() or after[:1] in ("%", "€") or (after[:1] in (".", ",", ":") and after[1:].isdigit())
    )


def _end(text: str, end: int) -> int:
    """Where the whole address ends, without the full stop of the sentence."""
    end = _whole(text, end)
    return end - 1 if text[end - 1] == "." else end


def _whole(text: str, end: int) -> int:
    """Where the address ends of which the street ends at `end`: behind its unit, town, postcode."""
    if text[end : end + 1] not in _GOES_ON:
        return end
    for _ in range(_MOST_UNITS):
        unit = _UNIT.match(text, end)
        if not unit:
            break
        end = unit.end()
    if state := _TOWN_AND_STATE.match(text, end):
        end = state.end()
    at = end
    for _ in range(_MOST_STEPS):
        step = _STEP.match(text, at)
        if not step:
            return end
        word = step["word"]
        if not word:
            town = _TOWN_BEHIND_POSTCODE.match(text, step.end()) if at == end else None
            return (town or step).end()
        if not (word[0].isupper() or len(word) < 5) or word.lower().rstrip(".") in _NO_PLACES:
            return end
        at = step.end()
    return end
