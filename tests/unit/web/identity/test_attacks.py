"""Tokens as attackers make them. Each is refused with the same 401, and the genuine one beside it is not.

The numbers are those of OWASP ASVS 5.0.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from attrs import define
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from raum.identity.actors import Actor, Role, Scope
from raum.ids import utc_now
from raum.secrets.secret import Secret

RSA = generate_private_key(65_537, 2048)
RSA_PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def packed(value):
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode())
        .rstrip(b"=")
        .decode()
    )


@define
class Forge:
    """A genuine token taken apart, and the very key that it was signed with: worse than any attacker has it."""

    token: str
    key: bytes
    header: dict
    claims: dict

    def signed(self, *, header=None, drop=(), key=None, **claims):
        """The token with other claims or another header, signed with the host's own key."""
        payload = {name: value for name, value in {**self.claims, **claims}.items() if name not in drop}
        head = {**self.header, **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        signed = f"{packed(head)}.{packed(payload)}"
        return f"{signed}.{packed(hmac.new(key or self.key, signed.encode(), hashlib.sha256).digest())}"

    def unsigned(self, algorithm):
        return f"{packed({**self.header, 'alg': algorithm})}.{packed(self.claims)}."


def at(**ago):
    return int((utc_now() - timedelta(**ago)).timestamp())


def tampered(forge):
    head, _, signature = forge.token.split(".")
    return f"{head}.{packed({**forge.claims, 'role': 'owner'})}.{signature}"


def confused(forge):
    """Signed with HMAC and a public key as its secret, and said to be RSA; and the other way round."""
    return forge.signed(header={"alg": "RS256"}, key=PUBLIC_PEM)


def signed_by_rsa(forge):
    return jwt.encode(forge.claims, RSA_PEM, "RS256", headers={"kid": forge.header["kid"], "typ": "at+jwt"})


FORGED = {
    "V9.1.2 alg none": lambda forge: forge.unsigned("none"),
    "V9.1.2 alg None in other letters": lambda forge: forge.unsigned("nOnE"),
    "V9.1.2 alg none with the signature left on": lambda forge: forge.signed(header={"alg": "none"}),
    "V9.1.1 no signature": lambda forge: forge.token.rpartition(".")[0] + ".",
    "V9.1.1 two parts": lambda forge: forge.token.rpartition(".")[0],
    "V9.1.1 four parts": lambda forge: forge.token + ".e30",
    "V9.1.1 a signature of nothing": lambda forge: forge.token.rpartition(".")[0] + "." + packed(b"\0" * 32),
    "V9.1.1 another key": lambda forge: forge.signed(key=b"k" * 32),
    "V9.1.1 an empty key": lambda forge: forge.signed(key=b"\0"),
    "V9.1.1 a payload of another role": tampered,
    "V9.1.2 RS256 with a public key as secret": confused,
    "V9.1.2 RS256": signed_by_rsa,
    "V9.1.2 HS512": lambda forge: jwt.encode(
        forge.claims, forge.key * 2, "HS512", headers={"kid": forge.header["kid"], "typ": "at+jwt"}
    ),
    "V9.1.3 an unknown kid": lambda forge: forge.signed(header={"kid": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    "V9.1.3 a kid that is a path": lambda forge: forge.signed(header={"kid": "../../dev/null"}),
    "V9.1.3 a kid that is SQL": lambda forge: forge.signed(header={"kid": "' UNION SELECT 'k"}),
    "V9.1.3 a kid that is no text": lambda forge: forge.signed(header={"kid": 7}),
    "V9.1.3 a kid that no store takes": lambda forge: forge.signed(header={"kid": "\0"}),
    "V9.1.3 a kid that is half a character": lambda forge: forge.signed(header={"kid": "\ud800"}),
    "V9.1.3 no kid": lambda forge: forge.signed(header={"kid": None}),
    "V9.1.3 jku": lambda forge: forge.signed(header={"jku": "https://attacker.example/keys.json"}),
    "V9.1.3 x5u": lambda forge: forge.signed(header={"x5u": "https://attacker.example/cert.pem"}),
    "V9.1.3 jwk": lambda forge: forge.signed(header={"jwk": {"kty": "oct", "k": packed(b"k" * 32)}}),
    "V9.1.3 x5c": lambda forge: forge.signed(header={"x5c": ["MIIB"]}),
    "an unknown crit": lambda forge: forge.signed(header={"crit": ["urn:attacker"], "urn:attacker": 1}),
    "an unencoded payload": lambda forge: forge.signed(header={"crit": ["b64"], "b64": False}),
    "compressed": lambda forge: forge.signed(header={"zip": "DEF"}),
    "V9.2.2 typ of another token": lambda forge: forge.signed(header={"typ": "JWT"}),
    "V9.2.2 no typ": lambda forge: forge.signed(header={"typ": None}),
    "V9.2.1 expired": lambda forge: forge.signed(iat=at(minutes=20), exp=at(minutes=5)),
    "V9.2.1 expired this second": lambda forge: forge.signed(iat=at(minutes=15), exp=at(seconds=0)),
    "V9.2.1 no exp": lambda forge: forge.signed(drop=["exp"]),
    "V9.2.1 exp that is no number": lambda forge: forge.signed(exp="tomorrow"),
    "V9.2.1 exp that is never": lambda forge: forge.signed(exp=1e400),
    "V9.2.1 good for a day": lambda forge: forge.signed(exp=at(days=-1)),
    "V9.2.1 good for sixteen minutes": lambda forge: forge.signed(iat=at(seconds=0), exp=at(minutes=-16)),
    "V9.2.1 nbf in the future": lambda forge: forge.signed(nbf=at(minutes=-5)),
    "V9.2.1 iat in the future": lambda forge: forge.signed(iat=at(minutes=-5), exp=at(minutes=-10)),
    "V9.2.1 iat a minute ahead": lambda forge: forge.signed(iat=at(minutes=-1), exp=at(minutes=-10)),
    "V9.2.1 no iat": lambda forge: forge.signed(drop=["iat"]),
    "V9.2.3 another audience": lambda forge: forge.signed(aud="urn:other:api"),
    "V9.2.3 several audiences": lambda forge: forge.signed(aud=["urn:raum:api", "urn:other:api"]),
    "V9.2.3 no audience": lambda forge: forge.signed(drop=["aud"]),
    "another issuer": lambda forge: forge.signed(iss="https://attacker.example"),
    "several issuers": lambda forge: forge.signed(iss=["urn:raum:host"]),
    "no issuer": lambda forge: forge.signed(drop=["iss"]),
    "no subject": lambda forge: forge.signed(drop=["sub"]),
    "a subject that is no text": lambda forge: forge.signed(sub=1),
    "no jti": lambda forge: forge.signed(drop=["jti"]),
    "no session": lambda forge: forge.signed(drop=["sid"]),
    "a session that is not there": lambda forge: forge.signed(sid="01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    "V8.3.1 no role": lambda forge: forge.signed(drop=["role"]),
    "V8.3.1 another role than the user has": lambda forge: forge.signed(role="owner"),
    "V8.2.2 no tenant": lambda forge: forge.signed(drop=["tenant"]),
    "V8.2.2 another account's tenant": lambda forge: forge.signed(tenant="beta"),
    "V8.2.2 the host as tenant": lambda forge: forge.signed(tenant="_host", role="operator"),
    "act of somebody who began nothing": lambda forge: forge.signed(act={"sub": "somebody"}),
    "act that is empty": lambda forge: forge.signed(act={}),
    "act that is null": lambda forge: forge.signed(act=None),
    "act that is a text": lambda forge: forge.signed(act="somebody"),
    "act within act": lambda forge: forge.signed(act={"sub": "a", "act": {"sub": "b"}}),
    "a payload that is a list": lambda forge: forge.token.split(".")[0] + "." + packed([1]) + "." + packed(b"x" * 32),
    "a header that is a bomb of brackets": lambda forge: packed(b"[" * 2000) + "." + packed({}) + "." + packed(b"x"),
    "very long": lambda forge: forge.signed(note="x" * 5000),
    "with a blank": lambda forge: forge.token + " ",
    "with a padding sign": lambda forge: forge.token + "=",
    "in other letters": lambda forge: forge.token.swapcase(),
    "nothing": lambda forge: "",
}


@pytest.fixture
async def forge(site, people):
    token = await people.token(Role.AGENT)
    _, key = await site.host.sessions.keys.signing()
    claims = jwt.decode(token, options={"verify_signature": False})
    return Forge(token, key, jwt.get_unverified_header(token), claims)


async def require_refused(people, token):
    response = await people.renew(token)
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_genuine_token_says_what_it_must_and_no_more(forge):
    assert set(forge.header) == {"alg", "kid", "typ"}
    assert (forge.header["alg"], forge.header["typ"]) == ("HS256", "at+jwt")
    assert set(forge.claims) == {"iss", "aud", "sub", "tenant", "role", "iat", "exp", "jti", "sid"}
    assert 0 < forge.claims["exp"] - forge.claims["iat"] <= 900
    assert len(forge.key) == 32


@pytest.mark.parametrize("attack", FORGED.values(), ids=FORGED)
async def test_a_forged_token_is_refused(people, forge, attack):
    forged = attack(forge)
    assert forged != forge.token
    await require_refused(people, forged)
    assert (await people.renew(forge.token)).status_code == 201
    assert (await people.renew(forge.signed())).status_code == 201


@pytest.mark.parametrize("kid", ["\0", "\ud800", "", "k" * 200, "01arz3ndektsv4rrffq69g5fav"])
async def test_v9_1_3_a_kid_that_no_key_of_the_host_can_have_is_not_looked_for(people, forge, monkeypatch, kid):
    """A database would fail at some of them: 503 for whoever asks, and an error in the log each time."""
    monkeypatch.setattr(people.store, "session_key", None)
    await require_refused(people, forge.signed(header={"kid": kid}))


async def test_a_token_of_a_host_whose_clock_is_a_little_ahead_is_good(people, forge):
    token = forge.signed(iat=at(seconds=-20), exp=at(minutes=-14))
    assert (await people.renew(token)).status_code == 201


async def test_v7_4_1_a_token_is_refused_once_its_session_has_ended(people, forge):
    assert (await people.request("DELETE", "/v1/sessions/current", forge.token)).status_code == 204
    await require_refused(people, forge.token)


async def test_v7_4_1_a_token_that_was_renewed_before_signing_out_is_refused_too(people, forge):
    renewed = (await people.renew(forge.token)).json()["access_token"]
    await people.request("DELETE", "/v1/sessions/current", forge.token)
    await require_refused(people, renewed)


async def test_v7_3_2_a_token_ends_with_its_session_however_often_it_was_renewed(people):
    ada = await people.user(Role.AGENT)
    soon = utc_now() + timedelta(seconds=60)
    token = await people.token_of(await people.session(ada, expires_at=soon))
    renewed = (await people.renew(token)).json()
    assert renewed["expires_in"] <= 60
    over = await people.session(ada, expires_at=utc_now() - timedelta(seconds=1))
    await require_refused(people, await people.token_of(over))


async def test_v7_4_2_a_token_of_a_disabled_user_is_refused(people, identities, forge):
    ada = await people.user(Role.AGENT)
    await identities.disable_user(ada.email)
    await require_refused(people, forge.token)
    await identities.enable_user(ada.email)
    await require_refused(people, forge.token)


async def test_v7_4_2_a_token_of_a_user_whose_role_or_password_changed_is_refused(people, identities):
    for change in (
        lambda email: identities.change_role(email, Role.AUDITOR),
        lambda email: identities.set_password(email, Secret("another password")),
    ):
        token = await people.token(Role.ADMIN)
        await change((await people.user(Role.ADMIN)).email)
        await require_refused(people, token)


@pytest.mark.parametrize("shut", ["suspend", "terminate", "delete"])
async def test_v8_3_2_a_token_of_an_account_that_is_shut_is_refused(people, identities, forge, shut):
    service = await people.service_token(Scope.OPERATIONS)
    other = await people.token(Role.AGENT, "beta")
    act = getattr(identities, shut)
    await (act("acme", utc_now()) if shut == "terminate" else act("acme"))
    await require_refused(people, forge.token)
    await require_refused(people, service)
    assert (await people.renew(other)).status_code == 201


async def test_a_token_of_an_account_that_ends_tomorrow_is_good_today(people, identities, forge):
    await identities.terminate("acme", utc_now() + timedelta(days=1))
    assert (await people.renew(forge.token)).status_code == 201


async def test_a_suspended_account_that_is_resumed_goes_on_where_it_was(people, identities, forge):
    await identities.suspend("acme")
    await require_refused(people, forge.token)
    await identities.resume("acme")
    assert (await people.renew(forge.token)).status_code == 201


async def test_a_token_of_a_key_that_was_rotated_lasts_until_it_ends(people, identities, forge):
    await identities.rotate_session_keys(at_once=False)
    assert (await people.renew(forge.token)).status_code == 201
    renewed = (await people.renew(forge.token)).json()["access_token"]
    assert jwt.get_unverified_header(renewed)["kid"] != forge.header["kid"]


async def test_a_token_of_a_key_that_was_rotated_at_once_is_refused(people, identities, forge):
    await identities.rotate_session_keys(at_once=True)
    await require_refused(people, forge.token)
    fresh = await people.token_of(await people.session(await people.user(Role.AGENT)))
    assert (await people.renew(fresh)).status_code == 201


async def test_a_key_that_another_host_rotated_is_refused_here_at_once(site, people, forge):
    """Nothing about keys is remembered beside the store: no host lags behind."""
    key = await site.host.store.session_key(forge.header["kid"])
    await site.host.store.add_session_key(
        type(key)("another", key.ciphertext, utc_now()), datetime(2026, 1, 1, tzinfo=UTC), people.entry()
    )
    await require_refused(people, forge.token)


SERVICE = {
    "cut": lambda token: token[:-1],
    "longer": lambda token: token + "A",
    "without its prefix": lambda token: token.removeprefix("raum_"),
    "its prefix alone": lambda token: "raum_",
    "in other letters": lambda token: "raum_" + token.removeprefix("raum_").swapcase(),
    "its digest": lambda token: "raum_" + hashlib.sha256(token.encode()).hexdigest(),
    "with a NUL": lambda token: token + "\0",
}


@pytest.mark.parametrize("attack", SERVICE.values(), ids=SERVICE)
async def test_a_service_token_that_is_not_whole_is_refused(people, attack):
    token = await people.service_token(Scope.OPERATIONS)
    headers = {"authorization": f"Bearer {attack(token)}".encode()}
    response = await people.site.client.post("/v1/redactions", headers=headers, json={})
    assert response.status_code == 401
    assert (await people.request("POST", "/v1/redactions", token, {})).status_code == 400


async def test_a_service_token_that_has_expired_is_refused(people):
    await require_refused(people, await people.service_token(Scope.OPERATIONS, days=0))


async def test_a_service_token_that_was_revoked_is_refused(site, people):
    token = await people.service_token(Scope.OPERATIONS)
    (known,) = [each for each in await people.store.tokens("acme") if each.label.startswith("for ")]
    await site.host.administration(Actor("operator", "tester")).revoke_token("acme", known.id)
    await require_refused(people, token)
