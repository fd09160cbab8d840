"""From an HTTP answer of an AI provider to the failure that it stands for; the same for all providers."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from raum.errors import (
    KeyRejected,
    MalformedAnswer,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    QuotaExhausted,
    RequestRejected,
    TooLong,
)

_KINDS: Mapping[int, type[ProviderFailed]] = {
    401: KeyRejected,
    402: QuotaExhausted,
    403: KeyRejected,
    408: ProviderDown,
    413: TooLong,
    429: ProviderBusy,
    503: ProviderBusy,
    529: ProviderBusy,
}


def failure_of_status(
    status: int,
    *,
    provider_code: str | None = None,
    provider_request_id: str | None = None,
    retry_after_seconds: float | None = None,
) -> ProviderFailed:
    """The failure for an HTTP status, where the provider's own code does not say it better."""
    kind = _KINDS.get(status)
    if kind is None:
        kind = MalformedAnswer if status < 300 else RequestRejected if status < 500 else ProviderDown
    return kind(
        status=status,
        provider_code=provider_code,
        provider_request_id=provider_request_id,
        retry_after_seconds=retry_after_seconds,
    )


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the provider asks to be left alone, uncapped: `Retry-After` (RFC 9110, 10.2.3) or `retry-after-ms`.

    The names in `headers` are lower case. None if it does not say so, or in a way that cannot be read.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    seconds = _number(value)
    return _until(value, now) if seconds is None and value else seconds


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(value: str, now: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # no date, or one in a year that no calendar has
        return None
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())
