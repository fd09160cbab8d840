"""Replies as events, the operations beside `generate`, and the trial of a key."""

import asyncio
import json

import pytest

from raum.api import KeyRejected, MalformedAnswer, ProviderDown, QuotaExhausted, RefusedBySafety, TooLong
from raum.model import Actor
from raum.secrets.secret import Secret
from raum.testing import FakeProvider

TICKET = {"id": 1, "text": "I am Ada Quill"}


def provider_of(site):
    return site.assembly.providers[0].part


def events_of(text):
    """The events of a stream, as (name, document)."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


async def ask(site, path="/v1/generate", *, events=False, **document):
    accept = {"accept": "text/event-stream"} if events else {}
    return await site.ask(json.dumps({"ticket": TICKET, **document}).encode(), path, **accept)


async def entries(site):
    return [e for e in await site.host.store.entries("acme") if e.operation != "account_create"]


EXTRAS = {
    "generate": {"instruction": "Be brief."},
    "translate": {"target_language": "de", "text": "Dear Ada Quill"},
    "rewrite": {"text": "dear Ada Quill"},
    "summarize": {},
}


@pytest.mark.parametrize("operation", EXTRAS)
async def test_events_end_in_what_the_json_answer_says(site, operation):
    whole = (await ask(site, f"/v1/{operation}", **EXTRAS[operation])).json()
    response = await ask(site, f"/v1/{operation}", events=True, **EXTRAS[operation])
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"
    *pieces, (name, document) = events_of(response.text)
    assert name == "reply"
    assert {name for name, _ in pieces} == {"piece"}
    assert "".join(piece["text"] for _, piece in pieces) == document["reply"] == whole["reply"]
    assert "Ada Quill" in document["reply"]
    assert set(document) == set(whole)
    made = [entry.operation for entry in await entries(site)][:2]
    assert made == [operation, operation]


@pytest.mark.parametrize(
    ("operation", "document"),
    [
        ("translate", {}),
        ("translate", {"target_language": "German"}),
        ("translate", {"target_language": "Ada"}),
        ("translate", {"target_language": ["de"]}),
        ("rewrite", {}),
        ("rewrite", {"text": ""}),
        ("rewrite", {"text": 5}),
        ("summarize", {"text": "x"}),
        ("generate", {"target_language": "de"}),
        ("generate", {"instruction": " "}),
        ("generate", {"temperature": 1}),
    ],
)
async def test_what_an_operation_does_not_take_is_refused(site, operation, document):
    response = await ask(site, f"/v1/{operation}", **document)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_shape")
    assert provider_of(site).prompts == []


async def test_what_a_caller_brings_is_redacted(site):
    await ask(site, "/v1/rewrite", text="Dear Ada Quill,", instruction="Greet Ada Quill by name.")
    (prompt,) = provider_of(site).prompts
    assert "Ada Quill" not in str(prompt.message) + str(prompt.instructions)
    assert "Greet [REDACTED_NAME] by name." in str(prompt.message)


@pytest.mark.parametrize(
    ("failure", "status"), [(TooLong(), 422), (RefusedBySafety(), 422), (KeyRejected(), 502), (ProviderDown(), 503)]
)
async def test_a_failure_before_the_first_piece_is_an_ordinary_problem(site, failure, status):
    def fail(prompt):
        raise failure

    provider_of(site)._answer = fail
    response = await ask(site, events=True)
    assert (response.status_code, response.json()["code"]) == (status, failure.code)
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_failure_after_the_first_piece_is_the_last_event(site):
    async def stream(prompt, *, key, options):
        yield "Dear all, and so on. "
        raise MalformedAnswer

    provider_of(site).stream = stream
    response = await ask(site, events=True)
    *pieces, (name, problem) = events_of(response.text)
    assert [piece["text"] for _, piece in pieces] == ["Dear all, and so on. "]
    assert (name, problem["code"], problem["status"]) == ("error", "malformed_answer", 503)
    assert problem["request_id"] == response.headers["x-request-id"]
    (entry,) = [entry for entry in await entries(site) if entry.operation == "generate"]
    assert entry.outcome == "failed"


@pytest.mark.parametrize("after_a_piece", [False, True])
async def test_a_client_that_goes_away_ends_the_providers_call(site, after_a_piece):
    called, ended, gone = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stream(prompt, *, key, options):
        try:
            if after_a_piece:
                yield "Dear all, and so on. "
            called.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    provider_of(site).stream = stream
    body = json.dumps({"ticket": TICKET}).encode()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent = []

    async def receive():
        message = next(messages, None)
        if message is None:
            await gone.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message):
        sent.append(message)

    headers = {
        "content-type": "application/json", "authorization": f"Bearer {site.token}", "accept": "text/event-stream",
    }  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "POST", "path": "/v1/generate",
        "raw_path": b"/v1/generate", "query_string": b"", "scheme": "http", "http_version": "1.1", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "client": ("127.0.0.1", 1),
        "server": ("host", 80),
    }  # fmt: skip
    serving = asyncio.create_task(site.client._transport.app(scope, receive, send))
    await asyncio.wait_for(called.wait(), 5)
    gone.set()
    await asyncio.wait_for(serving, 5)
    assert ended.is_set()
    assert bool(sent) == after_a_piece
    (entry,) = [entry for entry in await entries(site) if entry.operation == "generate"]
    assert (entry.outcome, entry.reason) == ("failed", "cancelled")


@pytest.fixture
async def with_key(site):
    """The site, with a provider that needs a key, and a key of the account's."""
    provider_of(site).needs_key = True
    admin = site.host.administration(Actor("user", "tester"))
    await admin.set_credential("acme", "echo", Secret("sk-of-acme"))
    return site


async def test_a_key_that_works_is_said_to_work(with_key):
    response = await with_key.ask(b"", "/v1/credentials/echo/test")
    document = response.json()
    assert (response.status_code, document["works"], document["code"]) == (200, True, None)
    assert document["detail"] == "The key works; fake answered."
    provider = provider_of(with_key)
    assert [key.reveal() for key in provider.keys] == ["sk-of-acme"]
    assert provider.options[0].max_output_tokens <= 512
    (entry,) = [entry for entry in await entries(with_key) if entry.operation == "credential_test"]
    assert (entry.id, entry.outcome, entry.actor) == (document["entry_id"], "done", "token:sidebar")


@pytest.mark.parametrize(
    ("failure", "works", "words"),
    [
        (KeyRejected(), False, "does not accept this key"),
        (QuotaExhausted(), False, "credit or spending limit"),
        (TooLong(), True, "The key works"),
        (ValueError("sk-of-acme"), False, "did not answer as it should"),
    ],
)
async def test_what_is_wrong_with_a_key_is_one_sentence(with_key, failure, works, words):
    def fail(prompt):
        raise failure

    provider_of(with_key)._answer = fail
    document = (await with_key.ask(b"", "/v1/credentials/echo/test")).json()
    assert document["works"] is works
    assert words in document["detail"]
    assert "sk-of-acme" not in json.dumps(document)
    (entry,) = [entry for entry in await entries(with_key) if entry.operation == "credential_test"]
    assert (entry.outcome, entry.reason) == ("done" if works else "failed", document["code"])


@pytest.mark.parametrize("name", ["echo", "helpdesk-token", "nothing"])
async def test_what_is_no_key_of_a_provider_is_not_tried(site, name):
    response = await site.ask(b"", f"/v1/credentials/{name}/test")
    assert response.status_code == 404
    assert provider_of(site).prompts == []


async def test_a_key_that_is_not_stored_is_not_tried(site):
    provider_of(site).needs_key = True
    response = await site.ask(b"", "/v1/credentials/echo/test")
    assert (response.status_code, response.json()["code"]) == (404, "credential_missing")


async def test_a_stranger_tries_no_key(with_key):
    response = await with_key.ask(b"", "/v1/credentials/echo/test", authorization="Bearer nobody")
    assert response.status_code == 401
    assert isinstance(provider_of(with_key), FakeProvider)
    assert provider_of(with_key).keys == []
