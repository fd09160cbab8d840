"""National ids: numbers that a state gives to a person, of a known shape and with right check digits.

Some shapes are like nothing else (`756.9217.0769.85`) and are found anywhere; others, of plain digits above all, only
behind words that introduce an id. What a text itself calls by the name of one id is that id even when it is mistyped.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from attrs import frozen

from raum.api import Finding
from raum_ids import checks
from raum_ids.introduced import Introduced, compiled, readable, stands_alone
from raum_ids.options import CueOptions


@frozen
class _Kind:
    """One sort of id: its rule, its shape (for RE2 and `re` alike), and whether an id of this shape is a right one.

    `names` are words, in small letters, that mean this id and nothing else.
    """

    rule: str
    shape: str
    is_right: Callable[[str], bool]
    names: tuple[str, ...] = ()


def _starts_with_date(digits: str) -> bool:
    return checks.is_date(digits[4:6], digits[2:4], digits[:2]) or checks.is_date(digits[:2], digits[2:4], digits[4:6])


def _fodselsnummer(digits: str) -> bool:
    """Norway, Skatteetaten."""
    return checks.two_check_digits(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))


def _cpf(digits: str) -> bool:
    """Brazil, Receita Federal; eleven equal digits pass the check and are none."""
    return len(set(digits)) > 1 and checks.two_check_digits(digits, range(10, 1, -1), range(11, 1, -1))


def _national_insurance(number: str) -> bool:
    """The United Kingdom, HMRC NIM39110: no check digit, some prefixes are never given out."""
    return number[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _south_africa(digits: str) -> bool:
    return checks.luhn(digits) and _starts_with_date(digits)


def _is_any(_number: str) -> bool:
    return True


_NINO: Final = "[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
_ANYWHERE: Final = (
    _Kind("es nie", r"[XYZ]-?[0-9]{7}-?[A-Z]", checks.dni),
    _Kind(
        "it codice fiscale",
        r"[A-Z]{6} ?[0-9]{2}[A-EHLMPRST][0-9]{2} ?[A-Z][0-9]{3}[A-Z]",
        checks.codice_fiscale,
    ),
    _Kind("mx curp", r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9]", checks.curp),
    _Kind("cn resident id", r"[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9X]", checks.resident_id),
    _Kind(
        "fr nir",
        r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}",
        checks.nir,
    ),
    _Kind("gb national insurance", rf"{_NINO} [0-9]{{2}} [0-9]{{2}} [0-9]{{2}} [A-D]", _national_insurance),
    _Kind("br cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", _cpf, ("cpf",)),
    _Kind("cl rut", r"[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-[0-9K]", checks.rut),
    _Kind("be rijksregister", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}", checks.rijksregister),
    _Kind("ch ahv", r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}|756[0-9]{10}", checks.ahv),
    _Kind("de rentenversicherung", r"[0-9]{2} ?[0-9]{6} ?[A-Z] ?[0-9]{3}", checks.rentenversicherung),
    _Kind("fi hetu", r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]", checks.hetu),
    _Kind("kr rrn", r"[0-9]{6}-[1-8][0-9]{6}", _starts_with_date),
    _Kind("se personnummer", r"(?:19|20)?[0-9]{6}[-+][0-9]{4}", checks.personnummer),
)
_INTRODUCED: Final = (
    *_ANYWHERE,
    _Kind("es dni", r"[0-9]{8}[ -]?[A-Z]", checks.dni, ("dni", "nif")),
    _Kind("es dni", r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}[ -]?[A-Z]", checks.dni, ("dni", "nif")),
    _Kind("gb national insurance", rf"{_NINO} ?[0-9]{{2}} ?[0-9]{{2}} ?[0-9]{{2}} ?[A-D]", _national_insurance),
    _Kind("gb nhs", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", checks.nhs, ("nhs",)),
    _Kind("sg nric", r"[STFG][0-9]{7}[A-Z]", checks.nric, ("nric",)),
    _Kind("ie ppsn", r"[0-9]{7}[A-W][A-I]?", checks.ppsn),
    _Kind("in pan", r"[A-Z]{3}[ABCFGHLJPTK][A-Z][0-9]{4}[A-Z]", _is_any),
    _Kind("in aadhaar", r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", checks.aadhaar, ("aadhaar", "aadhar")),
    _Kind("jp my number", r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", checks.my_number),
    _Kind("ca sin", r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3}", checks.luhn),
    _Kind("au tfn", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", checks.tfn),
    _Kind("nl bsn", r"[0-9]{4}\.?[0-9]{2}\.?[0-9]{3}", checks.bsn, ("bsn", "burgerservicenummer")),
    _Kind("pt nif", r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", checks.nif, ("contribuinte",)),
    _Kind(
        "de steuer-id",
        r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
        checks.steuer_id,
        ("steuer-id", "steuer id", "steueridentifikationsnummer"),
    ),
    _Kind("pl pesel", r"[0-9]{6} ?[0-9]{5}", checks.pesel, ("pesel",)),
    _Kind("tr tckn", r"[0-9]{11}", checks.tckn, ("tckn", "tc", "t.c.")),
    _Kind("no fodselsnummer", r"[0-9]{6} ?[0-9]{5}", _fodselsnummer, ("fødselsnummer",)),
    _Kind("be rijksregister", r"[0-9]{11}", checks.rijksregister),
    _Kind("br cpf", r"[0-9]{11}", _cpf, ("cpf",)),
    _Kind("cl rut", r"[0-9]{7,8}-[0-9K]", checks.rut),
    _Kind("dk cpr", r"[0-9]{6}-?[0-9]{4}", _starts_with_date),
    _Kind("ro cnp", r"[1-9][0-9]{12}", checks.cnp),
    _Kind("za id", r"[0-9]{6} ?[0-9]{4} ?[0-9]{3}", _south_africa),
    _Kind("cz rodne cislo", r"[0-9]{6}/[0-9]{3,4}|[0-9]{10}", checks.rodne_cislo),
    _Kind("se personnummer", r"(?:19|20)?[0-9]{10}", checks.personnummer),
    _Kind("il id", r"[0-9]{9}", checks.luhn),
)
_CANDIDATE: Final = compiled("(?i)" + "|".join(rf"\b(?:{kind.shape})\b" for kind in _ANYWHERE))
_ANY_SHAPE: Final = r"[A-Z]{0,6}[0-9](?:[ ./+-]?[A-Z0-9]){4,20}?\b"
_SEPARATORS: Final = str.maketrans("", "", " ./+-")


class NationalIdDetector:
    """Finds national ids of some thirty countries; type NATIONAL_ID."""

    types: Final = ("NATIONAL_ID",)

    def __init__(self, options: CueOptions) -> None:
        self._introduced = Introduced("national-id", options.cues, _ANY_SHAPE)
        self._anywhere = [(kind, _whole(kind)) for kind in _ANYWHERE]
        self._behind_cues = [(kind, _whole(kind)) for kind in _INTRODUCED]

    def find(self, text: str) -> Iterable[Finding]:
        """Every national id in `text` whose check digits are right, or that the text calls by its name."""
        found = {}
        for begin, start, _ in self._introduced.spans(text):
            if finding := _first(self._behind_cues, text, start, 0.95) or self._named(text, begin, start):
                found[start] = finding
        for match in _CANDIDATE.finditer(readable(text)):
            if stands_alone(text, *match.span()) and (finding := _first(self._anywhere, text, match.start(), 1.0)):
                found[match.start()] = finding
        return found.values()

    def _named(self, text: str, begin: int, start: int) -> Finding | None:
        """What stands behind words from `begin` on that are the name of one id, and has its shape."""
        words = text[begin:start].lower()
        for kind, shape in self._behind_cues:
            if words.startswith(kind.names) and (value := shape.match(text, start)):
                return Finding("NATIONAL_ID", start, value.end(), 0.91, rule=f"{kind.rule} mistyped")
        return None


def _whole(kind: _Kind) -> re.Pattern[str]:
    return re.compile(rf"(?:{kind.shape})(?![^\W_])", re.IGNORECASE)


def _first(kinds: Iterable[tuple[_Kind, re.Pattern[str]]], text: str, start: int, score: float) -> Finding | None:
    for kind, shape in kinds:
        value = shape.match(text, start)
        if value and _is(kind, value[0]):
            return Finding("NATIONAL_ID", start, value.end(), score, rule=kind.rule)
    return None


def _is(kind: _Kind, written: str) -> bool:
    return kind.is_right(written.upper().translate(_SEPARATORS))
