"""API keys and tokens.

Those with a prefix of their issuer's are found anywhere; the prefixes are those that the issuers document, most of them
for the sake of such detection (GitHub secret scanning lists them by issuer). Others are found where they are introduced
as a key, token or secret and look random.
"""

import re
from collections.abc import Iterator
from typing import Final

from raum.api import Finding
from raum_secrets.expressions import compiled, readable
from raum_secrets.options import ApiKeyOptions
from raum_secrets.words import any_of, words

_ISSUED: Final = {
    "openai or anthropic key": r"sk-(?:[a-z]{2,8}[0-9]{0,2}-)*[A-Za-z0-9_-]{16,}",
    "stripe key": r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}",
    "github token": r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{22,}",
    "gitlab token": r"gl(?:pat|dt|rt|ptt|ft|soat|agent)-[A-Za-z0-9_-]{20,}",
    "aws access key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    "slack token": r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}",
    "slack webhook": r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{30,}",
    "google key": r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28}",
    "sendgrid key": r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    "json web token": r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    "npm token": r"npm_[A-Za-z0-9]{36}",
    "pypi token": r"pypi-[A-Za-z0-9_-]{50,}",
    "hugging face token": r"hf_[A-Za-z0-9]{30,}",
    "twilio key": r"(?:SK|AC)[0-9a-f]{32}",
    "mailgun or mailchimp key": r"key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}",
    "shopify token": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "digitalocean token": r"do[opr]_v1_[0-9a-f]{64}",
    "square token": r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60}",
    "telegram bot token": r"[0-9]{8,}:AA[A-Za-z0-9_-]{33}",
    "databricks token": r"dapi[0-9a-f]{32}",
    "atlassian token": r"ATATT3[A-Za-z0-9_=-]{50,}",
    "notion token": r"ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}",
    "linear key": r"lin_api_[A-Za-z0-9]{40}",
    "hashicorp token": r"hvs\.[A-Za-z0-9_-]{20,}",
    "postman key": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "private key": r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-[^-])*-----END [A-Z ]+-----|[A-Za-z0-9+/=\s\\]{16,})",
}
_ISSUED_ANY: Final = compiled("|".join(_ISSUED.values()))
_RULES: Final = [(rule, re.compile(expression)) for rule, expression in _ISSUED.items()]

_ADDRESS: Final = compiled(
    r"^(?:[a-z]+://|www\.)|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,4}(?:/|$)|^[a-z]+(?:[-_./][a-z]+)*[0-9]{0,4}$"
)
_FEWEST_CHARACTERS: Final = 9
_FEWEST_DIGITS: Final = 2
_FEWEST_DIGITS_BEHIND_PREFIX: Final = 1


class ApiKeyDetector:
    """Finds API keys and tokens, by their issuer's prefix or introduced as one; type APIKEY."""

    types: Final = ("APIKEY",)

    def __init__(self, options: ApiKeyOptions) -> None:
        cues, fillers = any_of((*words("keys"), *options.cues)), any_of(words("key_fillers"))
        self._introduced = compiled(
            rf"(?i)(?:{cues})(?:[\s_-]?(?:id|key|hash))?s?(?:[\s:=>\"'`(\[-]{{1,4}}(?:{fillers})){{0,4}}"
            r"[\s:=>\"'`(\[*-]{1,6}([A-Za-z0-9][A-Za-z0-9_+/.~-]{15,}={0,2})"
        )

    def find(self, text: str) -> Iterator[Finding]:
        """Every key and token in `text`."""
        data = readable(text)
        for match in _ISSUED_ANY.finditer(data):
            value, before = text[match.start() : match.end()], text[max(0, match.start() - 1) : match.start()]
            if not before.isalnum() and _is_random(value, _FEWEST_DIGITS_BEHIND_PREFIX):
                rule = next(rule for rule, shape in _RULES if shape.match(value))
                yield Finding("APIKEY", match.start(), match.end(), rule=rule)
        for match in self._introduced.finditer(data):
            start, end = match.span(1)
            value = text[start:end].rstrip(".-_/")
            before = text[max(0, match.start() - 1) : match.start()]
            if not before.isalnum() and _is_random(value, _FEWEST_DIGITS) and not _ADDRESS.search(value):
                yield Finding("APIKEY", start, start + len(value), 0.9, rule="introduced")


def _is_random(value: str, fewest_digits: int) -> bool:
    """Whether it can be a key: many different characters, letters and digits among them."""
    digits = sum(map(str.isdigit, value))
    return len(set(value)) >= _FEWEST_CHARACTERS and digits >= fewest_digits and any(map(str.isalpha, value))
