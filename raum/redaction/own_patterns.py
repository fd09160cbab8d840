"""Patterns of a team's own, in RE2 syntax.

RE2 finds them in time linear in the text, whatever the pattern: none can hang the host.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import re2  # type: ignore[import-untyped]
from attrs import Factory, field, frozen, validators

from raum.errors import OperatorError
from raum.findings import RULE_PATTERN, TYPE_PATTERN, Finding

_LONGEST_NAME: Final = 40
_LONGEST_PATTERN: Final = 1_000


def compiled(pattern: str) -> Any:
    """The pattern, compiled. Raises OperatorError, with RE2's reason but without the pattern, if RE2 refuses it."""
    options = re2.Options()
    options.log_errors = False  # RE2 would print the pattern
    try:
        expression = re2.compile(pattern, options)
    except re2.error as error:
        raise OperatorError(f"not RE2 syntax ({_reason(error)}); allowed: a pattern in RE2 syntax") from None
    if expression.search("") is not None:
        raise OperatorError("the pattern fits the empty text; allowed: a pattern in RE2 syntax that fits something")
    return expression


def _reason(error: Exception) -> str:
    """What RE2 says, up to the colon behind which it quotes the pattern."""
    text = error.args[0] if error.args else b""
    return (text.decode(errors="replace") if isinstance(text, bytes) else str(text)).partition(":")[0]


def _is_pattern(instance: "OwnPattern", _attribute: object, value: str) -> None:
    if len(value) > _LONGEST_PATTERN:
        raise ValueError("a pattern is too long")
    try:
        compiled(value)
    except OperatorError as error:
        raise OperatorError(f"the pattern of {instance.type}: {error}") from None


@frozen
class OwnPattern:
    """One pattern of a team's own.

    `type` is the word of the placeholder: `ORDER_NUMBER` makes `[REDACTED_ORDER_NUMBER]`. `pattern` is in RE2 syntax
    (https://github.com/google/re2/wiki/Syntax); `(?i)` in front makes it ignore case. What the first capturing group
    holds is found; without a group, the whole match. `name` is what `raum redact --explain` calls the pattern, in a few
    words; default `custom` and the words of the type.
    """

    type: str = field(
        validator=validators.matches_re(TYPE_PATTERN),
        metadata={
            "help": "the word of the placeholder",
            "allowed": "up to three words of 1 to 16 capitals and digits, each starting with a capital, joined by _",
        },
    )
    pattern: str = field(
        repr=False,
        validator=_is_pattern,
        metadata={
            "help": "the pattern, in RE2 syntax",
            "schema": {"minLength": 1, "maxLength": _LONGEST_PATTERN},
            "allowed": f"a pattern in RE2 syntax, of at most {_LONGEST_PATTERN} characters",
        },
    )
    name: str = field(
        default=Factory(lambda self: f"custom {self.type.lower().replace('_', ' ')}"[:_LONGEST_NAME], takes_self=True),
        repr=False,
        validator=[validators.min_len(1), validators.matches_re(RULE_PATTERN)],
        metadata={
            "help": "what explanations call the pattern",
            "allowed": "1 to 40 small letters, digits, blanks and hyphens",
        },
    )


class OwnPatterns:
    """Finds what the patterns of a team say."""

    def __init__(self, patterns: Sequence[OwnPattern]) -> None:
        self.types = tuple(pattern.type for pattern in patterns)
        self._patterns = [(pattern.type, pattern.name, compiled(pattern.pattern)) for pattern in patterns]

    def find(self, text: str) -> Iterator[Finding]:
        """Every match of every pattern that is not empty."""
        data = text.encode() if text.isascii() else text
        for type_, name, pattern in self._patterns:
            for match in pattern.finditer(data):
                start, end = match.span(1) if pattern.groups and match[1] else match.span()
                if start < end:
                    yield Finding(type_, start, end, rule=name)
