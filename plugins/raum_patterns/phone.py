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
from raum_patterns.options import PhoneOptions
from raum_patterns.phrases import Phrases
from raum_patterns.plans import begins_with_calling_code, is_international, plans_of
from raum_patterns.spelled_digits import SpelledDigits
from raum_patterns.vanity import vanity_numbers
from raum_patterns.words import words_by_language, words_of_all_languages

_SHORTEST, _LONG, _LONGEST, _SHORTEST_LINE, _SHORTEST_CARD = 7, 10, 15, 3, 12
# Behind a plus, thirteen digits of Germany's code or Britain's pass for a Visa of old by chance.
_SHORTEST_SIGNED_CARD = 15
_SHORTEST_ABROAD: Final = len("00") + 9
# What is counted up or down is no number of anybody's.
_COUNTED: Final = "012345678901234567890 098765432109876543210"

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
# Each of these begins with a look at the first characters: most numbers are done with there.
_MOMENT: Final = rf"""(?=\d{{1,4}}[-./:])(?:
      {_YEAR}[-./]{_MONTH}[-./]{_DAY} (?![-./]?\d)                      # 2026-11-20
    | (?:{_DAY}[-./]{_MONTH}|{_MONTH}[-./]{_DAY})[-./]{_YEAR} (?![-./]?\d)    # 20.11.2026, 11/20/2026
    | \d{{1,2}}/\d{{1,2}}/\d\d (?![-./]?\d)                             # 11/20/26
    | \d{{1,2}}:\d\d (?!\d)                                             # 12:30
)"""
_OTHER: Final = r"""(?=\d{1,3}[-.,\ ]\d)(?:
      \d{1,3}(?:\.\d{1,3}){3} (?!\.?\d)                                 # IP addresses
    | \d{1,3}\.\d\.\d{1,5}\.\d{1,5} (?!\.?\d)                             # versions: 126.0.6478.127
    | \d{3}-\d\d-\d{4} (?![-\d])                                        # social security numbers
    | \d{1,3}(?:,\d{3}){1,4} (?![,\d])                                  # amounts: 117,000
    | \d{1,3}(?:[.\ ]\d{3}){0,4},\d\d (?!\d)                            # 1.234,50
    | \d{1,3}\.\d{5,9} (?![.\d-])                                       # coordinates: 52.520008
)"""
_PREFIXED: Final = r"""(?=[A-Z$€£¥\#])(?:
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
        (?: {_BREAK}(?!{_MOMENT}){_GROUP} ){{0,14}}+
        (?!@)
    ))
    """,
    re.VERBOSE,
)
# Where to look for candidates: behind a sign, or behind the letters that an IBAN may begin with.
_DIGITS: Final = re.compile(rf"[0-9][0-9\s{SPACES}{HYPHENS}{DOTS}/()>]{{{_SHORTEST - 2},}}[0-9]")
_SIGNS: Final = frozenset("+(\uff0b$€£¥#")
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
# Anatel, Resolution 749: an area code of two digits, and nine digits of which the first is a nine.
_BRAZILIAN_MOBILE: Final = re.compile(rf"[1-9][1-9][{SPACES}]9\d{{4}}[{SPACES}{HYPHENS}]\d{{4}}")
_AFTER_ZEROS: Final = re.compile(r"\(?00(\d*)")
# Documents are numbered so: by year, or with a check digit at the end.
_NUMBERED: Final = re.compile(rf"(?:19|20)\d\d[{HYPHENS}/]\d{{5,8}}|[1-9][\d{HYPHENS}/]+[{HYPHENS}/]\d")
# Written so, nothing else is meant, whatever words stand before it.
_AREA_AND_SEVEN: Final = re.compile(r"\([2-9]\d\d\) ?\d{3}-\d{4}")
# Behind a house number and a postcode that look like a number.
_STREET: Final = re.compile(
    r" (?:[A-Z][a-z.]+ ){1,3}(?:St|Street|Ave|Avenue|Rd|Road|Suite|Apt|Blvd|Lane|Ln|Drive|Dr|Way|Court|Ct|Square)\b"
)

_BLANK: Final = re.compile(rf"(?<=[\d)])[{SPACES}]")
_NUMBER_BEHIND: Final = re.compile(rf"[{SPACES}{HYPHENS}{DOTS}/]+(?=[\d(+])")
_MOST_CUT: Final = 3
_MARKS: Final = " \u00a0-\u2010\u2011\u2012\u2013\u2014./("
# Written as on cards, or in one piece.
_CARD: Final = re.compile(
    rf"(?<!\d)(?:\d{{4}}([{SPACES}{HYPHENS}]?)\d{{4}}\1\d{{4}}\1\d{{4}}|3\d{{3}}[ -]?\d{{6}}[ -]?\d{{5}}|\d{{13,19}})"
    r"(?!\d)"
)
# Something else that is counted behind a number: ten times, 10-5, 24/7.
_COUNT_BEHIND: Final = re.compile(rf"(?<=\d{{3}})[{SPACES}]\d{{1,2}}(?:[{HYPHENS}/]\d{{1,2}})?\Z")

# An amount of something, and what stands behind it.
_AMOUNT: Final = re.compile(rf"[1-9]\d{{0,2}}(?:[{SPACES}{DOTS},']\d{{3}})+|[1-9]\d*")
_UNIT: Final = re.compile(
    r"\s?(?:bytes?|[KMGT]i?B|ms|sec(?:onds)?|rows?|users?|records?|points?|steps|EUR|USD|GBP|CHF|PLN|euros?|dollars)\b"
)
_BY_PLAN, _BY_SHAPE, _OVER_TWO_LINES = "numbering plan", "written like a number", "over two lines"
_WINDOW_BEFORE, _WINDOW_AFTER, _CLOSE = 40, 25, 15
_END_OF_CLAUSE: Final = re.compile(r"[!?;\n]|(?<!no)(?<!nr)\.\s")


class PhoneDetector:
    """Finds phone numbers; type PHONE."""

    types: Final = ("PHONE",)

    def __init__(self, options: PhoneOptions) -> None:
        words = words_of_all_languages("phone")
        self._phrases = Phrases(
            {"cues": (*options.cues, *words["cues"]), "others": (*options.others, *words["others"])}
        )
        self._label = re.compile(rf" \(?(?:{'|'.join(map(re.escape, words['labels']))})(?=[\s).,;]*(?:\n|\Z))")
        self._spelled = SpelledDigits(lists["digits"] for lists in words_by_language("phone").values())
        self._is_assigned = plans_of(options.regions)

    def find(self, text: str) -> Iterator[Finding]:
        """Every phone number in `text`, with its `+`, its parentheses and its extension."""
        for start, end, line in _candidates(text):
            yield from self._numbers(text, start, end, line)
        for number in vanity_numbers(text):
            if number.is_sure or self._announced(text, number.start, number.end) == "cues":
                yield Finding("PHONE", number.start, number.end, 0.9, rule="vanity number")
        for start, end, digits in self._spelled.find(text):
            if _SHORTEST <= len(digits) <= _LONGEST and digits not in _COUNTED and not is_card_number(digits):
                announced = self._announced(text, start, end)
                if announced == "cues" or (not announced and len(digits) >= _LONG):
                    yield Finding("PHONE", start, end, 0.9, rule="spelled out")

    def _numbers(self, text: str, start: int, end: int, line: re.Match[str] | None) -> Iterator[Finding]:
        """The candidate if it is a number, otherwise those of its pieces between blanks that are."""
        written = text[start:end]
        if end - start < _LONGEST and len(digits_of(written)) < _SHORTEST:
            if line and self._goes_on(text, start, end, line):
                yield Finding("PHONE", start, line.end(), 0.9, rule=_OVER_TWO_LINES)
            return
        announced = None if "+" in written[:2] else self._announced(text, start, end)
        shaped = _NORTH_AMERICAN.match(text, start, end)
        if shaped and text[shaped.end() : end].lstrip(" ./-")[:1].isdigit():
            yield from self._pieces(text, shaped.end(), end, announced)
            end = shaped.end()
            written = text[start:end]
        rule, last = self._rule(written, announced), end
        if not rule:
            rule, end = self._cut(text, start, end, announced)
            written = text[start:end]
        if rule:
            yield from _told(text, start, end, rule)
            if last - end > _SHORTEST and (behind := _NUMBER_BEHIND.match(text, end, last)):
                yield from self._numbers(text, behind.end(), last, line)
        elif line and len(digits_of(written)) < _SHORTEST and self._goes_on(text, start, end, line):
            yield Finding("PHONE", start, line.end(), 0.9, rule=_OVER_TWO_LINES)
        elif not written.isdecimal():
            yield from self._pieces(text, start, end, announced)

    def _cut(self, text: str, start: int, end: int, announced: str | None) -> tuple[str | None, int]:
        """The rule by which it is a number without its last groups, such as a postcode, and where that ends."""
        if text[start] in "+(0" or announced == "cues" or _COUNT_BEHIND.search(text, start, end):
            blanks = [blank.start() for blank in _BLANK.finditer(text, start, end)]
            for at in reversed(blanks[-_MOST_CUT:]):
                written = text[start:at]
                rule = self._rule(written, None if announced == "cues" else announced) or self._rule(written, announced)
                if rule:
                    return rule, at
        return None, end

    def _pieces(self, text: str, start: int, end: int, announced: str | None) -> Iterator[Finding]:
        if text[start : start + 1] in "./-":
            start += 1
        for piece in _PIECE.finditer(text, start, end):
            if rule := self._rule(piece[0], announced):
                yield Finding("PHONE", *piece.span(), 0.7, rule=rule)

    def _goes_on(self, text: str, start: int, end: int, line: re.Match[str]) -> bool:
        """Whether a number that is too short goes on in the next line."""
        announced = None if "+" in text[start : start + 2] else self._announced(text, start, end)
        is_open = announced == "cues" or bool(line["mark"]) or "+" in text[start:end]
        return is_open and self._rule(text[start : line.end()], announced) is not None

    def _rule(self, written: str, announced: str | None) -> str | None:
        """The rule by which this is a phone number; None if it is none."""
        main = _EXTENSION_BEGINS.split(written, maxsplit=1)[0]
        digits = digits_of(main)
        is_signed = "+" in main or "\uff0b" in main
        shortest_card = _SHORTEST_SIGNED_CARD if is_signed else _SHORTEST_CARD
        if not _SHORTEST <= len(digits) <= _LONGEST + 2 or (len(digits) >= shortest_card and is_card_number(digits)):
            return None
        if is_signed:
            return "calling code" if is_international(digits) else None
        if announced == "others":
            return _BY_SHAPE if _AREA_AND_SEVEN.fullmatch(main) else None
        if digits.startswith("00") and _is_dialled_abroad(main, digits):
            return "calling code"
        if announced == "cues":
            return "announced" if len(digits) <= _LONGEST else None
        return self._unannounced(main.strip(), digits)

    def _unannounced(self, main: str, digits: str) -> str | None:
        if digits in _COUNTED or digits.startswith("00") or _NUMBERED.fullmatch(main):
            return None
        is_grouped = not main.isdecimal()
        if len(digits) >= (9 if is_grouped else 10) and self._is_assigned(digits):
            return _BY_PLAN
        if digits.startswith("0") and is_grouped and 9 <= len(digits) <= 12:
            return _BY_SHAPE
        if _NORTH_AMERICAN.fullmatch(main) or _BRAZILIAN_MOBILE.fullmatch(main):
            return _BY_SHAPE
        return _BY_SHAPE if len(digits) >= 9 and _AREA_IN_PARENTHESES.fullmatch(main) else None

    def _announced(self, text: str, start: int, end: int) -> str | None:
        """Which kind of number the nearest cue announces; one of another kind counts only close before the number."""
        first = max(0, start - _WINDOW_BEFORE)
        folded, phrases = self._phrases.around(text, first, end + _WINDOW_AFTER)
        before, behind = start - first, end - first
        kind, until, is_behind = None, 0, False
        for begin, end_of_phrase, announced in phrases:
            if begin >= behind:
                is_behind = is_behind or announced == "cues"
            elif begin < before:
                if announced == "cues":
                    if kind == "others" and begin <= until + 1 and folded.startswith("num", begin):
                        continue  # "order number is"
                elif before - end_of_phrase > _CLOSE or _END_OF_CLAUSE.search(folded, end_of_phrase, before):
                    continue
                kind, until = announced, end_of_phrase
        if kind:
            return kind
        return "cues" if is_behind or self._label.match(folded, behind) else None


def _is_dialled_abroad(main: str, digits: str) -> bool:
    """Whether digits behind 00 are a number of another country, whose calling code no mark parts."""
    code = _AFTER_ZEROS.match(main)
    parts_none = code is None or not code[1] or begins_with_calling_code(code[1])
    return parts_none and len(digits) >= _SHORTEST_ABROAD and is_international(digits[2:])


def _told(text: str, start: int, end: int, rule: str) -> Iterator[Finding]:
    """The number, unless it is the beginning of an address or an amount of something."""
    written = text[start:end]
    if ")" in written or written[0] == "(":
        start, end = _without_brackets(written, start, end)
    is_other = _STREET.match(text, end) or (_UNIT.match(text, end) and _AMOUNT.fullmatch(written))
    if rule not in (_BY_PLAN, _BY_SHAPE) or not is_other:
        yield Finding("PHONE", start, end, 0.9, rule=rule)


def _beside_cards(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What of a candidate is on either side of card numbers."""
    at = start
    while card := _CARD.search(text, at, end):
        at = card.start() + 1
        if is_card_number(digits_of(card[0])):
            yield start, start + len(text[start : card.start()].rstrip(_MARKS))
            behind = _NUMBER_BEHIND.match(text, card.end(), end)
            start = at = behind.end() if behind else end
    if start < end:
        yield start, end


def _without_brackets(written: str, start: int, end: int) -> tuple[int, int]:
    """Where the number begins and ends inside of the brackets of its sentence; those of an area code stay."""
    opened, closed = written.count("("), written.count(")")
    if written[0] == "(" and (opened > closed or written.find(")") == len(written) - 1):
        start, opened = start + 1, opened - 1
    if written[-1] == ")" and closed > opened:
        end -= 1
    return start, end


def _room_before(text: str, first: int) -> int:
    """How far before a row of digits a candidate may begin: at a sign, or at the letters of an IBAN."""
    before = text[max(0, first - 2) : first].rstrip()
    if before.isupper():
        return _BEFORE_IBAN
    return _BEFORE_DIGITS if before[-1:] in _SIGNS else 0


def _candidates(text: str) -> Iterator[tuple[int, int, re.Match[str] | None]]:
    """What may be a phone number, with the next line if one may go on there."""
    at = 0
    for digits in _DIGITS.finditer(text):
        first, last = digits.span()
        if first > at:
            at = max(at, first - _room_before(text, first))
        # Behind its last digit there is nothing left of this row; what stands there belongs to the next one.
        while at < last and (match := _CANDIDATE.search(text, at, last + _AFTER_DIGITS)):
            begin, at = match.span()
            length = at - begin if match.lastgroup else 0
            if length >= _SHORTEST_LINE:
                if extension := _EXTENSION.match(text, at):
                    at = extension.end()
                line = _NEXT_LINE.match(text, at)
                if length >= _SHORTEST_CARD + _SHORTEST:
                    for start, end in _beside_cards(text, begin, at):
                        yield start, end, line if end == at else None
                elif length >= _SHORTEST or line:
                    yield begin, at, line
