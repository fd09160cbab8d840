"""Phone numbers: what a written one dials, and which are the same."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import phonenumbers
from attrs import frozen
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from raum.model import Person

# A number with its country and no extension, as most are written.
_SIMPLE: Final = re.compile(r"\+[1-9][0-9 ().\-/]*")
_NO_DIGITS: Final = re.compile(r"[^0-9]+")
_EXTENSION: Final = re.compile(r"\s*(?:ext\.?|extension|x|#)\s*(?=[0-9]+$)", re.IGNORECASE)
_LENGTHS: Final = range(4, 15)

_trunk_prefixes: dict[int, re.Pattern[str] | None] = {}


def digits(text: str) -> str:
    """The decimal digits of any script, as ASCII."""
    if text.isascii():
        return _NO_DIGITS.sub("", text)
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


@frozen
class PhoneNumber:
    """`country` and national digits; country is empty for a number that was written without one."""

    country: str
    national: str
    extension: str = ""


def phone_number(text: str) -> PhoneNumber:
    """What a written phone number dials, as far as the text tells (E.164, extension apart)."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if plain.startswith("+"):
        if simple := _simple(plain):
            return simple
        try:
            parsed = phonenumbers.parse(plain)
        except phonenumbers.NumberParseException:
            return PhoneNumber("", digits(plain))
        return PhoneNumber(str(parsed.country_code), str(parsed.national_number), parsed.extension or "")
    number, _, extension = _EXTENSION.sub("\0", plain).partition("\0")
    return PhoneNumber("", digits(number), digits(extension))


def _simple(plain: str) -> PhoneNumber | None:
    """The same as the library makes of it, many times faster, if nothing about the number needs its rules."""
    if not _SIMPLE.fullmatch(plain):
        return None
    number = _NO_DIGITS.sub("", plain)
    for length in (1, 2, 3):  # no country code is the beginning of another
        country, national = int(number[:length]), number[length:]
        if country in COUNTRY_CODE_TO_REGION_CODE:
            prefix = _trunk_prefix(country)
            is_plain = len(national) in _LENGTHS and national[0] != "0" and not (prefix and prefix.match(national))
            return PhoneNumber(number[:length], national) if is_plain else None
    return None


def _trunk_prefix(country: int) -> re.Pattern[str] | None:
    """What is dialled in front of a number within its country, and has no place behind the code of the country."""
    if country not in _trunk_prefixes:
        region = COUNTRY_CODE_TO_REGION_CODE[country][0]
        metadata = PhoneMetadata.metadata_for_region_or_calling_code(country, region)
        written = metadata.national_prefix_for_parsing if metadata else None
        _trunk_prefixes[country] = re.compile(written) if written else None
    return _trunk_prefixes[country]


def phone_keys(values: Iterable[str], persons: Iterable[Person]) -> dict[str, str]:
    """For each number a key, the same for numbers that dial the same.

    One without its country is the only one of the ticket that it fits, if there is exactly one.
    """
    numbers = {value: phone_number(value) for value in dict.fromkeys(values)}
    on_record = {phone_number(phone) for person in persons for phone in person.phones}
    fitting: dict[tuple[str, str], set[PhoneNumber]] = {}
    for number in {*numbers.values(), *on_record}:
        if number.country:
            for written in (number.national, number.country + number.national):
                fitting.setdefault((written, number.extension), set()).add(number)
    keys = {}
    for value, number in numbers.items():
        same = () if number.country else fitting.get((number.national.lstrip("0"), number.extension), ())
        chosen = next(iter(same)) if len(same) == 1 else number
        # A number without its country is told apart from all that have one by the blank in front.
        keys[value] = f"{chosen.country} {chosen.national.lstrip('0') or chosen.national};{chosen.extension}"
    return keys
