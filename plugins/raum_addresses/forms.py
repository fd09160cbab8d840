"""The forms of streets, boxes and places, as RE2 expressions; one pass each, in time linear in the length of a text.

English suffixes and units are those of USPS Publication 28, appendices C1 and C2, with the British ones; the other
languages have the commonest words for a street. Number first: English, French. Number last: all others.
"""

from collections.abc import Iterable
from typing import Any, Final

import re2  # type: ignore[import-untyped]
from attrs import frozen

from raum_addresses.options import AddressOptions
from raum_addresses.words import words


def _any_of(these: Iterable[str]) -> str:
    return "|".join(map(re2.escape, sorted(set(these) - {""}, key=len, reverse=True)))


def _compiled(expression: str) -> Any:
    """An RE2 expression that keeps silent about its errors: RE2 would print them."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(expression, options)


def readable(text: str) -> str | bytes:
    """The text as RE2 reads it fastest. The offsets of a match are those in the text either way."""
    return text.encode() if text.isascii() else text


# Latin, Greek and Cyrillic letters in a few ranges: the many ranges of \\pL make an expression twenty times as large.
_LETTERS: Final = r"A-Za-z\x{aa}-\x{24f}\x{370}-\x{52f}"
_CAPITAL: Final = r"[A-Z\x{c0}-\x{de}\x{100}-\x{17f}\x{386}-\x{3ab}\x{400}-\x{42f}]"
_CAPITALISED: Final = rf"{_CAPITAL}[{_LETTERS}0-9'’-]*\.?"
_PARTICLE: Final = rf"(?:(?:{_any_of(words('particles'))}) |[dDlL]['’])"
_NAME: Final = rf"(?:{_PARTICLE}{{0,3}}{_CAPITALISED})"
_NUMBER: Final = r"[0-9]{1,5}(?: ?[A-Za-z]\b)?(?:[-/–][0-9]{1,4}(?:[A-Za-z]\b)?)?"
_DIRECTION: Final = r"(?:(?:[NSEW]|[NS][EW]|North|South|East|West)\.? )?"
_ORDINAL: Final = r"[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)"

_FRENCH: Final = (
    rf"\b[0-9]{{1,4}}(?: ?(?:bis|ter|quater|[A-D]))?,? (?i:{_any_of(words('numbered'))}) {_NAME}(?:[ -]{_NAME}){{0,4}}"
)
_BOX: Final = (
    r"(?i:\b(?:p\. ?o\. ?|p ?o ?)box:? (?:no\.? ?|#)?[0-9]{1,6}|\bpostfach [0-9][0-9 ]{1,8}[0-9]"
    r"|\bapartado (?:de correos )?[0-9]{1,5}|\b(?:psc|unit|cmr) [0-9]{1,5},? box [0-9]{1,5})"
)
_PLACE: Final = (
    rf"{_CAPITALISED}(?: {_CAPITALISED}){{0,2}},? (?:(?:{_any_of(words('states'))}) [0-9]{{5}}(?:-[0-9]{{4}})?"
    r"|[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2})\b"
    rf"|(?:{_CAPITALISED}(?: {_CAPITALISED}){{0,3}}\s,?)?\b[AFD]PO,? A[AEP] [0-9]{{5}}\b"
)
_WITH_UNIT: Final = (
    rf"\b(?:[0-9]{{1,6}} )?{_CAPITALISED}(?: {_CAPITALISED}){{0,3}} [0-9]{{1,5}},?\s{{1,3}}"
    r"(?i:apt|apartment|suite|unit|flat)\b\.? ?#?[0-9]{1,5}\b"
)


@frozen
class Forms:
    """The forms, compiled with the words of all languages.

    `number_first` are those with the number in front and all others that are no `number_last`; its groups are
    1 English, 2 French, 3 in small letters, 4 box, 5 town, 6 with unit. `number_last`: `Hauptstraße 5`, `Calle Mayor,
    15`. `label` is what introduces an address.
    """

    number_first: Any
    number_last: Any
    label: Any


def forms_of(options: AddressOptions) -> Forms:
    """The forms by the built-in words and those of the options."""
    suffixes, leading = (*words("suffixes"), *options.suffixes), (*words("leading"), *options.leading)
    endings, labels = (*words("endings"), *options.endings), (*words("labels"), *options.labels)
    english = (
        rf"\b[0-9]{{1,6}}[A-Za-z]?(?:[-/][0-9]{{1,4}}[A-Za-z]?)?,? {_DIRECTION}"
        rf"(?:(?:(?:{_CAPITALISED}|{_ORDINAL}|of|the|de|la) ){{1,4}}(?i:{_any_of(suffixes)})\b|Broadway\b)\.?"
    )
    lower_case = (
        r"\b[0-9]{1,5}[a-z]? (?:[a-z'’]{2,15}|[0-9]{1,3}(?:st|nd|rd|th)) (?:[a-z'’]{3,15} )?"
        rf"(?:{_any_of(words('lower_case'))})\b\.?"
    )
    return Forms(
        _compiled(f"({english})|({_FRENCH})|({lower_case})|({_BOX})|({_PLACE})|({_WITH_UNIT})"),
        _compiled(
            rf"(?:\b{_CAPITALISED} )?(?:{_CAPITAL}[{_LETTERS}-]{{2,}}(?:{_any_of(endings)})"
            rf"|{_CAPITALISED}(?:[ -][{_LETTERS}]+)?[ -](?:{_any_of(words('separate'))})"
            rf"|(?:{_any_of(leading)}) ?{_NAME}(?: {_NAME}){{0,4}}),? (?:n[.ºo°]{{0,2}} ?)?{_NUMBER}"
        ),
        _compiled(
            rf"(?i)(?:{_any_of(labels)})(?: on file| line ?1?)?"
            r"(?:[\"']? ?[:=]>? ?[\"']?|>| (?:is|est|es|è|é|ist|lautet):? )\s{0,12}"
        ),
    )
