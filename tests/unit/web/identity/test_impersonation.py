"""Acting in a user's place (RFC 8693): who may, for how long, and that every entry says so."""

from datetime import timedelta

import jwt
import pytest

from raum.identity.actors import Role
from raum.ids import utc_now

CASES = [Role.OPERATOR, Role.OWNER]


async def begin(people, token, user, reason="a call from the customer"):
    return await people.request("POST", "/v1/impersonations", token, {"user": user.id, "reason": reason})


@pytest.fixture
async def allowed(people):
    await people.store.change_settings("acme", 0, {"impersonation": True}, people.entry())


@pytest.mark.parametrize("role", CASES)
async def test_every_entry_that_is_written_in_a_users_place_holds_both(people, allowed, role):
    ada, chief = await people.user(Role.AGENT), await people.user(role)
    granted = (await begin(people, await people.token(role), ada)).json()
    assert 0 < granted["expires_in"] <= 900
    claims = jwt.decode(granted["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["act"], claims["tenant"]) == (ada.id, {"sub": chief.id}, "acme")
    assert claims["exp"] - claims["iat"] <= 900
    await people.request("POST", "/v1/generate", granted["access_token"], {"ticket": {"id": 1, "text": "Hat"}})
    await people.request("DELETE", "/v1/sessions/current", granted["access_token"])
    ended, generated, start, *_ = await people.entries()
    by = f"{'operator' if role is Role.OPERATOR else 'user'}:{chief.id}"
    for entry, operation in ((generated, "generate"), (ended, "session_end")):
        assert (entry.operation, entry.actor, entry.impersonator) == (operation, f"user:{ada.id}", by)
    assert (start.operation, start.actor) == ("impersonation_start", by)
    assert start.target == ada.id


async def test_the_reason_is_kept_redacted(people):
    ada = await people.user(Role.AGENT)
    await begin(people, await people.token(Role.OPERATOR), ada, "Ada Quill cannot sign in")
    (entry,) = await people.entries(operation="impersonation_start")
    assert entry.impersonation_reason == "[REDACTED_NAME] cannot sign in"


@pytest.mark.parametrize(
    "body",
    [{}, {"user": "ID"}, {"user": "ID", "reason": ""}, {"user": "ID", "reason": "  "}, {"user": "ID", "reason": None},
     {"user": "ID", "reason": "x" * 501}, {"reason": "to look"}, {"user": "ID", "reason": "x", "role": "owner"}],
)  # fmt: skip
async def test_without_a_reason_there_is_none(people, body):
    ada = await people.user(Role.AGENT)
    body = {name: ada.id if value == "ID" else value for name, value in body.items()}
    response = await people.request("POST", "/v1/impersonations", await people.token(Role.OPERATOR), body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_shape")
    assert await people.entries(operation="impersonation_start") == []


async def test_whoever_acts_in_anothers_place_has_that_ones_role_and_no_other(people):
    auditor = await people.user(Role.AUDITOR)
    token = (await begin(people, await people.token(Role.OPERATOR), auditor)).json()["access_token"]
    assert (await people.request("POST", "/v1/generate", token, {})).status_code == 403


async def test_it_cannot_be_passed_on(people, allowed):
    owner, ada = await people.user(Role.OWNER), await people.user(Role.AGENT)
    token = (await begin(people, await people.token(Role.OPERATOR), owner)).json()["access_token"]
    response = await begin(people, token, ada)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_it_is_not_renewed(people):
    token = (await begin(people, await people.token(Role.OPERATOR), await people.user(Role.AGENT))).json()
    assert (await people.renew(token["access_token"])).status_code == 403


async def test_owners_may_only_where_the_account_allows_it(people):
    ada, token = await people.user(Role.AGENT), await people.token(Role.OWNER)
    assert (await begin(people, token, ada)).status_code == 403
    await people.store.change_settings("acme", 0, {"impersonation": True}, people.entry())
    assert (await begin(people, token, ada)).status_code == 201


async def test_owners_find_nobody_outside_their_account(people, allowed):
    token = await people.token(Role.OWNER)
    for stranger in (await people.user(Role.AGENT, "beta"), await people.user(Role.OPERATOR)):
        assert (await begin(people, token, stranger)).status_code == 404


async def test_nobody_acts_for_an_operator_for_oneself_or_for_a_disabled_user(people, identities, allowed):
    operator, owner, ada = [await people.user(role) for role in (Role.OPERATOR, Role.OWNER, Role.AGENT)]
    assert (await begin(people, await people.token(Role.OPERATOR), operator)).status_code == 404
    assert (await begin(people, await people.token(Role.OWNER), owner)).status_code == 403
    await identities.disable_user(ada.email)
    assert (await begin(people, await people.token(Role.OPERATOR), ada)).status_code == 404


async def test_it_ends_with_the_session_that_it_began_in(people):
    opal = await people.token(Role.OPERATOR)
    token = (await begin(people, opal, await people.user(Role.AGENT))).json()["access_token"]
    await people.request("DELETE", "/v1/sessions/current", opal)
    assert (await people.request("POST", "/v1/generate", token, {})).status_code == 401


@pytest.mark.parametrize("who", [Role.OPERATOR, Role.AGENT])
async def test_it_ends_when_either_of_the_two_is_disabled(people, identities, who):
    ada = await people.user(Role.AGENT)
    token = (await begin(people, await people.token(Role.OPERATOR), ada)).json()["access_token"]
    assert (await people.request("POST", "/v1/generate", token, {})).status_code == 400
    await identities.disable_user((await people.user(who)).email)
    assert (await people.request("POST", "/v1/generate", token, {})).status_code == 401


async def test_it_lasts_no_longer_than_the_session_that_it_began_in(people):
    soon = utc_now() + timedelta(seconds=30)
    session = await people.session(await people.user(Role.OPERATOR), expires_at=soon)
    granted = await begin(people, await people.token_of(session), await people.user(Role.AGENT))
    assert granted.json()["expires_in"] <= 30


async def test_a_token_that_drops_its_act_is_not_the_users_own(people, site):
    """Signed with the host's own key: the session says that somebody acts, and the token must say so too."""
    token = (await begin(people, await people.token(Role.OPERATOR), await people.user(Role.AGENT))).json()
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    header = jwt.get_unverified_header(token["access_token"])
    _, key = await site.host.sessions.keys.signing()
    for act in (None, {"sub": claims["sub"]}, {"sub": claims["act"]["sub"], "act": {"sub": "x"}}):
        changed = {name: value for name, value in {**claims, "act": act}.items() if value is not None}
        forged = jwt.encode(changed, key, "HS256", {"kid": header["kid"], "typ": "at+jwt"})
        assert (await people.request("POST", "/v1/generate", forged, {})).status_code == 401
