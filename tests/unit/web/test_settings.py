"""Settings and credentials over HTTP."""

import json

import pytest

from raum.api import Ticket, TicketText
from raum.settings import Stored

PATCH = "application/merge-patch+json"


async def patch(site, document, etag='"0"', **headers):
    headers = {"content-type": PATCH, "if-match": etag, "authorization": f"Bearer {site.token}", **headers}
    sent = {name: value for name, value in headers.items() if value is not None}
    return await site.client.patch("/v1/settings", content=json.dumps(document), headers=sent)


async def get(site, path):
    return await site.client.get(path, headers={"authorization": f"Bearer {site.token}"})


async def send(site, method, path, document=None):
    headers = {"authorization": f"Bearer {site.token}"}
    more = {} if document is None else {"json": document}
    return await site.client.request(method, path, headers=headers, **more)


async def entries(site, operation):
    return [entry for entry in await site.host.store.entries("acme") if entry.operation == operation]


async def test_settings_are_shown_with_their_defaults_and_an_etag(site):
    response = await get(site, "/v1/settings")
    assert (response.status_code, response.headers["etag"]) == (200, '"0"')
    assert response.json()["reply_as"] == "note"
    assert response.json()["limits"] == {
        "requests_per_minute": None,
        "tokens_per_month": None,
        "budget_usd_per_month": None,
    }


@pytest.mark.parametrize("media_type", [PATCH, "application/json"])
async def test_a_patch_changes_what_it_names_and_is_audited(site, media_type):
    response = await patch(site, {"tone": "warm", "limits": {"requests_per_minute": 9}}, **{"content-type": media_type})
    assert (response.status_code, response.headers["etag"]) == (200, '"1"')
    assert (response.json()["tone"], response.json()["limits"]["requests_per_minute"]) == ("warm", 9)
    response = await patch(site, {"tone": None}, '"1"')
    assert (response.headers["etag"], response.json()["tone"]) == ('"2"', "")
    assert (await get(site, "/v1/settings")).json() == response.json()
    last, first = await entries(site, "admin_settings_change")
    assert [tuple(change) for change in first.changes] == [
        ("limits.requests_per_minute", None, "9"),
        ("tone", None, "warm"),
    ]
    assert (last.actor, last.request_id) == ("token:sidebar", response.headers["x-request-id"])


async def test_a_patch_that_is_nested_deeper_than_any_document_is_refused(site):
    deep = "warm"
    for _ in range(100):
        deep = {"a": deep}
    response = await patch(site, {"tone": deep})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_json")
    assert response.json()["detail"] == "The body is nested deeper than 100 levels."


async def test_what_the_settings_say_is_a_patch_that_changes_nothing(site):
    await patch(site, {"tone": "warm", "redaction": {"patterns": [{"type": "ORDER", "pattern": "ORD"}]}})
    shown = (await get(site, "/v1/settings")).json()
    response = await patch(site, shown, '"1"')
    assert (response.status_code, response.headers["etag"], response.json()) == (200, '"1"', shown)


@pytest.mark.parametrize(
    ("etag", "status", "code"),
    [
        (None, 428, "if_match_missing"),
        ('"1"', 412, "changed_meanwhile"),
        ('W/"0"', 412, "changed_meanwhile"),
        ("0", 412, "changed_meanwhile"),
        ('"7", "0"', 200, None),
        ("*", 200, None),
    ],
)
async def test_a_patch_is_for_the_settings_that_were_seen(site, etag, status, code):
    response = await patch(site, {"fallback": True}, etag)
    assert (response.status_code, response.json().get("code")) == (status, code)
    assert (await site.host.store.settings("acme")).version == (status == 200)


async def test_every_fault_of_a_patch_is_told_at_its_place_and_nothing_is_changed(site):
    document = {"tone": 1, "providers": ["canary-4711"], "canary-4711": 1, "models": {"canary 4711": {}}, "fallback": 2}
    response = await patch(site, {**document, "limits": {"requests_per_minute": 0}})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_shape")
    pointers = {error["pointer"] for error in response.json()["errors"]}
    assert pointers == {"", "/tone", "/models", "/fallback", "/limits/requests_per_minute"}
    assert "canary" not in response.text
    assert await site.host.store.settings("acme") == Stored()


async def test_a_provider_that_the_host_does_not_have_is_refused(site):
    response = await patch(site, {"providers": ["echo", "other"]})
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["detail"]) == ("/providers/1", "Names no provider of the host; allowed: echo.")


async def test_over_the_budget_no_ai_is_asked_and_one_entry_says_so(site):
    site.assembly.helpdesk.part.tickets[1] = Ticket(1, (TicketText("text", "Text", "I am Ada Quill"),))
    await patch(site, {"limits": {"budget_usd_per_month": 0}})
    response = await site.ask(b'{"ticket_id": 1}')
    assert (response.status_code, response.json()["code"]) == (429, "budget_exhausted")
    assert 0 < int(response.headers["retry-after"]) <= 31 * 86_400
    assert site.assembly.providers[0].part.prompts == []
    (entry,) = await entries(site, "generate")
    assert (entry.outcome, entry.reason, entry.content) == ("failed", "budget_exhausted", None)


async def test_beyond_the_rate_no_ai_is_asked(site):
    site.assembly.helpdesk.part.tickets[1] = Ticket(1, (TicketText("text", "Text", "I am Ada Quill"),))
    await patch(site, {"limits": {"requests_per_minute": 1}})
    answers = [await site.ask(b'{"ticket_id": 1}') for _ in range(3)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) in (1, 2)  # two, unless a minute of the clock ended meanwhile
    assert {answer.json()["code"] for answer in refused} == {"rate_limited"}
    assert all(0 < int(answer.headers["retry-after"]) <= 60 for answer in refused)


async def test_a_budget_is_not_spent_on_a_model_without_a_price(site):
    site.assembly.helpdesk.part.tickets[1] = Ticket(1, (TicketText("text", "Text", "I am Ada Quill"),))
    provider = site.assembly.providers[0].part
    provider.needs_key = True
    await send(site, "PUT", "/v1/credentials/echo", {"secret": "sk-0123456789abcdef"})
    await patch(site, {"limits": {"budget_usd_per_month": 5}})
    response = await site.ask(b'{"ticket_id": 1}')
    assert (response.status_code, response.json()["code"]) == (422, "price_unknown")
    assert provider.prompts == []


async def test_the_redaction_of_the_account_holds_for_the_dry_run_too(site):
    own = {"allow": ["Ada Quill"], "patterns": [{"type": "ORDER", "pattern": "ORD-[0-9]+"}]}
    await patch(site, {"redaction": own})
    response = await site.ask(b'{"ticket": {"id": 1, "text": "I am Ada Quill, ORD-12"}}', "/v1/redactions")
    assert response.json()["texts"][0]["text"] == "I am Ada Quill, [REDACTED_ORDER]"


async def test_the_signature_stands_below_the_reply_streamed_or_not(site):
    site.assembly.helpdesk.part.tickets[1] = Ticket(1, (TicketText("text", "Text", "I am Ada Quill"),))
    await patch(site, {"signature": "Your team"})
    assert (await site.ask(b'{"ticket_id": 1}')).json()["reply"] == "Text: I am Ada Quill\n\nYour team"
    streamed = await site.ask(b'{"ticket_id": 1}', accept="text/event-stream")
    pieces = [json.loads(data) for data in streamed.text.split("data: ")[1:] for data in [data.partition("\n")[0]]]
    assert "".join(piece.get("text", "") for piece in pieces) == pieces[-1]["reply"]
    assert pieces[-1]["reply"].endswith("\n\nYour team")
    assert "Your team" not in "".join(map(str, site.assembly.providers[0].part.prompts))


async def test_a_credential_is_stored_shown_masked_rotated_and_deleted(site):
    site.assembly.providers[0].part.needs_key = True
    path = "/v1/credentials/echo"
    created = await send(site, "PUT", path, {"secret": "sk-0123456789abcdef"})
    assert (created.status_code, created.json()["secret"]) == (201, "****cdef")
    assert (await send(site, "PUT", path, {"secret": "sk-0123456789abcdef"})).status_code == 200
    rotated = await send(site, "POST", f"{path}/rotate", {"secret": "sk-0123456789ghijkl"})
    assert (rotated.status_code, rotated.json()["secret"]) == (200, "****ijkl")
    assert (await get(site, path)).json() == rotated.json()
    listed = (await get(site, "/v1/credentials")).json()["credentials"]
    assert [(each["name"], each["secret"]) for each in listed] == [
        ("echo", "****ijkl"),
        ("helpdesk-token", "****"),
        ("webhook-secret", "****"),
    ]
    deleted = await send(site, "DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await get(site, path)).json()["code"] == "credential_missing"
    (rotation,) = await entries(site, "api_key_rotation")
    assert [tuple(change) for change in rotation.changes] == [("credentials.echo", "****cdef", "****ijkl")]
    assert rotation.request_id == rotated.headers["x-request-id"]
    assert len(await entries(site, "credential_delete")) == 1


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("DELETE", ""), ("POST", "/rotate"), ("PUT", "")])
async def test_a_credential_that_no_part_asks_for_is_unknown(site, method, suffix):
    document = {"secret": "x"} if method in ("POST", "PUT") else None
    response = await send(site, method, f"/v1/credentials/canary{suffix}", document)
    assert (response.status_code, response.json()["code"]) == (404, "unknown_credential")
    assert len(await site.host.store.credentials("acme")) == 2


@pytest.mark.parametrize("secret", ["", " ", "two words", "x" * 4_097, "schlüssel", 7, None])
async def test_what_is_no_secret_is_not_stored_and_not_repeated(site, secret):
    response = await send(site, "PUT", "/v1/credentials/helpdesk-token", {"secret": secret})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, "/secret")
    assert str(secret) not in response.json()["detail"] or not str(secret).strip()
