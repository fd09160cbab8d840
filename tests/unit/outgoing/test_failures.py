"""The failure that an HTTP answer stands for, and what it may tell."""

from datetime import UTC, datetime

import pytest

from raum.api import (
    KeyRejected,
    MalformedAnswer,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    QuotaExhausted,
    RequestRejected,
    TooLong,
    failure_of_status,
    retry_after_seconds,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, MalformedAnswer), (302, RequestRejected), (400, RequestRejected), (401, KeyRejected),
        (402, QuotaExhausted), (403, KeyRejected), (404, RequestRejected), (408, ProviderDown), (413, TooLong),
        (422, RequestRejected), (429, ProviderBusy), (500, ProviderDown), (502, ProviderDown), (503, ProviderBusy),
        (529, ProviderBusy),
    ],
)  # fmt: skip
def test_a_status_stands_for_one_kind(status, kind):
    failure = failure_of_status(status)
    assert (type(failure), failure.status) == (kind, status)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": "130"}, 130),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "3 Feb 99999999999999999999 12:00:00 GMT"}, None),
        ({"retry-after": "Tue, 24 Nov 2026 12:01:30 GMT"}, 90),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "1", "retry-after-ms": "250"}, 0.25),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers, seconds):
    assert retry_after_seconds(headers, NOW) == seconds


@pytest.mark.parametrize("word", ["sk-abc123", "Ada Quill", "ada@example.com", "4111111111111111", "x" * 70, 5])
def test_what_does_not_look_like_a_code_is_not_told(word):
    failure = ProviderFailed(provider_code=word)
    assert (failure.provider_code, str(failure)) == (None, "did not answer as it should")


def test_a_failure_says_who_failed_and_how():
    failure = KeyRejected(status=401, provider_code="invalid_api_key", provider_request_id="req_1a").by("openai")
    assert str(failure) == (
        "provider 'openai' does not accept the key, or the key may not use this model "
        "(status 401, code invalid_api_key, request req_1a)"
    )
