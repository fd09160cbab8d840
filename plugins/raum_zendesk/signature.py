"""The signature of a Zendesk webhook.

    base64(HMAC-SHA256(secret, timestamp + body))

The secret is used as text although it looks like base64, and nothing stands between the timestamp and the raw body.
Source: Zendesk, "Verifying webhook authenticity",
https://developer.zendesk.com/documentation/webhooks/verifying/
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from raum.api import InvalidSignature, Secret

SIGNATURE_HEADER = "x-zendesk-webhook-signature"
TIMESTAMP_HEADER = "x-zendesk-webhook-signature-timestamp"

TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
"""A time as Zendesk writes it: ISO 8601 with zero to nine digits for the fraction of a second."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature that goes with a timestamp and a body."""
    digest = hmac.new(_bytes(secret), _bytes(timestamp) + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[Secret], now: datetime, age: timedelta) -> None:
    """Check that one of the secrets signed the body at most `age` away from `now`, in either direction.

    Every secret is tried, so that the time taken does not tell which one fits. Raises InvalidSignature.
    """
    given, timestamp = headers.get(SIGNATURE_HEADER), headers.get(TIMESTAMP_HEADER)
    if not given or not timestamp:
        raise InvalidSignature("the delivery is not signed: a signature header is missing")
    signed_at = _time(timestamp)
    usable = [secret.reveal() for secret in secrets if secret.reveal()]
    matches = [hmac.compare_digest(_bytes(sign(secret, timestamp, body)), _bytes(given)) for secret in usable]
    if not any(matches):
        raise InvalidSignature("the signature does not match the body and any signing secret of the account")
    if abs(now - signed_at) > age:
        raise InvalidSignature("the signature is too old, or its time lies in the future")


def _time(timestamp: str) -> datetime:
    try:
        if TIMESTAMP.fullmatch(timestamp):
            return datetime.fromisoformat(timestamp)
    except ValueError:
        pass
    raise InvalidSignature("the signature's timestamp is not a time in ISO 8601")


def _bytes(value: str) -> bytes:
    # Never raises: the text of a UnicodeEncodeError would show a part of the secret.
    return value.encode("utf-8", "surrogatepass")
