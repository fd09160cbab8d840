"""What the host refuses, it refuses with a problem document that holds nothing of the request."""

import json

import pytest

from raum.api import KeyRefused, OperatorError, Secret
from raum.testing import FakeHelpdesk
from raum.testing.contracts.entries import make_entry

CANARY = "canary-4711"
TITLES = {
    400: "Bad request",
    401: "Not authorized",
    404: "Not found",
    405: "Method not allowed",
    413: "Content too large",
    415: "Unsupported media type",
    500: "Internal error",
    502: "Bad gateway",
    503: "Not available now",
}
NO_JSON = {
    "text": f"{CANARY} is no JSON".encode(),
    "nothing": b"",
    "a bomb of brackets": b"[" * 9_000 + CANARY.encode(),
    "a bomb of objects": b'{"a":' * 1_900 + CANARY.encode(),
    "not a number": b'{"ticket_id": NaN, "c": "%s"}' % CANARY.encode(),
    "infinity": b'{"ticket_id": -Infinity}',
    "a lone surrogate": b'{"ticket": {"id": 1, "text": "\\ud800 canary-4711"}}',
    "an integer of 5,000 digits": b'{"ticket_id": ' + b"7" * 5_000 + b"}",
    "bytes that are no UTF-8": b'{"ticket_id": "\xff canary-4711"}',
}
NO_TICKET = {
    "a list": b'["canary-4711"]',
    "a string": b'"canary-4711"',
    "null": b"null",
    "no ticket": b"{}",
    "a number in quotes": b'{"ticket_id": "canary-4711"}',
    "true for a number": b'{"ticket_id": true}',
    "zero": b'{"ticket_id": 0}',
    "a fraction": b'{"ticket_id": 1.5}',
    "a key too many": b'{"ticket_id": 1, "canary-4711": 1}',
    "both": b'{"ticket_id": 1, "ticket": {}}',
    "a ticket that is none": b'{"ticket": "canary-4711"}',
}


def require_problem(response, status, code, detail):
    """The response is this problem, with the headers of every answer."""
    assert response.json() == {
        "type": f"urn:raum:problem:{code}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": response.headers["x-request-id"],
    }
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.headers["x-request-id"]) == 26
    require_safe(response)


def require_safe(response):
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.fixture(autouse=True)
def _no_canary_is_logged(logged):
    yield
    assert CANARY not in logged()


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/redactions"])
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON)
async def test_a_body_that_is_not_json_is_refused(site, path, body):
    require_problem(await site.ask(body, path), 400, "invalid_json", "The body is not valid JSON.")


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/redactions"])
@pytest.mark.parametrize("body", NO_TICKET.values(), ids=NO_TICKET)
async def test_a_body_that_names_no_ticket_is_refused(site, path, body):
    response = await site.ask(body, path)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_shape"
    assert CANARY not in response.text


async def test_a_ticket_of_another_shape_is_refused(site):
    response = await site.ask(b'{"ticket": {"canary-4711": 1}}')
    require_problem(response, 400, "invalid_ticket", "the ticket must have an id and a text")


@pytest.mark.parametrize("body", [*NO_JSON.values(), b'"canary-4711"'], ids=[*NO_JSON, "a string"])
async def test_a_signed_delivery_that_cannot_be_read_is_refused(site, body):
    require_problem(await site.deliver(body), 400, "invalid_delivery", "the delivery cannot be read")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-signature": CANARY},
        FakeHelpdesk.sign(b"{}", Secret("another")),
        {"x-signature": "\udcff".encode("utf-8", "surrogateescape")},
    ],
    ids=["missing", "wrong", "of another secret", "not ASCII"],
)
async def test_a_delivery_that_is_not_signed_by_the_account_is_refused(site, headers):
    headers = {"content-type": "application/json", **headers}
    response = await site.client.post(site.path, content=b'{"event": "e", "ticket": 1}', headers=headers)
    require_problem(response, 401, "invalid_signature", "the signature is missing or wrong")
    assert sum((await site.host.queue.count("acme")).values()) == 0


async def test_an_unknown_webhook_key_is_refused(site):
    body = b'{"event": "e", "ticket": 1}'
    headers = {"content-type": "application/json", **FakeHelpdesk.sign(body, Secret("signing-secret"))}
    response = await site.client.post(f"/webhooks/zendesk/{CANARY}", content=body, headers=headers)
    require_problem(response, 404, "unknown_webhook_key", "No account has this webhook address.")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {CANARY}",
        f"Basic {CANARY}",
        f"{CANARY}",
        b"Bearer \xff\xfe",
        "Bearer " + "x" * 5_000,
    ],
)
@pytest.mark.parametrize("path", ["/v1/generate", "/v1/redactions"])
async def test_a_request_without_a_valid_token_is_refused(site, path, authorization):
    response = await site.ask(b'{"ticket_id": 1}', path, authorization=authorization)
    detail = "Send a valid token as 'Authorization: Bearer ...'."
    require_problem(response, 401, "unauthorized", detail)
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_declared_body_over_the_limit_is_refused_before_it_is_read(site):
    read = []

    async def pieces():
        for _ in range(20):
            read.append(1)
            yield b" " * 1000

    detail = "The body is longer than 10000 bytes."
    headers = {"content-length": "20000"}
    require_problem(await site.ask(pieces(), **headers), 413, "content_too_large", detail)
    assert len(read) <= 1


@pytest.mark.parametrize("length", ["10001", "-1", "ten", "1e3", "٣", "9" * 5_000])
async def test_a_body_of_no_possible_length_is_refused(site, length):
    response = await site.ask(b"{}", **{"content-length": length.encode()})
    require_problem(response, 413, "content_too_large", "The body is longer than 10000 bytes.")


@pytest.mark.parametrize("door", ["ask", "deliver"])
async def test_a_body_that_grows_over_the_limit_is_refused_before_it_is_read_whole(site, door):
    read = []

    async def pieces():
        for _ in range(1000):
            read.append(1)
            yield CANARY.encode() * 100

    headers = {"content-type": "application/json", "authorization": f"Bearer {site.token}", "x-signature": "0"}
    path = "/v1/generate" if door == "ask" else site.path
    response = await site.client.post(path, content=pieces(), headers=headers)
    assert response.status_code == 413
    assert response.json()["code"] == "content_too_large"
    require_safe(response)
    assert len(read) < 20


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        CANARY,
    ],
)
@pytest.mark.parametrize("door", ["ask", "deliver"])
async def test_a_body_that_is_not_declared_as_json_is_refused(site, door, media_type):
    body = f'--x\r\nContent-Disposition: form-data; name="a"; filename="{CANARY}"\r\n\r\n1\r\n--x--\r\n'.encode()
    send = site.ask if door == "ask" else site.deliver
    detail = "Send the body as application/json."
    require_problem(await send(body, **{"content-type": media_type}), 415, "unsupported_media_type", detail)


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", CANARY])
@pytest.mark.parametrize("door", ["ask", "deliver"])
async def test_an_encoded_body_is_refused(site, door, encoding):
    send = site.ask if door == "ask" else site.deliver
    detail = "An encoded body is not read; send it without encoding."
    response = await send(b"{}", **{"content-encoding": encoding})
    require_problem(response, 415, "unsupported_media_type", detail)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/generate"), ("PUT", "/v1/redactions"), ("DELETE", "/health/live"), ("GET", "/webhooks/zendesk/x")],
)
async def test_another_method_is_refused(site, method, path):
    response = await site.client.request(method, path)
    require_problem(response, 405, "method_not_allowed", "Method not allowed.")
    assert response.headers["allow"]


@pytest.mark.parametrize("path", [f"/{CANARY}", f"/v1/{CANARY}", "/v1/generate/", f"/?{CANARY}"])
async def test_an_unknown_path_is_not_found(site, path):
    require_problem(await site.client.post(path), 404, "not_found", "Not found.")


@pytest.mark.parametrize("failure", [OperatorError("the store failed: OperationalError (SQLITE_FULL)")])
async def test_a_delivery_that_cannot_be_kept_is_to_come_again(site, failure):
    site.assembly.store.part.fails = failure
    response = await site.deliver(b'{"event": "e", "ticket": 1}')
    detail = "The host cannot do this right now; its log says what the operator can do."
    require_problem(response, 503, "operator_error", detail)
    assert 5 <= int(response.headers["retry-after"]) <= 59
    assert (await site.deliver(b'{"event": "e", "ticket": 1}')).status_code == 202


async def test_an_account_without_a_signing_secret_takes_no_delivery(site):
    await site.host.store.put_credential("acme", "webhook-secret", b"x" * 40, make_entry())
    response = await site.deliver(b'{"event": "e", "ticket": 1}')
    assert (response.status_code, response.json()["code"]) == (503, "not_decryptable")


async def test_an_operation_without_its_key_is_put_off_and_the_log_alone_says_why(site, events):
    async def refused(ciphertext, context):
        raise KeyRefused("the key of the host is disabled")

    site.host.pipeline.asker.providers["echo"].needs_key = True
    await site.host.credentials.set("acme", "echo", Secret("key"), make_entry())
    site.assembly.keys.part.decrypt = refused
    response = await site.ask(b'{"ticket": {"id": 1, "text": "x"}}')
    detail = "The host cannot do this right now; its log says what the operator can do."
    require_problem(response, 503, "key_refused", detail)
    (told,) = [event for event in events() if event["event"] == "a request needs the operator"]
    assert told["problem"] == "the key of the host is disabled"


async def test_a_bug_is_told_by_its_place_alone(site, events):
    response = await site.client.get(f"/buggy/{CANARY}", params={"text": CANARY})
    detail = "raum failed in a way it does not know; the log says where."
    require_problem(response, 500, "internal_error", detail)
    (bug,) = [event for event in events() if event["event"] == "bug in a route"]
    assert (bug["error"], bug["request"]) == ("KeyError", response.headers["x-request-id"])
    assert bug["where"][-1].endswith(" buggy")


async def test_a_ticket_that_is_gone_is_not_found(site):
    require_problem(await site.ask(b'{"ticket_id": 9}'), 404, "ticket_not_found", "the helpdesk has no such ticket")


async def test_a_provider_that_fails_is_told_without_its_words(site):
    site.assembly.providers[0].part._answer = lambda prompt: 1 / len(prompt.ticket) / 0
    response = await site.ask(json.dumps({"ticket": {"id": 1, "text": CANARY}}).encode())
    require_problem(
        response,
        503,
        "provider_failed",
        "provider 'echo' failed in a way that the host does not know; the log says where",
    )
    assert response.headers["retry-after"] == "10"


async def test_every_request_is_one_line_of_the_log_without_its_path(site, events):
    responses = [
        await site.client.get("/health/live"),
        await site.client.post(f"/webhooks/zendesk/{CANARY}?{CANARY}"),
        await site.client.get(f"/{CANARY}"),
        await site.ask(b"{}"),
        await site.client.get(f"/buggy/{CANARY}", params={"text": CANARY}),
    ]
    lines = [event for event in events() if event["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/health/live", 200),
        ("POST", "/webhooks/zendesk/{webhook_key}", 404),
        ("GET", None, 404),
        ("POST", "/v1/generate", 400),
        ("GET", "/buggy/{name}", 500),
    ]
    assert [line["request"] for line in lines] == [response.headers["x-request-id"] for response in responses]
    assert all(
        set(line) == {"event", "level", "timestamp", "request", "method", "route", "status", "ms"} for line in lines
    )
