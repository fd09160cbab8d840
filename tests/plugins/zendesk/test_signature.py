"""The webhook signature.

The fixed signatures were computed with OpenSSL, not with the code under test:
`printf '%s' "$timestamp$body" | openssl dgst -sha256 -hmac "$secret" -binary | base64`.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.api import InvalidSignature, Secret
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.signature import sign

SECRET = "c3BhcnJvd3MtaW4tdGhlLWVhdmVzCg=="
TIMESTAMP = "2026-05-04T10:20:30Z"
BODY = b'{\n   "id": "one"\n}\n'
SIGNATURE = "1zAxcEXpk2o9igwcdi9nVzQH6MRJvVr9LXaDlnS4DzI="
OPTIONS = ZendeskOptions()
NOW = datetime(2026, 5, 4, 10, 21, tzinfo=UTC)

MISMATCH = "the signature does not match the body and any signing secret of the account"
UNSIGNED = "the delivery is not signed: a signature header is missing"
STALE = "the signature is too old, or its time lies in the future"
BAD_TIME = "the signature's timestamp is not a time in ISO 8601"


def verify(*, body=BODY, signature=SIGNATURE, timestamp=TIMESTAMP, secrets=(SECRET,), now=NOW, options=OPTIONS):
    headers = {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": timestamp,
    }
    given = {name: value for name, value in headers.items() if value is not None}
    Zendesk(options).verify(given, body, [Secret(secret) for secret in secrets], now)


def signature_of(message, key):
    return hmac.new(key, message, hashlib.sha256)


def test_a_signature_that_another_program_made_is_accepted():
    verify()


def test_our_own_signature_is_the_one_that_another_program_makes():
    assert sign(SECRET, TIMESTAMP, BODY) == SIGNATURE


def test_a_delivery_without_a_body_is_signed_over_its_timestamp():
    verify(body=b"", signature=sign(SECRET, TIMESTAMP, b""))


@pytest.mark.parametrize(
    "secrets", [("new", SECRET), (SECRET, "new"), ("", SECRET)], ids=["old is second", "old is first", "one is empty"]
)
def test_any_of_several_secrets_may_have_signed(secrets):
    verify(secrets=secrets)


WRONG = {
    "a changed body": {"body": BODY.replace(b"one", b"two")},
    "a body written anew": {"body": b'{"id":"one"}'},
    "another timestamp": {"timestamp": "2026-05-04T10:20:31Z"},
    "another secret": {"secrets": ("another",)},
    "no secret": {"secrets": ()},
    "an empty secret": {"secrets": ("",), "signature": sign("", TIMESTAMP, BODY)},
    "the body before the timestamp": {
        "signature": base64.b64encode(signature_of(BODY + TIMESTAMP.encode(), SECRET.encode()).digest()).decode()
    },
    "hexadecimal": {"signature": signature_of(TIMESTAMP.encode() + BODY, SECRET.encode()).hexdigest()},
    "the secret decoded": {
        "signature": base64.b64encode(
            signature_of(TIMESTAMP.encode() + BODY, base64.b64decode(SECRET)).digest()
        ).decode()
    },
    "half a signature": {"signature": SIGNATURE[:22]},
    "other characters": {"signature": "é" * 44},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_signature_over_anything_else_is_refused(change):
    with pytest.raises(InvalidSignature) as caught:
        verify(**change)
    assert str(caught.value) == MISMATCH


@pytest.mark.parametrize("missing", [{"signature": None}, {"timestamp": None}, {"signature": ""}, {"timestamp": ""}])
def test_a_delivery_without_signature_or_timestamp_is_refused(missing):
    with pytest.raises(InvalidSignature) as caught:
        verify(**missing)
    assert str(caught.value) == UNSIGNED


@pytest.mark.parametrize(
    "timestamp",
    [
        *("yesterday", "1777890030", "2026-05-04", "2026-05-04T10:20:30", "2026-05-04T10:20:30.1234567890Z"),
        *("2026-13-04T10:20:30Z", "2026-05-04T10:20:30Z\n", "٢026-05-04T10:20:30Z"),
    ],
)
def test_a_timestamp_that_is_no_time_is_refused_though_signed(timestamp):
    with pytest.raises(InvalidSignature) as caught:
        verify(timestamp=timestamp, signature=sign(SECRET, timestamp, BODY))
    assert str(caught.value) == BAD_TIME


@pytest.mark.parametrize("fraction", ["", ".1", ".123456", ".123456789"])
def test_a_timestamp_has_up_to_nine_digits_after_the_second(fraction):
    timestamp = f"2026-05-04T10:20:30{fraction}Z"
    verify(timestamp=timestamp, signature=sign(SECRET, timestamp, BODY))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_signature_is_good_for_five_minutes_both_ways(seconds):
    verify(now=datetime.fromisoformat(TIMESTAMP) + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_older_or_later_signature_is_refused(seconds):
    with pytest.raises(InvalidSignature) as caught:
        verify(now=datetime.fromisoformat(TIMESTAMP) + timedelta(seconds=seconds))
    assert str(caught.value) == STALE


def test_the_operator_says_how_old_a_signature_may_be():
    options = ZendeskOptions(signature_age_seconds=10)
    with pytest.raises(InvalidSignature) as caught:
        verify(options=options)
    assert str(caught.value) == STALE


@given(st.text(), st.text(min_size=1), st.binary())
def test_whatever_the_headers_hold_the_answer_is_no(signature, timestamp, body):
    with pytest.raises(InvalidSignature):
        verify(signature=signature, timestamp=timestamp, body=body, secrets=(SECRET, "\ud800"))
