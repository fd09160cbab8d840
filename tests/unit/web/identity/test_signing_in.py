"""Signing in with a password, and from the helpdesk's app."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from attrs import evolve

from raum.errors import HelpdeskFailed, TooManyAttempts
from raum.identity.actors import Role
from raum.identity.attempts import Attempts
from raum.identity.passwords import Passwords
from raum.secrets.secret import Secret
from raum.testing import FakeHelpdesk, FakeStore

PASSWORD = "correct horse battery"
ADA = "ada@example.com"
INSTALLATION = "28666254387092"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def sign_in(people, email=ADA, password=PASSWORD):
    return await people.request("POST", "/v1/sessions", None, {"email": email, "password": password})


async def open_app(people, person=77, once="1", installation=INSTALLATION):
    token = FakeHelpdesk.app_token(installation, person, once).reveal()
    return await people.request("POST", "/v1/sessions/zendesk", None, {"token": token})


def require_refused(response):
    assert response.status_code == 401
    assert response.json()["code"] == "sign_in_refused"
    assert response.json()["detail"] == "These are not the credentials of anybody who may sign in."


@pytest.fixture
async def ada(identities):
    return await identities.create_user("acme", "Ada@Example.COM ", Role.OWNER, Secret(PASSWORD))


@pytest.fixture
async def app(identities, people):
    await identities.set_app("acme", "502876", INSTALLATION)


async def test_a_user_signs_in_asks_renews_and_signs_out(people, ada):
    response = await sign_in(people, " ADA@example.com")
    assert response.status_code == 201
    document = response.json()
    assert document["token_type"] == "Bearer"
    assert 890 <= document["expires_in"] <= 900
    token = document["access_token"]
    asked = await people.request("POST", "/v1/redactions", token, {"ticket": {"id": 1, "text": "Ada Quill"}})
    assert asked.json()["text"].endswith("[REDACTED_NAME]")
    renewed = (await people.renew(token)).json()
    assert renewed["session_expires_at"] == document["session_expires_at"]
    assert (await people.request("DELETE", "/v1/sessions/current", renewed["access_token"])).status_code == 204
    operations = [entry.operation for entry in await people.entries() if entry.actor == f"user:{ada.id}"]
    assert operations == ["session_end", "session_renew", "session_start"]


async def test_an_operation_is_recorded_under_the_user_who_asked(people, ada):
    token = (await sign_in(people)).json()["access_token"]
    await people.request("POST", "/v1/generate", token, {"ticket": {"id": 1, "text": "Ada Quill"}})
    (entry,) = await people.entries(operation="generate")
    assert (entry.actor, entry.impersonator) == (f"user:{ada.id}", None)


async def test_an_operator_signs_in_under_the_host(people, identities):
    opal = await identities.create_user(None, "opal@example.org", Role.OPERATOR, Secret(PASSWORD))
    token = (await sign_in(people, "opal@example.org")).json()["access_token"]
    assert (await people.renew(token)).status_code == 201
    assert (await people.request("POST", "/v1/generate", token, {})).status_code == 403
    operations = [entry.operation for entry in await people.entries("_host") if entry.actor == f"operator:{opal.id}"]
    assert operations == ["session_renew", "session_start"]


async def test_v6_3_8_whoever_may_not_sign_in_gets_the_same_answer_and_one_entry(people, identities, ada):
    await identities.create_user("beta", "ben@example.com", Role.AGENT, Secret(PASSWORD))
    await identities.disable_user("ben@example.com")
    cases = [
        (ADA, "wrong password", "acme", f"user:{ada.id}", "wrong_password"),
        ("nobody@example.com", PASSWORD, "_host", "user:unknown", "wrong_password"),
        ("ben@example.com", PASSWORD, "beta", None, "not_active"),
    ]
    for email, password, account, actor, reason in cases:
        before = len(await people.entries(account))
        require_refused(await sign_in(people, email, password))
        entry, *_ = await people.entries(account)
        assert len(await people.entries(account)) == before + 1
        assert (entry.operation, entry.outcome, entry.reason) == ("session_start", "failed", reason)
        assert actor is None or entry.actor == actor


async def test_v6_3_8_unknown_users_and_wrong_passwords_take_the_same_steps(people, ada, monkeypatch):
    steps = []

    def told(name, method):
        async def step(*arguments, **fields):
            steps.append(name)
            return await method(*arguments, **fields)

        return step

    store = people.store
    for name in ("is_marked", "attempt", "user_of_email", "account", "append", "forgive", "mark"):
        monkeypatch.setattr(store, name, told(name, getattr(store, name)))
    monkeypatch.setattr(Passwords, "verify", told("verify", Passwords.verify))
    seen = {}
    for email in (ADA, "nobody@example.com"):
        steps.clear()
        require_refused(await sign_in(people, email, "wrong password"))
        seen[email] = list(steps)
    assert seen[ADA] == seen["nobody@example.com"] == ["is_marked", "attempt", "user_of_email", "verify", "append"]


async def test_a_password_that_is_changed_while_it_is_verified_opens_no_session(people, identities, ada, monkeypatch):
    verify = Passwords.verify

    async def meanwhile(*arguments):
        matches = await verify(*arguments)
        await identities.set_password(ADA, Secret("another battery"))
        return matches

    monkeypatch.setattr(Passwords, "verify", meanwhile)
    require_refused(await sign_in(people))
    outcomes = [entry.outcome for entry in await people.entries(operation="session_start")]
    assert outcomes == ["failed"]


async def test_who_opens_the_app_twice_at_once_for_the_first_time_gets_in_twice_and_is_one_user(
    people, app, monkeypatch
):
    find, both = people.store.user_of_person, asyncio.Barrier(2)

    async def at_once(*arguments):
        found = await find(*arguments)
        if found is None:
            await both.wait()
        return found

    monkeypatch.setattr(people.store, "user_of_person", at_once)
    answers = await asyncio.gather(open_app(people, once="1"), open_app(people, once="2"))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len([user for user in await people.store.users("acme") if user.person_id == 77]) == 1


async def test_v11_4_2_a_hash_of_the_past_is_renewed_when_its_user_signs_in(people, ada, monkeypatch):
    _, before = await people.store.user_of_email(ADA)
    dearer = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people.site.host.sessions.passwords, "_hasher", dearer)
    assert (await sign_in(people)).status_code == 201
    _, after = await people.store.user_of_email(ADA)
    assert (before != after, dearer.check_needs_rehash(after)) == (True, False)
    assert (await sign_in(people)).status_code == 201
    assert (await people.store.user_of_email(ADA))[1] == after


async def test_a_user_of_an_account_that_is_shut_does_not_get_in(people, identities, ada):
    await identities.suspend("acme")
    require_refused(await sign_in(people))
    await identities.resume("acme")
    assert (await sign_in(people)).status_code == 201


async def test_no_address_password_or_token_is_logged_or_in_an_entry(people, ada, logged):
    granted = (await sign_in(people)).json()["access_token"]
    await sign_in(people, "stranger@example.net", "a wrong secret")
    await people.renew(granted)
    told = logged() + str([await people.entries(account) for account in ("acme", "beta", "_host")])
    for secret in (ADA, PASSWORD, "stranger@example.net", "a wrong secret", granted, granted.split(".")[2]):
        assert secret not in told


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": ADA},
        {"email": ADA, "password": ""},
        {"email": ADA, "password": 7},
        {"email": [ADA], "password": PASSWORD},
        {"email": ADA, "password": PASSWORD, "account": "beta"},
        {"email": "a\0b", "password": PASSWORD},
    ],
)
async def test_a_body_of_another_shape_is_refused_unseen(people, ada, body):
    response = await people.request("POST", "/v1/sessions", None, body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_shape")
    assert ADA not in response.text


async def test_v6_3_1_whoever_guesses_has_to_wait_and_is_told_how_long(people, ada):
    for _ in range(5):
        require_refused(await sign_in(people, password="a wrong guess"))
    for password in ("a wrong guess", PASSWORD):
        response = await sign_in(people, password=password)
        assert (response.status_code, response.json()["code"]) == (429, "too_many_attempts")
        assert 1 <= int(response.headers["retry-after"]) <= 60


async def test_v6_3_1_guesses_at_somebody_who_is_not_there_are_slowed_alike(people):
    answers = [(await sign_in(people, "nobody@example.com")).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


async def waits(attempts, number, client_ip, email, now=NOON):
    """The waits of attempts one after the other, each made as soon as it may be."""
    found = []
    for _ in range(number):
        try:
            await attempts.begin(client_ip, now, email)
            found.append(0.0)
        except TooManyAttempts as early:
            found.append(early.seconds)
            now += timedelta(seconds=early.seconds)
    return found


async def test_waits_double_up_to_a_minute_for_strangers_so_that_nobody_is_locked_out():
    found = await waits(Attempts(FakeStore()), 30, "192.0.2.1", ADA)
    pauses = [seconds for seconds in found if seconds]
    assert found[:5] == [0.0] * 5
    assert pauses[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert max(pauses) <= 60


async def test_strangers_elsewhere_do_not_slow_down_a_user_where_that_one_always_is():
    attempts = Attempts(FakeStore())
    await (await attempts.begin("198.51.100.7", NOON, ADA)).succeeded(NOON)
    for number in range(5):
        await attempts.begin(f"192.0.2.{number}", NOON, ADA)
    with pytest.raises(TooManyAttempts):
        await attempts.begin("192.0.2.99", NOON, ADA)
    await attempts.begin("198.51.100.7", NOON, ADA)


async def test_strangers_at_the_same_address_do_not_slow_down_who_is_familiar_there():
    attempts = Attempts(FakeStore())
    await (await attempts.begin("198.51.100.7", NOON, ADA)).succeeded(NOON)
    for number in range(20):
        await attempts.begin("198.51.100.7", NOON, f"user-{number}@example.com")
    with pytest.raises(TooManyAttempts):
        await attempts.begin("198.51.100.7", NOON, "user-21@example.com")
    await attempts.begin("198.51.100.7", NOON, ADA)


async def test_whoever_guesses_from_where_the_user_always_is_waits_there():
    attempts = Attempts(FakeStore())
    await (await attempts.begin("198.51.100.7", NOON, ADA)).succeeded(NOON)
    found = await waits(attempts, 40, "198.51.100.7", ADA)
    assert found[:5] == [0.0] * 5
    assert max(found) > 60


async def test_one_address_cannot_go_through_many_users():
    attempts = Attempts(FakeStore())
    for number in range(20):
        await attempts.begin("192.0.2.1", NOON, f"user-{number}@example.com")
    with pytest.raises(TooManyAttempts):
        await attempts.begin("192.0.2.1", NOON, "user-21@example.com")
    await attempts.begin("192.0.2.2", NOON, "user-21@example.com")


async def test_an_ipv6_subscriber_is_one_address():
    attempts = Attempts(FakeStore())
    for number in range(20):
        await attempts.begin(f"2001:db8::{number:x}", NOON, f"user-{number}@example.com")
    with pytest.raises(TooManyAttempts):
        await attempts.begin("2001:db8::ffff", NOON, "user-21@example.com")
    await attempts.begin("2001:db8:0:1::1", NOON, "user-21@example.com")


async def test_signing_in_clears_what_was_mistyped(people, ada):
    for _ in range(3):
        for _ in range(4):
            require_refused(await sign_in(people, password="mistyped again"))
        assert (await sign_in(people)).status_code == 201


async def test_who_opens_the_app_for_the_first_time_becomes_an_agent(people, app):
    first = await open_app(people)
    assert first.status_code == 201
    (user,) = await people.store.users("acme")
    assert (user.role, user.person_id, user.email) == (Role.AGENT, 77, None)
    assert (await open_app(people, once="2")).status_code == 201
    assert await people.store.users("acme") == [user]
    again, entry = await people.entries(operation="session_start")
    assert [change.name for change in entry.changes] == ["user", "role"]
    assert again.changes == ()
    answer = await people.request("POST", "/v1/redactions", first.json()["access_token"], {})
    assert answer.status_code == 400


async def test_a_user_who_is_known_keeps_the_role(people, identities, app):
    ada = await identities.create_user("acme", ADA, Role.AUDITOR, Secret(PASSWORD), 77)
    token = (await open_app(people)).json()["access_token"]
    assert (await people.request("POST", "/v1/redactions", token, {})).status_code == 403
    assert (await people.entries(operation="session_start"))[0].actor == f"user:{ada.id}"


async def test_v9_1_1_a_token_of_the_app_is_good_once(people, app):
    assert (await open_app(people)).status_code == 201
    require_refused(await open_app(people))
    assert len(await people.entries(operation="session_start")) == 1
    (failure,) = await people.entries("_host", "session_start")
    assert failure.reason == "invalid_token"


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: token.replace(".77.", ".78."), lambda _: "x"]
)
async def test_a_token_that_the_helpdesk_did_not_sign_is_refused(people, app, change):
    token = change(FakeHelpdesk.app_token(INSTALLATION, 77, "1").reveal())
    require_refused(await people.request("POST", "/v1/sessions/zendesk", None, {"token": token}))
    assert await people.store.users("acme") == []


async def test_a_token_of_an_installation_that_nobody_has_is_refused(people, app):
    require_refused(await open_app(people, installation="1"))


async def test_a_token_of_the_app_opens_its_own_account_alone(people, identities, app):
    await identities.set_app("beta", "502876", "99")
    await open_app(people, installation="99")
    assert await people.store.users("acme") == []
    assert len(await people.store.users("beta")) == 1


@pytest.mark.parametrize("shut", ["suspend", "delete"])
async def test_the_app_of_an_account_that_is_shut_opens_nothing(people, identities, app, shut):
    await getattr(identities, shut)("acme")
    require_refused(await open_app(people))


async def test_a_disabled_user_does_not_come_back_through_the_app(people, identities, app):
    await open_app(people)
    (user,) = await people.store.users("acme")
    await identities.disable_user(user.id)
    require_refused(await open_app(people, once="2"))


async def test_a_helpdesk_that_does_not_give_its_key_is_not_the_tokens_fault(people, app, site, monkeypatch):
    async def fails(*_):
        raise HelpdeskFailed("the helpdesk cannot be reached", retryable=True)

    monkeypatch.setattr(site.host.helpdesk, "app_user", fails)
    assert (await open_app(people)).status_code == 503


async def test_webhooks_and_jobs_of_an_account_that_is_shut_are_as_if_it_were_not_there(site, people, identities):
    body = json.dumps({"event": "e-1", "ticket": 1}).encode()
    await identities.suspend("acme")
    shut, unknown = await site.deliver(body), await site.client.post("/webhooks/zendesk/nothing", content=body)
    assert shut.status_code == unknown.status_code == 404
    assert {**shut.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    await identities.resume("acme")
    assert (await site.deliver(body)).status_code == 202


def test_an_account_is_active_until_the_moment_that_it_ends(site):
    account = evolve(site.account, ends_at=NOON)
    assert account.is_active(NOON - timedelta(microseconds=1)) is True
    assert account.is_active(NOON) is False
    assert account.state_at(NOON) == "terminated"
