"""Values that must not be found anywhere, and the search for them in whatever form."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from ahocorasick_rs import BytesAhoCorasick
from attrs import frozen


@frozen
class Canary:
    """A value of one type as it is planted: in some spellings, of which `words` are telling on their own."""

    type: str
    spellings: tuple[str, ...]
    words: tuple[str, ...] = ()


# Of people on record: Zendesk's documents name them.
ON_RECORD = (
    Canary("NAME", ("Zebulon Quarkwright", "ZEBULON QUARKWRIGHT", "zebulon  quarkwright"), ("Zebulon", "Quarkwright")),
    Canary("EMAIL", ("zq.canary-77@mail.example.com", "ZQ.Canary-77@Mail.Example.com")),
    Canary("PHONE", ("+12025550164", "+1 (202) 555-0164", "202.555.0164", "202 555 0164")),
    Canary("CC", ("5555 5555 5555 4444", "5555-5555-5555-4444", "5555555555554444")),
)
# Of third persons: nothing but the detector of the type can find them.
UNKNOWN = (
    Canary("NAME", ("Żaneta Grzmotnicka", "ŻANETA GRZMOTNICKA"), ("Grzmotnicka",)),
    Canary("EMAIL", ("vx81.kappa@example.org", "VX81.Kappa@Example.ORG")),
    Canary("PHONE", ("+44 20 7946 0999", "+442079460999", "020 7946 0999")),
    Canary("CC", ("3782 822463 10005", "378282246310005", "3782-822463-10005")),
)

# What is in files that nobody reads: it must not even get to the AI.
WITHHELD = Canary("FILE", ("content-of-a-withheld-file-3117",))


def secret(value: str) -> Canary:
    """A secret, as a canary."""
    return Canary("SECRET", (value,))


_BETWEEN = b" \t\n\r\f\v().+-"


def leaks(haystacks: Iterable[tuple[str, bytes]], canaries: Iterable[Canary]) -> set[tuple[str, str]]:
    """Where canaries are found: the name of the place, and the type of the canary."""
    needles = sorted({(canary.type, form) for canary in canaries for form in _forms(canary)})
    search = BytesAhoCorasick([form for _, form in needles])
    found = set()
    for name, data in haystacks:
        for variant in {data, data.lower(), _tight(data.lower())}:
            matches = search.find_matches_as_indexes(variant, overlapping=True)
            found |= {(name, needles[index][0]) for index, _, _ in matches}
    return found


def _tight(text: bytes) -> bytes:
    """The text without what may stand between the groups of a number."""
    return text.translate(None, delete=_BETWEEN)


def _forms(canary: Canary) -> set[bytes]:
    forms: set[bytes] = set()
    for spelling in (*canary.spellings, *canary.words):
        for cased in (spelling, spelling.lower(), spelling.upper()):
            forms |= {
                cased.encode(),
                json.dumps(cased).strip('"').encode(),
                quote(cased).encode(),
                quote_plus(cased).encode(),
                quote(cased).lower().encode(),
                *_base64(cased.encode()),
            }
        forms.add(_tight(spelling.lower().encode()))
    if canary.type in ("PHONE", "CC"):
        forms |= {re.sub(r"\D", "", spelling).encode() for spelling in canary.spellings}
    return forms


def _base64(value: bytes) -> set[bytes]:
    """What of the value's base64 is the same whatever stands around it, for each of the three ways to be aligned."""
    forms = set()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + value + b"\0" * ((-offset - len(value)) % 3))
        first, last = (0, 2, 3)[offset], (0, 3, 2)[(offset + len(value)) % 3]
        # a group of three bytes that is not the value's alone has characters that its neighbours change
        forms.add(encoded[first : len(encoded) - last or None])
    return forms
