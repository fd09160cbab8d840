"""E-mail addresses spelled out or broken up: `jane at example dot com`, `jane [at] example.com`, `jane@ example.com`.

A sign in brackets is seldom anything else. A plain word is: "look at example dot com" is no address. So what stands
before the word must not be one that goes with "at", and unless the dots are spelled out as well, something else must
speak for it: a dot or a word such as "e-mail" before it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from raum.api import Finding
from raum_patterns.expressions import compiled, readable
from raum_patterns.options import EmailOptions
from raum_patterns.words import words_of_all_languages

_BREAK: Final = r"(?:[ \t\u00a0]{1,2}|[ \t]?\r?\n[> \t]{0,3})"
# A word for a full stop that is an ordinary word too: "at this point to".
_DOT_BEFORE_TOP_LEVEL: Final = r"point(?=\s(?:com|net|org|eu|fr|be|ch|ca)\b)|point(?!\s)"
_BREAK_RE2: Final = r"(?:[ \t\x{a0}]{1,2}|[ \t]?\r?\n[> \t]{0,3})"
_TOP_LEVEL: Final = (
    r"(?:com|net|org|edu|gov|mil|int|info|biz|name|online|site|shop|store|tech|cloud|email|example|test|xyz|app|dev|live"
    r"|pro|club|world|agency|company|group|museum|[a-z]{2})"
)
_KNOWN: Final = "(?:com|net|org)"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LONGEST_LOCAL: Final = 100
_CUE_WINDOW: Final = 40


def _middle(at: str, dot: str, provider: str) -> str:
    """What such an address has in its middle, less exactly than below: one pass of RE2 finds hardly anything else."""
    blank, label = r"(?:\s[\s>]{0,4})", r"[a-z0-9-]{1,63}"
    spelled = rf"[ ]\.[ ]?{_KNOWN}|\.{blank}{_KNOWN}|{blank}{dot}|_{dot}_|[ ]?[\[({{<]"
    return (
        rf"(?i)[\[({{<] ?(?:{at}|a|@) ?[\])}}>]"
        rf"|@(?:\s|{provider}(?:\s|$|[,;)!?])|{label}(?:\.{label}){{0,2}}(?:,{_KNOWN}|{spelled}))"
        rf"|(?:\s@{blank}?|[ ](?:{at}){blank}|_(?:{at})_)(?:{provider}\b|{label}(?:[.,][a-z0-9]|{spelled}))"
    )


class SpelledEmails:
    """Finds addresses that are spelled out or broken up, by the words of `email.toml` and those of the options."""

    def __init__(self, options: EmailOptions) -> None:
        words = words_of_all_languages("email")
        at, dot = _any_of((*words["at"], *options.at)), _any_of({*words["dot"], *options.dot} - {"point"})
        by_name = rf"(?:{_any_of(words['providers'])})"
        dot_words = rf"(?:{dot}|point)"
        dot = rf"(?:{dot}|{_DOT_BEFORE_TOP_LEVEL})"
        spelled_dot = rf"(?:[ ]?[\[({{<][ ]?(?:{dot}|\.)[ ]?[\])}}>][ ]?|{_BREAK}{dot}{_BREAK}|_{dot}_)"
        self._mark = compiled(_middle(at, dot_words, by_name))
        broken = rf"[a-z0-9][a-z0-9.-]{{0,62}}(?:{spelled_dot}|(?:,|\.\s|[ ]\.[ ]?){_KNOWN}\b)"
        self._at = re.compile(
            rf"(?P<sure>[\[({{<][ ]?(?:{at}|a|@)[ ]?[\])}}>]|(?<=[\w\"])@(?=\s|{by_name}(?![\w.@-])|{broken}))"
            rf"|(?P<capitals>(?-i:(?<=[a-z0-9])[ ]AT(?=[ ][a-z0-9])))"
            rf"|[ ](?:{at})(?=\s)|_(?:{at})_|(?<=\s)@(?=[ a-z0-9])",
            re.IGNORECASE,
        )
        domain = rf"{_LABEL}(?:(?P<spelled>{spelled_dot})|(?:\.{_BREAK}|,|[ ]\.[ ]?)(?={_KNOWN}\b)|\.)"
        labels = rf"(?:{_LABEL}(?:{spelled_dot}|\.)){{0,3}}?{_TOP_LEVEL}(?![\w@]|[.-][a-z0-9])"
        self._domain = re.compile(
            rf"{_BREAK}?(?:{by_name}(?:[ ]{_KNOWN})?(?![\w@-]|\.\w|{spelled_dot})"
            rf"|{domain}{labels}(?!{spelled_dot}[a-z]{{2,3}}\b))",
            re.IGNORECASE,
        )
        mark = rf"[ ](?:{_any_of(words['marks'])})[ ]"
        full_stop = (
            rf"[ ]?[\[({{<][ ]?(?:{dot_words}|\.)[ ]?[\])}}>][ ]?|{_BREAK_RE2}{dot_words}{_BREAK_RE2}|_{dot_words}_"
        )
        self._local = compiled(
            rf"(?i)[\pL\pN][\pL\pN_.+-]*(?:(?:{full_stop}|{mark})[\pL\pN_.+-]+){{0,4}}{_BREAK_RE2}?\z"
        )
        self._dotted = re.compile(rf"[a-z]{{2}}[._][a-z]{{2}}|{spelled_dot}", re.IGNORECASE)
        self._cue = re.compile(
            rf"(?<!\w)(?:{_any_of((*words['cues'], *words['providers'], *options.cues))})\b[^.!?\n]{{0,15}}\Z",
            re.IGNORECASE,
        )
        self._before_at = frozenset(word.lower() for word in (*words["before_at"], *options.before_at))

    def find(self, text: str) -> Iterator[Finding]:
        """Every address in `text` that is spelled out or broken up."""
        for mark in self._mark.finditer(readable(text)):
            start = mark.start()
            if at := self._at.match(text, start) or self._at.match(text, start + 1):
                yield from self._around(text, at)

    def _around(self, text: str, at: re.Match[str]) -> Iterator[Finding]:
        domain = self._domain.match(text, at.end())
        if not domain:
            return
        window = max(0, at.start() - _LONGEST_LOCAL)
        local = self._local.search(readable(text[window : at.start()]))
        if not local:
            return
        start = window + local.start()
        if at["sure"] or self._speaks_for_it(
            at, text[max(0, start - _CUE_WINDOW) : start], text[start : at.start()].strip(), domain
        ):
            yield Finding("EMAIL", start, domain.end(), 0.9, rule="spelled out")

    def _speaks_for_it(self, at: re.Match[str], before: str, local: str, domain: re.Match[str]) -> bool:
        if local.lower() in self._before_at:
            return False
        return bool(at["capitals"] or domain["spelled"] or self._dotted.search(local) or self._cue.search(before))


def _any_of(words: Iterable[str]) -> str:
    """The longest of the words that fits; a blank also stands for a hyphen."""
    return "|".join(re.escape(word).replace("\\ ", "[ -]") for word in sorted(set(words) - {""}, key=len, reverse=True))
