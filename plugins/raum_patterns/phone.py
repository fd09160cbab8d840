"""Phone numbers: runs of digits that are written like one, or announced as one.

A number with `+` or `00` is taken when it begins with a calling code of ITU-T E.164 and has its length. Next to a cue
any length that numbers have is enough, for numbers that follow no plan are in use too. Otherwise the numbering plans of
the given regions decide, along with how the number is written.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_patterns.card import is_card_number
from raum_patterns.characters import DOTS, HYPHENS, NOT_GLUED_AFTER, NOT_GLUED_BEFORE, SPACES, digits_of
from raum_patterns.cues import Cues, fold
from raum_patterns.options import PhoneOptions
from raum_patterns.plans import is_international, plans_of
from raum_patterns.vanity import vanity_numbers
from raum_patterns.words import word_lists

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_MOMENT: Final = rf"""(?:
      {_YEAR}[-./]{_MONTH}[-./]{_DAY} (?![-./]?\d)                      # 2026-11-20
    | (?:{_DAY}[-./]{_MONTH}|{_MONTH}[-./]{_DAY})[-./]{_YEAR} (?![-./]?\d)    # 20.11.2026, 11/20/2026
    | \d{{1,2}}/\d{{1,2}}/\d\d (?![-./]?\d)                             # 11/20/26
    | \d{{1,2}}:\d\d (?!\d)                                             # 12:30
)"""
_OTHER: Final = r"""(?:
      \d{1,3}(?:\.\d{1,3}){3} (?!\.?\d)                                 # IP addresses
    | \d{3}-\d\d-\d{4} (?![-\d])                                        # social security numbers
    | \d{1,3}(?:,\d{3}){1,4} (?![,\d])                                  # amounts: 117,000
    | \d{1,3}(?:[.\ ]\d{3}){0,4},\d\d (?!\d)                            # 1.234,50
    | \d{1,3}\.\d{5,9} (?![.\d-])                                       # coordinates: 52.520008
)"""
_PREFIXED: Final = r"""(?:
      [A-Z]{2}\d\d(?:\ ?[A-Z0-9]{4}){2,7}(?:\ ?[A-Z0-9]{1,3})?\b        # IBANs
    | [$€£¥\#]\ ?\d[\d.,]{0,20}                                         # amounts, #1234
)"""
_GROUP: Final = rf"\d++(?:(?=x\d)|{NOT_GLUED_AFTER})"
_BREAK: Final = rf"[{SPACES}]?[{HYPHENS}{DOTS}/]?[{SPACES}]?"
_EXTENSION: Final = re.compile(
    r"""
      [ ,;]{0,2}\(?(?i:extension|extn?|x|durchwahl|dw|klappe|poste|anexo|ramal|interno|int|toestel|wewn?|dahili|naisen)
          [.:]?\ ?\#?\d{1,6}(?!\w)\)?
    | ,{1,3}\ ?\d{1,6}\#
    """,
    re.VERBOSE,
)
_CANDIDATE: Final = re.compile(
    rf"""
    {NOT_GLUED_BEFORE} (?: {_PREFIXED} | {_MOMENT} | {_OTHER} | (?P<number>
        (?: \(?[+\uff0b][{SPACES}]? | (?<!\d[.,])(?<![^\W_]-)(?<![/_@\\]) \(? ) {_GROUP} \)?+
        (?: [{SPACES}]?\([{SPACES}]?{_GROUP}[{SPACES}]?\) )?+
        (?: {_BREAK}(?!{_MOMENT}){_GROUP} ){{0,8}}+
        (?!@)
    ))
    """,
    re.VERBOSE,
)
# Where to look for candidates: behind a sign, or behind the letters that an IBAN may begin with.
_AMONG_DIGITS: Final = rf"\s{SPACES}{HYPHENS}{DOTS}/()>"
_DIGITS: Final = re.compile(rf"\d(?=(?:[{_AMONG_DIGITS}]{{0,4}}\d){{5}})[\d{_AMONG_DIGITS}]{{5,}}")
_BEFORE_IBAN, _BEFORE_DIGITS, _AFTER_DIGITS = 12, 3, 2
_NEXT_LINE: Final = re.compile(
    rf"""
    [{SPACES}]?(?P<mark>[{HYPHENS}{DOTS}/]?)[{SPACES}]?\r?\n[>\ \t]{{0,3}}
    \d{{2,8}}(?:[{SPACES}{HYPHENS}{DOTS}/]\d{{2,5}}){{0,3}}(?!\w)
    """,
    re.VERBOSE,
)
_PIECE: Final = re.compile(rf"[^{SPACES}]{{7,}}")
_EXTENSION_BEGINS: Final = re.compile(r"[^\W\d_]|,")

_AREA: Final = rf"(?:\([2-9]\d\d\)\ ?|[2-9]\d\d[{SPACES}{HYPHENS}{DOTS}/])"
_NORTH_AMERICAN: Final = re.compile(
    rf"(?:1[{SPACES}{HYPHENS}{DOTS}])?{_AREA}\d{{3}}[{SPACES}{HYPHENS}{DOTS}]\d{{4}}(?!\d)"
)
_AREA_IN_PARENTHESES: Final = re.compile(
    rf"(?:[78][{SPACES}])?\(\d{{2,5}}\)[{SPACES}{HYPHENS}]?\d{{3,5}}[{SPACES}{HYPHENS}]\d{{2,5}}(?:[{SPACES}{HYPHENS}]\d{{2}})?"
)
# Behind a house number and a postcode that look like a number.
_STREET: Final = re.compile(
    r" (?:[A-Z][a-z.]+ ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Suite|Apt|Blvd|Lane|Ln|Drive|Dr|Way|Court|Ct|Square)\b"
)

_BY_PLAN, _BY_SHAPE = "numbering plan", "written like a number"
_SHORTEST, _LONGEST, _SHORTEST_LINE = 7, 15, 3
_WINDOW_BEFORE, _WINDOW_AFTER, _CLOSE = 40, 25, 15
_LETTER: Final = re.compile(r"[^\W\d_]")
_END_OF_CLAUSE: Final = re.compile(r"[!?;\n]|(?<!no)(?<!nr)\.\s")
_LABEL_AFTER: Final = re.compile(r" \(?(?:office|work|home|desk|direct)(?=[\s).,;]*(?:\n|\Z))")
_CUES: Final = (
    "numer telefonu", "numer", "telefonu", "komórka", "kom.", "zadzwoń", "zadzwonić", "dzwonić", "oddzwonić",
    "telefon numaram", "telefon numarası", "cep", "cep telefonu", "ara", "arayın", "arayabilirsiniz",
    "denwa", "denwa bangou", "denwa bango", "keitai", "handynr", "handy-nr", "tel.nr", "telnr", "ph", "ph.",
    "mobile no", "reach me", "ring me", "text", "texted", "voice mail", "pager", "viber", "imessage", "facetime",
)  # fmt: skip
_OTHERS: Final = (
    "po", "p.o.", "rma", "imei", "upc", "gtin", "waybill", "awb", "shipment", "consignment", "barcode", "asin", "epoch",
    "timestamp", "lot", "batch", "meter", "docket", "bug", "issue", "commit", "port", "part", "part no", "part number",
    "product key", "product", "chassis", "vin", "gps", "coordinates", "latitude", "longitude", "swift", "routing",
    "sort code",
    "zamówienie", "zamówienia", "faktura", "faktury", "przesyłka", "sipariş", "fatura", "kargo", "chuumon", "receipt",
)  # fmt: skip


class PhoneDetector:
    """Finds phone numbers; type PHONE."""

    def __init__(self, options: PhoneOptions) -> None:
        lists = word_lists("phone")
        self._cues = Cues({"cues": (*lists["cues"], *_CUES, *options.cues), "others": (*lists["others"], *_OTHERS)})
        self._plans = plans_of(options.regions)

    def find(self, text: str) -> Iterator[Finding]:
        """Every phone number in `text`, with its `+`, its parentheses and its extension."""
        for start, end in _candidates(text):
            has_calling_code = "+" in text[start : start + 2]
            announced = None if has_calling_code else self._announced(text, start, end)
            yield from self._numbers(text, start, end, announced)
        for number in vanity_numbers(text):
            if number.is_sure or self._announced(text, number.start, number.end) == "cues":
                yield Finding("PHONE", number.start, number.end, 0.9, rule="vanity number")

    def _numbers(self, text: str, start: int, end: int, announced: str | None) -> Iterator[Finding]:
        """The candidate if it is a number, otherwise those of its pieces between blanks that are."""
        shaped = _NORTH_AMERICAN.match(text, start, end)
        if shaped and text[shaped.end() : end].lstrip(" ./-")[:1].isdigit():
            yield from self._pieces(text, shaped.end(), end, announced)
            end = shaped.end()
        if rule := self._rule(text[start:end], announced):
            if rule not in (_BY_PLAN, _BY_SHAPE) or not _STREET.match(text, end):
                yield Finding("PHONE", start, end, 0.9, rule=rule)
        elif (line := _NEXT_LINE.match(text, end)) and self._goes_on(
            text[start:end], text[start : line.end()], line["mark"], announced
        ):
            yield Finding("PHONE", start, line.end(), 0.9, rule="over two lines")
        else:
            yield from self._pieces(text, start, end, announced)

    def _pieces(self, text: str, start: int, end: int, announced: str | None) -> Iterator[Finding]:
        for piece in _PIECE.finditer(text, start, end):
            if rule := self._rule(piece[0], announced):
                yield Finding("PHONE", *piece.span(), 0.7, rule=rule)

    def _goes_on(self, first: str, whole: str, mark: str, announced: str | None) -> bool:
        """Whether a number that is too short goes on in the next line."""
        is_open = "+" in first or bool(mark) or announced == "cues"
        return is_open and len(digits_of(first)) < _SHORTEST and self._rule(whole, announced) is not None

    def _rule(self, written: str, announced: str | None) -> str | None:
        """The rule by which this is a phone number; None if it is none."""
        main = _EXTENSION_BEGINS.split(written, maxsplit=1)[0]
        digits = digits_of(main)
        if not _SHORTEST <= len(digits) <= _LONGEST + 2 or is_card_number(digits):
            return None
        if "+" in main or "\uff0b" in main:
            return "calling code" if is_international(digits) else None
        if announced == "others":
            return None
        if digits.startswith("00"):
            return "calling code" if is_international(digits[2:]) else None
        if announced == "cues":
            return "announced" if len(digits) <= _LONGEST else None
        return self._unannounced(main.strip(), digits)

    def _unannounced(self, main: str, digits: str) -> str | None:
        is_grouped = not main.isdecimal()
        if len(digits) >= (9 if is_grouped else 10) and self._plans.is_valid(digits):
            return _BY_PLAN
        if digits.startswith("0") and is_grouped and 9 <= len(digits) <= 12:
            return _BY_SHAPE
        if _NORTH_AMERICAN.fullmatch(main) or (len(digits) >= 9 and _AREA_IN_PARENTHESES.fullmatch(main)):
            return _BY_SHAPE
        return None

    def _announced(self, text: str, start: int, end: int) -> str | None:
        """Which kind of number the nearest cue announces; one of another kind counts only close before the number."""
        first = max(0, start - _WINDOW_BEFORE)
        folded = fold(text[first : end + _WINDOW_AFTER])
        if not _LETTER.search(folded):
            return None
        kind, until = None, 0
        for cue in self._cues.find(folded, _whole_word(folded) if first else 0, start - first):
            if kind == "others" and cue.start <= until + 1 and folded.startswith("num", cue.start):
                continue  # "order number is"
            is_close = start - first - cue.end <= _CLOSE and not _END_OF_CLAUSE.search(folded, cue.end, start - first)
            if cue.kind == "cues" or is_close:
                kind, until = cue.kind, cue.end
        if kind:
            return kind
        if _LABEL_AFTER.match(folded, end - first):
            return "cues"
        after = self._cues.find(folded, end - first, len(folded))
        return next((cue.kind for cue in after if cue.kind == "cues"), None)


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """What may be a phone number, or the beginning of one that goes on in the next line."""
    at = 0
    for digits in _DIGITS.finditer(text):
        may_be_iban = text[max(0, digits.start() - 2) : digits.start()].strip().isupper()
        at = max(at, digits.start() - (_BEFORE_IBAN if may_be_iban else _BEFORE_DIGITS))
        while match := _CANDIDATE.search(text, at, digits.end() + _AFTER_DIGITS):
            at = match.end()
            length = at - match.start() if match["number"] else 0
            if length >= _SHORTEST or (length >= _SHORTEST_LINE and _NEXT_LINE.match(text, at)):
                extension = _EXTENSION.match(text, at)
                at = extension.end() if extension else at
                yield match.start(), at


def _whole_word(folded: str) -> int:
    """Where the first word begins that is not cut."""
    return next((place for place, character in enumerate(folded) if not character.isalnum()), 0)
