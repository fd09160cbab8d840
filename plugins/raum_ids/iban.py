"""International bank account numbers.

Lengths are those of the IBAN registry (SWIFT, ISO 13616), and of further countries that write their accounts alike. The
check digits are those of ISO 7064, MOD 97-10.
"""

import re
from collections.abc import Iterator
from functools import cache
from string import ascii_uppercase
from typing import Final

from raum.api import Finding
from raum_ids.introduced import compiled, readable

_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "AO CV GW LY MZ PT ST",
        26: "DZ IR IS TR",
        27: "BI CF CG CM DJ FR GA GQ GR IT KM MC MG MR SM TD",
        28: "AL AZ BF BJ BY CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}

_STRETCH: Final = compiled(r"(?i)\b[A-Z]{2} ?[0-9]{2}(?:[ \x{a0}.-]?[A-Z0-9]){11}")
_HEAD: Final = re.compile(r"(?<![^\W_])[A-Za-z]{2} ?[0-9]{2}")
_LONGEST_HEAD: Final = 5
_WITHOUT_SEPARATORS: Final = str.maketrans("", "", " \u00a0.-")
_VALUES: Final = str.maketrans({letter: str(value) for value, letter in enumerate(ascii_uppercase, start=10)})
_LOOK_BACK: Final = 32
_INTRODUCED: Final = re.compile(r"(?i:iban)[^\n]{0,24}\Z")
_BODY: Final = re.compile(r"[A-Z0-9]{10,30}(?![^\W_])")


class IbanDetector:
    """Finds IBANs, in one piece or in groups; type IBAN."""

    types: Final = ("IBAN",)

    def find(self, text: str) -> Iterator[Finding]:
        """Every IBAN in `text`: of its country's length with right check digits, or introduced as one."""
        at = 0
        for stretch in _STRETCH.finditer(readable(text)):
            # A word in front may have been taken for the country: "to 12 DE89 ...".
            for head in _HEAD.finditer(text, stretch.start(), stretch.end() + _LONGEST_HEAD):
                if head.start() >= at and (found := _iban(text, head.start())):
                    yield found
                    at = found.end


def _iban(text: str, start: int) -> Finding | None:
    country = text[start : start + 2].upper()
    length = _LENGTHS.get(country)
    match = _of_length(length).match(text, start) if length else None
    if match and _is_checked(match[0]):
        return Finding("IBAN", start, match.end(), rule="check digits")
    if not _INTRODUCED.search(text, max(0, start - _LOOK_BACK), start):
        return None
    match = match or _BODY.match(text, start)
    return Finding("IBAN", start, match.end(), 0.9, rule="introduced") if match else None


@cache
def _of_length(length: int) -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z]{{2}} ?[0-9]{{2}}(?:[ \u00a0.-]?[A-Za-z0-9]){{{length - 4}}}(?![^\W_])")


def _is_checked(written: str) -> bool:
    """Whether the check digits are right."""
    characters = written.upper().translate(_WITHOUT_SEPARATORS)
    return int((characters[4:] + characters[:4]).translate(_VALUES)) % 97 == 1
