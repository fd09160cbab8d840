"""Passwords, passphrases and PINs, where they are introduced: `password: ...`, `my password is ...`, `"pwd": "..."`.

Behind a colon or an equals sign nearly anything is a password; behind a verb, which as often tells what is wrong with
the password, only what no word looks like, or what is quoted.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_secrets.expressions import compiled, readable
from raum_secrets.options import PasswordOptions
from raum_secrets.words import any_of, words

_CONTEXT: Final = r"(?:[ _](?:for|to|of|für|pour|para|per|voor)[ _][^\n.:=]{1,30})?"
_SIGN: Final = r"[\"'`*]{0,3}[ \t]{0,3}(?:(?::|=>|=|->|→)[ \t]{0,3}\n?[ \t]{0,8}|>)"
_QUOTE: Final = "[\"'`“„«*]{0,2}"
_VALUE: Final = r"[^\s\"'`“”„«»<>]{3,128}"
_PUNCTUATION: Final = ".,;:!?)]}*|"

_NO_PASSWORDS: Final = frozenset(words("no_passwords"))
_PLACES: Final = frozenset("[<{*$%•●")
_BEHIND_PLACE: Final = frozenset("@/:")


class PasswordDetector:
    """Finds passwords and PINs that are introduced as such; type PASSWORD."""

    types: Final = ("PASSWORD",)

    def __init__(self, options: PasswordOptions) -> None:
        passwords, pins = any_of((*words("passwords"), *options.cues), "[ _-]?"), any_of(words("pins"))
        verb = rf"[\"'`*]{{0,3}} (?:{any_of(words('verbs'))})[ :]{{1,3}}(?:now |still )?"
        self._pattern = compiled(
            rf"(?i)(?:(?:{passwords})s?[0-9]?{_CONTEXT}"
            rf"(?:{_SIGN}{_QUOTE}({_VALUE})|{verb}({_QUOTE})({_VALUE})| ({_VALUE}))"
            rf"|(?:{pins})(?:{_SIGN}|{verb}){_QUOTE}([0-9]{{4,8}}))"
        )

    def find(self, text: str) -> Iterator[Finding]:
        """Every password in `text`, without quotes and punctuation around it."""
        for match in self._pattern.finditer(readable(text)):
            before = text[max(0, match.start() - 1) : match.start()]
            if before.isalnum() or before == "/":  # a longer word, or `</password>`
                continue
            group = match.lastindex  # 2, the quote, has 3 behind it
            start, end = match.span(group)
            value = _value(text, start, end)
            if text[start - 1] == ">" and value[:1] in _BEHIND_PLACE:  # `user:<password>@host`
                continue
            if value and _RULES[group](value, bool(match[2])):
                yield Finding("PASSWORD", start, start + len(value), 0.9, rule=_NAMES[group])


def _value(text: str, start: int, end: int) -> str:
    """The value without the punctuation of the sentence; a full stop inside stays."""
    value = text[start:end]
    shorter = value.rstrip(_PUNCTUATION)
    # "Tr0ub4dor!" ends in a mark of its own, "hunter2." and "hunter2)" in one of the sentence.
    return value if value[len(shorter) :] in ("!", "!!", "!?") else shorter


def _behind_sign(value: str, _quoted: bool) -> bool:
    return (
        len(value) > 2
        and value.lower() not in _NO_PASSWORDS
        and value[0] not in _PLACES
        and len(set(value)) > 1
        and "://" not in value
    )


def _behind_verb(value: str, quoted: bool) -> bool:
    return _behind_sign(value, quoted) and (quoted or _looks_chosen(value))


def _beside(value: str, quoted: bool) -> bool:
    return (
        len(value) > 5 and _behind_verb(value, quoted) and any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    )


def _looks_chosen(value: str) -> bool:
    """Whether it is no word: a digit, a sign or a capital inside of it."""
    return not re.fullmatch(r"[^\W\d_]?[^\W\dA-Z_]*(?:['’\-/][^\W\dA-Z_]+)*", value)


def _pin(_value: str, _quoted: bool) -> bool:
    return True


_RULES: Final = {1: _behind_sign, 3: _behind_verb, 4: _beside, 5: _pin}
_NAMES: Final = {1: "behind a sign", 3: "behind a verb", 4: "beside a cue", 5: "pin"}
