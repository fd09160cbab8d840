"""Dates of birth, passport numbers and driving licence numbers: found where they are introduced as such.

Their shapes are those of too many other things to be found without words: ICAO Doc 9303 allows a passport number any
nine letters and digits, and driving licences have a format per country and state (the AAMVA's list for North America).
"""

from typing import Final

from raum_ids.introduced import Introduced, IntroducedDetector
from raum_ids.options import CueOptions

_MONTH: Final = r"[A-Za-z\x{c0}-\x{24f}]{3,11}\.?"
_ORDINAL: Final = r"(?:st|nd|rd|th|er|\.|º|ª|o)?"
_YEAR: Final = r"(?:(?:18|19|20)[0-9]{2}|['’]?[0-9]{2})"
_DATE: Final = "|".join(
    (
        r"[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}",
        r"[0-9]{1,2} ?[./-] ?[0-9]{1,2} ?[./-] ?[0-9]{2,4}",
        rf"[0-9]{{1,2}}{_ORDINAL}[ -](?:of |de |d')?{_MONTH},?[ -](?:de |del )?{_YEAR}",
        rf"{_MONTH} [0-9]{{1,2}}{_ORDINAL},? {_YEAR}",
        r"[0-9]{4} ?年 ?[0-9]{1,2} ?月 ?[0-9]{1,2} ?日",
        r"(?:19|20)[0-9]{6}",
    )
)

# At least five digits, and letters only where a document number has some: in front, or one at the end.
_PASSPORT: Final = r"[A-Z]{0,3}[ -]?[0-9]{5,9}[A-Z]?|[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{7}[0-9]|[0-9]{2}[A-Z]{2}[0-9]{5}"

_LICENCE: Final = "|".join(
    (
        r"[A-Z9]{5}[0-9]{6}[A-Z9]{2}[0-9][A-Z]{2}(?: ?[0-9]{2})?",  # Great Britain
        r"[A-Z][0-9]{2}[0-9A-Z]{6}[0-9][0-9A-Z]",  # Germany
        r"[A-Z]{1,3}[0-9]{2,4}(?:[ -][0-9]{1,6}){1,5}",
        r"[A-Z]{0,3}[0-9]{5,14}[A-Z]{0,3}",
        r"[0-9]{2,4}(?:[ -][0-9]{1,6}){1,5}",
    )
)


def birth_date_detector(options: CueOptions) -> IntroducedDetector:
    """Finds dates that are introduced as somebody's birthday; type DATE_OF_BIRTH."""
    return IntroducedDetector("DATE_OF_BIRTH", Introduced("birth-date", options.cues, _DATE))


def passport_detector(options: CueOptions) -> IntroducedDetector:
    """Finds numbers that are introduced as a passport's; type PASSPORT."""
    return IntroducedDetector("PASSPORT", Introduced("passport", options.cues, _PASSPORT))


def driving_licence_detector(options: CueOptions) -> IntroducedDetector:
    """Finds numbers that are introduced as a driving licence's; type DRIVING_LICENCE."""
    return IntroducedDetector("DRIVING_LICENCE", Introduced("driving-licence", options.cues, _LICENCE))
