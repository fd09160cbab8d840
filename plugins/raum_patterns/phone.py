"""Phone numbers: runs of digits that are written like one, or announced as one.

A number with `+` or `00` is taken when it begins with a calling code of ITU-T E.164 and has its length. Without, the
numbering plans of the given regions decide, along with how the number is written and the words around it: next to a
cue a length that a plan knows is enough, for numbers that follow no plan are in use too.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_patterns.card import is_card_number
from raum_patterns.characters import DOTS, HYPHENS, NOT_GLUED_AFTER, NOT_GLUED_BEFORE, SPACES, digits_of
from raum_patterns.cues import Cues, fold
from raum_patterns.options import PhoneOptions
from raum_patterns.plans import is_international, plan_of
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
)"""
_PREFIXED: Final = r"""(?:
      [A-Z]{2}\d\d(?:\ ?[A-Z0-9]{4}){2,7}(?:\ ?[A-Z0-9]{1,3})?\b        # IBANs
    | [$€£¥\#]\ ?\d[\d.,]{0,20}                                         # amounts, #1234
)"""
_GROUP: Final = rf"\d++(?:(?=x\d)|{NOT_GLUED_AFTER})"
_BREAK: Final = rf"[{SPACES}]?[{HYPHENS}{DOTS}/]?[{SPACES}]?"
_CANDIDATE: Final = re.compile(
    rf"""
    {NOT_GLUED_BEFORE} (?: {_PREFIXED} | {_MOMENT} | {_OTHER} | (?P<number>
        (?: \(?[+\uff0b][{SPACES}]? | (?<!\d[.,])(?<![^\W_]-)(?<![/_@\\]) \(? ) {_GROUP} \)?+
        (?: [{SPACES}]?\([{SPACES}]?{_GROUP}[{SPACES}]?\) )?+
        (?: {_BREAK}(?!{_MOMENT}){_GROUP} ){{0,8}}+
        (?: [ ,;]{{0,2}}(?i:extension|extn?|x|durchwahl|poste|anexo|ramal|interno|toestel)[.:]?\ ?\d{{1,6}}(?!\w) )?+
        (?!@)
    ))
    """,
    re.VERBOSE,
)
_EXTENSION: Final = re.compile(r"[ ,;]{0,2}[a-z]", re.IGNORECASE)
_PIECE: Final = re.compile(rf"[^{SPACES}]{{7,}}")

_AREA: Final = rf"(?:\([2-9]\d\d\)\ ?|[2-9]\d\d[{SPACES}{HYPHENS}{DOTS}/])"
_NORTH_AMERICAN: Final = re.compile(
    rf"(?:1[{SPACES}{HYPHENS}{DOTS}])?{_AREA}\d{{3}}[{SPACES}{HYPHENS}{DOTS}]\d{{4}}(?!\d)"
)

_WINDOW_BEFORE, _WINDOW_AFTER, _CLOSE = 40, 25, 15
_END_OF_CLAUSE: Final = re.compile(r"[!?;\n]|(?<!no)(?<!nr)\.\s")


class PhoneDetector:
    """Finds phone numbers; type PHONE."""

    def __init__(self, options: PhoneOptions) -> None:
        lists = word_lists("phone")
        self._cues = Cues({"cues": (*lists["cues"], *options.cues), "others": lists["others"]})
        self._plans = [plan_of(region) for region in options.regions]

    def find(self, text: str) -> Iterator[Finding]:
        """Every phone number in `text`, with its `+`, its parentheses and its extension."""
        folded = fold(text)
        for match in _CANDIDATE.finditer(text):
            if match["number"] and match.end() - match.start() >= 7:
                announced = self._announced(folded, match.start(), match.end())
                yield from self._numbers(text, match.start(), match.end(), announced)

    def _numbers(self, text: str, start: int, end: int, announced: str | None) -> Iterator[Finding]:
        """The candidate if it is a number, otherwise those of its pieces between blanks that are."""
        shaped = _NORTH_AMERICAN.match(text, start, end)
        if shaped and not _EXTENSION.match(text, shaped.end(), end):
            yield from self._pieces(text, shaped.end(), end, announced)
            end = shaped.end()
        if self._is_phone(text[start:end], announced):
            yield Finding("PHONE", start, end, 0.9)
        else:
            yield from self._pieces(text, start, end, announced)

    def _pieces(self, text: str, start: int, end: int, announced: str | None) -> Iterator[Finding]:
        for piece in _PIECE.finditer(text, start, end):
            if self._is_phone(piece[0], announced):
                yield Finding("PHONE", *piece.span(), 0.7)

    def _is_phone(self, written: str, announced: str | None) -> bool:
        main = re.split(r"[^\W\d_]", written, maxsplit=1)[0]
        digits = digits_of(main)
        if not 7 <= len(digits) <= 17 or is_card_number(digits):
            return False
        if "+" in main or "\uff0b" in main:
            return is_international(digits)
        if announced == "others":
            return False
        if digits.startswith("00"):
            return is_international(digits[2:])
        is_possible = any(plan.is_possible(digits) for plan in self._plans)
        if announced == "cues":
            return is_possible
        is_grouped = not main.isdecimal()
        if len(digits) >= (9 if is_grouped else 10) and any(plan.is_valid(digits) for plan in self._plans):
            return True
        has_trunk = digits.startswith("0") and is_grouped and 9 <= len(digits) <= 12
        return is_possible and (has_trunk or _NORTH_AMERICAN.fullmatch(main.strip()) is not None)

    def _announced(self, folded: str, start: int, end: int) -> str | None:
        """Which kind of number the nearest cue announces; one of another kind counts only close before the number."""
        kind = None
        for cue in self._cues.find(folded, max(0, start - _WINDOW_BEFORE), start):
            is_close = start - cue.end <= _CLOSE and not _END_OF_CLAUSE.search(folded, cue.end, start)
            if cue.kind == "cues" or is_close:
                kind = cue.kind
        if kind:
            return kind
        after = self._cues.find(folded, end, min(len(folded), end + _WINDOW_AFTER))
        return next((cue.kind for cue in after if cue.kind == "cues"), None)
