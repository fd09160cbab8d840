"""The forms of streets, boxes and places, as RE2 expressions; one pass each, in time linear in the length of a text.

English suffixes and units are those of USPS Publication 28, appendices C1 and C2, with the British ones; the other
languages have the commonest words for a street. Number first: English, French. Number last: all others.
"""

from typing import Any, Final

import re2  # type: ignore[import-untyped]

from raum_addresses.words import LEADING, LEADING_FRENCH, PARTICLES, SEPARATE, STATES, SUFFIXES, WORD_ENDINGS


def _any_of(words: str) -> str:
    return "|".join(map(re2.escape, sorted(words.split(), key=len, reverse=True)))


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
_PARTICLE: Final = rf"(?:(?:{_any_of(PARTICLES)}) |[dDlL]['’])"
_NAME: Final = rf"(?:{_PARTICLE}{{0,3}}{_CAPITALISED})"
_NUMBER: Final = r"[0-9]{1,5} ?[A-Za-z]?(?:[-/–][0-9]{1,4}[A-Za-z]?)?"
_DIRECTION: Final = r"(?:(?:[NSEW]|[NS][EW]|North|South|East|West)\.? )?"
_ORDINAL: Final = r"[0-9]{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)"

_ENGLISH: Final = (
    rf"\b[0-9]{{1,6}}[A-Za-z]?(?:[-/][0-9]{{1,4}}[A-Za-z]?)?,? {_DIRECTION}"
    rf"(?:(?:(?:{_CAPITALISED}|{_ORDINAL}|of|the|de|la) ){{1,4}}(?i:{_any_of(SUFFIXES)})\b|Broadway\b)\.?"
)
_LOWER_CASE: Final = (
    r"\b[0-9]{1,5}[a-z]? (?:[a-z'’]{2,15}|[0-9]{1,3}(?:st|nd|rd|th)) (?:[a-z'’]{3,15} )?"
    r"(?:street|avenue|road|boulevard|lane|blvd|ave|rd|drive|court|crescent|terrace|close|way|place|st|ln|dr)\b\.?"
)
_FRENCH: Final = (
    rf"\b[0-9]{{1,4}}(?: ?(?:bis|ter|quater|[A-D]))?,? (?i:{_any_of(LEADING_FRENCH)}) {_NAME}(?:[ -]{_NAME}){{0,4}}"
)
_BOX: Final = (
    r"(?i:\b(?:p\. ?o\. ?|p ?o ?)box:? (?:no\.? ?|#)?[0-9]{1,6}|\bpostfach [0-9][0-9 ]{1,8}[0-9]"
    r"|\bapartado (?:de correos )?[0-9]{1,5}|\b(?:psc|unit|cmr) [0-9]{1,5},? box [0-9]{1,5})"
)
_PLACE: Final = (
    rf"{_CAPITALISED}(?: {_CAPITALISED}){{0,2}},? (?:(?:{_any_of(STATES)}) [0-9]{{5}}(?:-[0-9]{{4}})?"
    r"|[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2})\b"
    rf"|(?:{_CAPITALISED}(?: {_CAPITALISED}){{0,3}}\s,?)?\b[AFD]PO,? A[AEP] [0-9]{{5}}\b"
)
_WITH_UNIT: Final = (
    rf"\b(?:[0-9]{{1,6}} )?{_CAPITALISED}(?: {_CAPITALISED}){{0,3}} [0-9]{{1,5}},?\s{{1,3}}"
    r"(?i:apt|apartment|suite|unit|flat)\b\.? ?#?[0-9]{1,5}\b"
)

ANY: Final = _compiled(f"({_ENGLISH})|({_FRENCH})|({_LOWER_CASE})|({_BOX})|({_PLACE})|({_WITH_UNIT})")
"""Every form but those below; by group: 1 English, 2 French, 3 in small letters, 4 box, 5 town, 6 with unit."""

NUMBER_LAST: Final = _compiled(
    rf"(?:\b{_CAPITALISED} )?(?:{_CAPITAL}[{_LETTERS}-]{{2,}}(?:{_any_of(WORD_ENDINGS)})"
    rf"|{_CAPITALISED}(?:[ -][{_LETTERS}]+)?[ -](?:{_any_of(SEPARATE)})"
    rf"|(?:{_any_of(LEADING)}) ?{_NAME}(?: {_NAME}){{0,4}}),? (?:n[.ºo°]{{0,2}} ?)?{_NUMBER}"
)
"""`Hauptstraße 5`, `Calle Mayor, 15`, `ul. Długa 3`."""

LABEL: Final = _compiled(
    r"(?i)(?:address|addr|adresse|anschrift|adres|dirección|direccion|endereço|endereco|morada|indirizzo|domicil(?:e|io))"
    r"(?: on file| line ?1?)?(?:[\"']? ?[:=]>? ?[\"']?|>| (?:is|est|es|è|é|ist|lautet):? )\s{0,12}"
)
"""What introduces an address."""
