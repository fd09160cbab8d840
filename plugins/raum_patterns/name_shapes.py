"""Names that are told by how they are written, or by a phrase of a script without blanks between words."""

import re
from typing import Final

from raum_patterns.cues import Place

_UNSPACED: Final = re.compile(
    r"(?:我叫|我的名字是|名前は|(?:姓名|氏名|名前)[:：] ?)([\u4e00-\u9fff々]{2,4}|[\u30a1-\u30fa・ー]{2,15})"
    r"|([\u4e00-\u9fff々]{2,5})(?=と申します|といいます|です。?\Z)"
)

_MASKED: Final = re.compile(r"(?<![^\W_])[^\W\d_]\*{3,40}+(?: [^\W\d_]\*{2,40}+){1,3}")
# As airlines and travel agencies write passengers: `DOE/JANE ANN MRS`.
_PASSENGER: Final = re.compile(
    r"(?<![\w/])[A-Z]{2,25}+(?: [A-Z]{2,25}+)?/[A-Z]{2,25}+(?: [A-Z]{2,25}+){0,2}?"
    r"(?= (?:MRS?|MS|MISS|MSTR|DR|CHD|INF)\b)"
)
_UNSPACED_SCRIPT: Final = re.compile("[\u3041-\u9fff]")


def shaped_names(text: str) -> dict[Place, str]:
    """Where such names stand, each with the rule: `J*** R***`, `DOE/JANE MRS`, `我叫李伟`."""
    found: dict[Place, str] = {}
    if "*** " in text:
        found |= {match.span(): "masked" for match in _MASKED.finditer(text) if match[0].istitle()}
    if "/" in text:
        found |= {match.span(): "passenger" for match in _PASSENGER.finditer(text)}
    if not text.isascii() and _UNSPACED_SCRIPT.search(text):
        found |= {match.span(match.lastindex or 0): "unspaced" for match in _UNSPACED.finditer(text)}
    return found
