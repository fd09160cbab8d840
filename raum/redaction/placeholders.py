"""The grammar of placeholders: how they are written, and in which spellings a completion may give them back.

One grammar serves three ends. Restoring accepts its spellings, the same way whether a text comes whole or in pieces;
neutralising looks for everything that resembles one of them in a ticket before redaction; and what still resembles one
after restoring marks a reply as unresolved.

A spelling is accepted only if it leaves no doubt about the type and the number. There is no edit distance, no suffix
and no guessing: `[REDACTED_NAME_01]`, `[NAME_1]` and `[REDACTED_NAMES_1]` are nobody's placeholder.
"""

import re
from collections.abc import Iterator

from attrs import frozen


@frozen
class Placeholder:
    """`[REDACTED_NAME]` (number None, the only value of its type) or `[REDACTED_NAME_2]`."""

    type: str
    number: int | None = None

    def __str__(self) -> str:
        return f"[REDACTED_{self.type}]" if self.number is None else f"[REDACTED_{self.type}_{self.number}]"


@frozen
class Spelling:
    """A place in a text, `start` to `end`, that spells the placeholder, whether it was ever issued or not."""

    start: int
    end: int
    placeholder: Placeholder


# Openers and the closers that belong to them. A backslash, an HTML entity or a percent sign escapes; an escaped opener
# needs an escaped closer, so that a backslash that stands before a placeholder in a ticket is never swallowed.
_BRACKETS = (
    (r"\[", r"\]"),
    (r"\\\[", r"\\\]"),
    (r"&\#91;|&\#x5b;|&lbrack;|&lsqb;", r"&\#93;|&\#x5d;|&rbrack;|&rsqb;"),
    (r"%5b", r"%5d"),
    (r"\{\{", r"\}\}"),
    (r"\{", r"\}"),
    (r"<", r">"),
    (r"&lt;", r"&gt;"),
    ("【", "】"),
    ("［", "］"),
    ("〔", "〕"),
    ("「", "」"),
    ("⟦", "⟧"),
    ("⟨", "⟩"),
    ("‹", "›"),
    ("«", "»"),
)
# Round brackets are ordinary punctuation around a placeholder: they let any case pass, and they stay.
_ROUND = (r"(?<=\()", r"(?=\))")

_SEPARATOR = r"(?:_|\\_|[ \u00a0]|-|\u2011|%5f|%20|&\#95;|&lowbar;)"
_BARE_SEPARATOR = r"(?:_|\\_|-)"


def _inside(group: str, separator: str) -> str:
    segment = r"[a-z][a-z0-9]{0,15}"
    return (
        rf"redacted{separator}(?P<t{group}>{segment}(?:{separator}{segment}){{0,2}})"
        rf"(?:{separator}(?P<n{group}>[0-9]{{1,6}}))?"
    )


def _grammar() -> re.Pattern[str]:
    pairs = (*_BRACKETS, _ROUND)
    bracketed = [
        rf"(?:{opener})[ ]?{_inside(str(i), _SEPARATOR)}[ ]?(?:{closer})" for i, (opener, closer) in enumerate(pairs)
    ]
    bare = rf"(?-i:{_inside('bare', _BARE_SEPARATOR).replace('redacted', 'REDACTED').replace('a-z', 'A-Z')})"
    return re.compile("|".join((*bracketed, bare)), re.IGNORECASE | re.ASCII)


_GRAMMAR = _grammar()
_ANY_SEPARATOR = re.compile(_SEPARATOR, re.IGNORECASE)

# What must not stand directly beside a spelling without brackets: then it is a piece of something else.
_GLUE_BEFORE = frozenset("_@.-/\\%&#$=[{【［〔「⟦⟨‹«;")
_GLUE_AFTER = frozenset("_@-\\%&#$=[{]}】］〕」⟧⟩›»")


def spellings(text: str, start: int = 0) -> Iterator[Spelling]:
    """All accepted spellings in `text` from `start` on, left to right; what stands before `start` counts as context."""
    for match in _GRAMMAR.finditer(text, start):
        group = str(match.lastgroup)[1:]
        if group == "bare" and _is_glued(text, match.start(), match.end()):
            continue
        number = match[f"n{group}"]
        if number is not None and number.startswith("0"):
            continue
        type_name = _ANY_SEPARATOR.sub("_", match[f"t{group}"]).upper()
        yield Spelling(match.start(), match.end(), Placeholder(type_name, int(number) if number else None))


def _is_glued(text: str, start: int, end: int) -> bool:
    left = text[start - 1 : start]
    if left and (left.isalnum() or left in _GLUE_BEFORE):
        return True
    right = text[end : end + 2]
    if not right:
        return False
    if right[0] in "./:":
        return len(right) > 1 and (right[1].isalnum() or right[1] in _GLUE_BEFORE)
    return right[0].isalnum() or right[0] in _GLUE_AFTER


# No spelling, with the two characters after it that decide about gluing, is longer than this.
LONGEST = 160

_OPENER = "|".join(opener for opener, _ in _BRACKETS)
_LETTERS = "".join(f"(?:{letter}" for letter in "redacted")
_AFTER = r"[\w\\&\#;%\- \u00a0\u2011}>./:]*"
_UNFINISHED = re.compile(
    # a piece of an escaped opener, or an opener and a beginning of what may follow it
    rf"(?:[&%\\{{][\#a-z0-9\\{{]{{0,7}}|(?:(?:{_OPENER})[ ]?)?{_LETTERS}{_AFTER}{')?' * 8}|(?:{_OPENER})[ ]?)\Z",
    re.IGNORECASE,
)


def finished_length(text: str) -> int:
    """How much of `text` cannot become part of a spelling that is still being written at its end."""
    match = _UNFINISHED.search(text, max(0, len(text) - LONGEST))
    return match.start() if match else len(text)


_CLOSER = "|".join(closer for _, closer in _BRACKETS)
_GLUED_SEPARATOR = r"(?:_|\\_|-|\u2011|%5f|&\#95;|&lowbar;)"
_RESEMBLES = re.compile(
    # Blanks separate only within brackets: "redacted by the team" is an ordinary sentence.
    rf"(?:{_OPENER}|\()[ ]?redacted(?:{_SEPARATOR}[a-z0-9]{{1,40}}){{1,6}}[ ]?(?:{_CLOSER}|\))"
    rf"|redacted(?:{_GLUED_SEPARATOR}[a-z0-9]{{1,40}}){{1,6}}",
    re.IGNORECASE | re.ASCII,
)


def resembling(text: str) -> Iterator[tuple[int, int]]:
    """Every place in a ticket that could be read as a placeholder, however it is glued or numbered."""
    if "redacted" in text.lower():
        yield from (match.span() for match in _RESEMBLES.finditer(text))
