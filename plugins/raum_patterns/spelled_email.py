"""E-mail addresses spelled out or broken up: `jane at example dot com`, `jane [at] example.com`, `jane@ example.com`.

A sign in brackets is seldom anything else. A plain word is: "look at example dot com" is no address. So what stands
before the word must not be one that goes with "at", and unless the dots are spelled out as well, something else must
speak for it: a dot or a word such as "e-mail" before it.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding

# "At this point to" is no address.
_DOT_WORD: Final = r"(?:dot|punkt|punto|ponto|kropka|nokta|point(?!\s)|point(?=\s(?:com|net|org|eu|fr|be|ch|ca)\b))"
_BREAK: Final = r"(?:[ \t\u00a0]{1,2}|[ \t]?\r?\n[> \t]{0,3})"
_BRACKETED_DOT: Final = rf"[ ]?[\[({{<][ ]?(?:{_DOT_WORD}|\.)[ ]?[\])}}>][ ]?"
_SPELLED_DOT: Final = rf"(?:{_BRACKETED_DOT}|{_BREAK}{_DOT_WORD}{_BREAK}|_{_DOT_WORD}_)"

# Each begins with one fixed character, which the regex engine searches as fast as memory can be read.
_SURE_SIGNS: Final = (
    *(re.compile(rf"{re.escape(sign)}(?i: ?(?:at|ät|@|arroba|arobase|chiocciola) ?[\])}}>])") for sign in "[({<"),
    re.compile(
        rf"""
        @ (?<=[\w"]@) (?=\s | (?i:[a-z0-9][a-z0-9.-]{{0,62}} (?:{_SPELLED_DOT} | (?:,|\.\s)(?:com|net|org)\b)))
        """,
        re.VERBOSE,
    ),
)
_WORDS: Final = (
    re.compile(r" [aA](?i:t|rroba|robase)(?=\s)"),
    re.compile("_(?i:at)_"),
    re.compile("@(?<=[ ]@)(?=[ A-Za-z0-9])"),
)
_TOP_LEVEL: Final = (
    r"(?:com|net|org|edu|gov|mil|int|info|biz|name|online|site|shop|store|tech|cloud|email|example|test|xyz|app|dev|live"
    r"|pro|club|world|agency|company|group|museum|[a-z]{2})"
)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(
    rf"""
    {_BREAK}? {_LABEL}
    (?: (?P<spelled>{_SPELLED_DOT}) | (?:\.{_BREAK}|,)(?=(?:com|net|org)\b) | \. )
    (?: {_LABEL} (?:{_SPELLED_DOT}|\.) ){{0,3}}?
    {_TOP_LEVEL} (?![\w@]|[.-][a-z0-9]) (?! {_SPELLED_DOT}[a-z]{{2,3}}\b )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LOCAL: Final = re.compile(
    rf"""
    [^\W_][\w.+-]{{0,63}}
    (?: (?: {_SPELLED_DOT} | [ ](?:underscore|dash|hyphen|minus|plus)[ ] ) [\w.+-]{{1,64}} ){{0,4}}
    {_BREAK}? \Z
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST_LOCAL: Final = 100

_DOTTED: Final = re.compile(rf"[a-z]{{2}}[._][a-z]{{2}}|{_SPELLED_DOT}", re.IGNORECASE)
_CUE: Final = re.compile(
    r"(?:e-?mails?|mail|mailbox|address|adresse|contact|write|reach|correo|direcci[oó]n|courriel|posta|e-?posta|indirizzo"
    r"|endere[cç]o|adres|id|login|paypal)\b[^.!?\n]{0,15}\Z",
    re.IGNORECASE,
)
_CUE_WINDOW: Final = 40
_WORDS_BEFORE_AT: Final = (
    "a about account accounts ago aimed all also am an and any anyone are arrive arrived as ask available back "
    "base based be been begin being book booked both bought but buy came check checked checkout choose click "
    "come deal deals discount do done down else end ends even ever everyone find fine first for found free "
    "from get glance go goes going good got had has have he her here hi him his hosted i in is it item items "
    "job join just landed last laugh laughed learn link listed live lived lives located log logged login look "
    "looked looking looks me meet meeting met more my new no not now of off ok on one online only or order "
    "ordered our out over page paid pay payment people place please point pointed pointing points posted price "
    "prices product products read register registered reservation right sale sales sat see seen she shop "
    "shopped shopping shops shown sign signed sit site sold someone something soon spent stand stare staring "
    "start started stay staying still stood stop stopped store stores subscribe tell than thanks that the them "
    "then there these they thing this those ticket tickets time times to today together tried try trying up us "
    "visit visited was we webpage website week well went were what when where while who with work worked "
    "working works year yes yesterday you your "
)
_GO_WITH_AT: Final = frozenset(_WORDS_BEFORE_AT.split())


def spelled_emails(text: str) -> Iterator[Finding]:
    """Every address that is spelled out or broken up."""
    for sign in _SURE_SIGNS:
        yield from _around(text, sign, is_sure=True)
    for word in _WORDS:
        yield from _around(text, word, is_sure=False)


def _around(text: str, sign: re.Pattern[str], *, is_sure: bool) -> Iterator[Finding]:
    for at in sign.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if not domain:
            continue
        window = max(0, at.start() - _LONGEST_LOCAL)
        local = _LOCAL.search(text[window : at.start()])
        if not local:
            continue
        start = window + local.start()
        if is_sure or _speaks_for_it(text[max(0, start - _CUE_WINDOW) : start], local[0].strip(), domain):
            yield Finding("EMAIL", start, domain.end(), 0.9, rule="spelled out")


def _speaks_for_it(before: str, local: str, domain: re.Match[str]) -> bool:
    if local.lower() in _GO_WITH_AT:
        return False
    return bool(domain["spelled"] or _DOTTED.search(local) or _CUE.search(before))
