"""What a detector says it has found, and which answers of a detector are taken."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

TYPE_PATTERN: Final = r"[A-Z][A-Z0-9]{0,15}(?:_[A-Z][A-Z0-9]{0,15}){0,2}"
"""How the type of a finding is written: up to three words of capitals and digits. Each starts with a letter, so that
the number in `[REDACTED_TYPE_2]` is never part of the type."""

RULE_PATTERN: Final = r"[a-z0-9 -]{0,40}"
"""How the rule of a finding is written: a few words in small letters."""

_TYPE: Final = re.compile(TYPE_PATTERN)
_RULE: Final = re.compile(RULE_PATTERN)


class Finding(NamedTuple):
    """A detector's word that `text[start:end]` is personal data of one type.

    `type` is upper case, as in the placeholder: NAME, EMAIL, PHONE, CC or a detector's own, for example ORDER_NUMBER.
    `score` is how sure the detector is, from 0 to 1; it decides only between findings that overlap. `rule` says in a
    few words of the detector's own which of its rules found it ("greeting"); it never holds anything of the text.

    A ticket has dozens of them: they are plain tuples, and `are_findings` looks at all of a detector together.
    """

    type: str
    start: int
    end: int
    score: float = 1.0
    rule: str = ""

    def of(self, text: str) -> str:
        """The piece of the text that was found."""
        return text[self.start : self.end]


def are_findings(answer: Sequence[Any], text: str) -> bool:
    """Whether all of a detector's answer are findings: of something within the text, type and rule written as such."""
    size = len(text)
    kinds = set()
    for each in answer:
        if not isinstance(each, Finding):
            return False
        type_, start, end, _, rule = each
        if not 0 <= start < end <= size:
            return False
        kinds.add((type_, rule))
    return all(_TYPE.fullmatch(type_) and _RULE.fullmatch(rule) for type_, rule in kinds)
