"""The token that Zendesk signs when its app is opened: what the part takes, and what it refuses (ASVS 5.0, V9)."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_curve_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from raum.api import Account, HelpdeskFailed, InvalidSignature, Secret
from raum.testing import FakeLogin
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.app_tokens import AppKeys
from raum_zendesk.standin import ZendeskStandIn
from raum_zendesk.standin.apps import APP, INSTALLATION

URL = "https://acme.zendesk.com"
ACCOUNT = Account("acme", "acme", "hook", app=APP, installation=INSTALLATION)
OTHER_KEY = generate_private_key(65_537, 2048)


def ago(**time):
    return datetime.now(UTC) - timedelta(**time)


@pytest.fixture
def standin():
    return ZendeskStandIn()


@pytest.fixture
async def desk(standin):
    async with Zendesk(ZendeskOptions(), transport=httpx2.ASGITransport(standin.app)) as desk:
        yield desk


@pytest.fixture
def opened(desk, standin):
    """Who opened the app, by a token."""

    async def ask(token, account=ACCOUNT):
        return await desk.app_user(account, FakeLogin(standin.token), token)

    return ask


def key_requests(standin):
    return [request.path for request in standin.requests if request.path.endswith("public_key.pem")]


async def test_a_genuine_token_says_who_opened_the_app(desk, standin, opened):
    token = standin.apps.token(URL, 9_120_100_000_001)
    assert desk.installation_of(token) == INSTALLATION
    user = await opened(token)
    assert user.id == 9_120_100_000_001
    assert timedelta(0) < user.expires_at - datetime.now(UTC) < timedelta(minutes=3)
    assert key_requests(standin) == [f"/api/v2/apps/{APP}/public_key.pem"]


@pytest.mark.parametrize("claims", [{"sub": "77"}, {"iss": URL}, {"nbf": None}, {"jti": "one"}, {"qsh": None}])
async def test_what_zendesk_may_leave_out_or_write_otherwise_is_taken(standin, opened, claims):
    assert (await opened(standin.apps.token(URL, 77, **claims))).id == 77


@pytest.mark.parametrize("jti", ["one", None])
async def test_a_token_is_known_again_and_cannot_be_rewritten(standin, opened, jti):
    token = standin.apps.token(URL, 77, jti=jti)
    once = (await opened(token)).once
    assert (await opened(Secret(token.reveal()))).once == once
    assert (await opened(standin.apps.token(URL, 78, jti=jti and "two"))).once != once
    # The last character of a signature of 256 bytes has four bits that stand for nothing.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    text = token.reveal()
    for last in set(alphabet[alphabet.index(text[-1]) // 16 * 16 :][:16]) - {text[-1]}:
        with pytest.raises(InvalidSignature):
            await opened(Secret(text[:-1] + last))


REFUSED = {
    "expired": {"exp": ago(minutes=1)},
    "no exp": {"exp": None},
    "no iat": {"iat": None},
    "no sub": {"sub": None},
    "no aud": {"aud": None},
    "no iss": {"iss": None},
    "nbf in the future": {"nbf": ago(days=-1)},
    "iat in the future": {"iat": ago(days=-1)},
    "another installation": {"aud": f"{URL}/api/v2/apps/installations/1.json"},
    "another account's installation": {
        "aud": f"https://other.zendesk.com/api/v2/apps/installations/{INSTALLATION}.json"
    },
    "several audiences": {"aud": [f"{URL}/api/v2/apps/installations/{INSTALLATION}.json"]},
    "an audience that goes on": {"aud": f"{URL}/api/v2/apps/installations/{INSTALLATION}.json/x"},
    "another issuer": {"iss": "other.zendesk.com"},
    "an issuer without TLS": {"iss": "http://acme.zendesk.com"},
    "a user of another Zendesk, who is none": {"sub": "https://acme.zendesk.com/api/v2/organizations/7.json"},
    "a user who is no number": {"sub": "7; DROP TABLE users"},
    "a user of zero": {"sub": "0"},
    "a sub that is no text": {"sub": 7},
    "a jti that is no text": {"jti": 7},
}


@pytest.mark.parametrize("claims", REFUSED.values(), ids=REFUSED)
async def test_a_token_that_zendesk_signed_for_something_else_is_refused(standin, opened, claims):
    with pytest.raises(InvalidSignature, match="the app's token is not valid"):
        await opened(standin.apps.token(URL, 77, **claims))


def signed_with(token, key, algorithm, **header):
    claims = jwt.decode(token.reveal(), options={"verify_signature": False})
    return Secret(jwt.encode(claims, key, algorithm, header))


def confused(standin, token):
    """HMAC with the public key, which anybody may have, as its secret."""
    pem = standin.apps.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    signed = f"{head}.{token.reveal().split('.')[1]}"
    mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return Secret(f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


FORGED = {
    "another key": lambda standin, token: signed_with(token, OTHER_KEY, "RS256"),
    "another key, which comes along": lambda standin, token: signed_with(
        token, OTHER_KEY, "RS256", jku="https://attacker.example/keys.json"
    ),
    "alg none": lambda standin, token: signed_with(token, None, "none"),
    "HS256 with the public key": confused,
    "HS256": lambda standin, token: signed_with(token, b"k" * 32, "HS256"),
    "PS256 with the right key": lambda standin, token: signed_with(token, standin.apps.key, "PS256"),
    "RS512 with the right key": lambda standin, token: signed_with(token, standin.apps.key, "RS512"),
    "ES256": lambda standin, token: signed_with(token, generate_curve_key(SECP256R1()), "ES256"),
    "an unknown crit": lambda standin, token: signed_with(token, standin.apps.key, "RS256", crit=["x"], x=1),
    "no signature": lambda standin, token: Secret(token.reveal().rpartition(".")[0] + "."),
    "cut": lambda standin, token: Secret(token.reveal()[:-4]),
    "very long": lambda standin, token: standin.apps.token(URL, 77, note="x" * 9000),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_token_that_zendesk_did_not_sign_so_is_refused(standin, opened, forge):
    token = standin.apps.token(URL, 77)
    with pytest.raises(InvalidSignature, match="the app's token is not valid"):
        await opened(forge(standin, token))
    assert (await opened(token)).id == 77


async def test_an_account_without_an_app_takes_none(standin, opened):
    token = standin.apps.token(URL, 77)
    for account in (Account("acme", "acme", "hook"), Account("acme", "acme", "hook", app=APP, installation="1")):
        with pytest.raises(InvalidSignature):
            await opened(token, account)
    assert key_requests(standin) == []


async def test_an_app_that_zendesk_does_not_know_opens_nothing(standin, opened):
    with pytest.raises(InvalidSignature):
        await opened(standin.apps.token(URL, 77), Account("acme", "acme", "hook", app="1", installation=INSTALLATION))


async def test_a_key_that_cannot_be_had_is_told_apart_from_a_bad_token(standin, opened):
    standin.fail_next(500)
    with pytest.raises(HelpdeskFailed):
        await opened(standin.apps.token(URL, 77))


async def test_the_key_is_fetched_once_and_again_when_zendesk_has_another(desk, standin, opened):
    now = [0.0]
    desk._app_keys = AppKeys(lambda: now[0])
    await opened(standin.apps.token(URL, 77))
    await opened(standin.apps.token(URL, 78))
    assert len(key_requests(standin)) == 1
    standin.apps.key = generate_private_key(65_537, 2048)
    with pytest.raises(InvalidSignature):  # whoever sends rubbish does not make the host ask Zendesk each time
        await opened(standin.apps.token(URL, 79))
    assert len(key_requests(standin)) == 1
    now[0] = 61.0
    assert (await opened(standin.apps.token(URL, 79))).id == 79
    now[0] = 4000.0
    await opened(standin.apps.token(URL, 80))
    assert len(key_requests(standin)) == 3


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_key_that_is_too_short_is_not_taken(standin, opened):
    standin.apps.key = generate_private_key(65_537, 1024)
    with pytest.raises(InvalidSignature):
        await opened(standin.apps.token(URL, 77))
