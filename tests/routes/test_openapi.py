"""The description of the routes is valid, complete, and true of whatever is sent to them."""

import json
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from routes.bodies import BODIES_OF_DEATH, LEFT_TO_THE_HELPDESK
from schemathesis import GenerationMode
from schemathesis import checks as checked
from starlette.routing import Route

from raum.web.access import ACCESS
from raum.web.openapi import document
from raum.web.openapi.endpoints import Endpoint
from raum.web.problems import ProblemDocument
from raum.web.routes import ENDPOINTS, ROUTES

CHECKS = [
    checked.not_a_server_error,
    checked.status_code_conformance,
    checked.content_type_conformance,
    checked.response_headers_conformance,
    checked.response_schema_conformance,
]
EXAMPLES = 90
SLOW = {"/v1/sessions": 10}
"""A password is slow to check."""
NAMES = {"{name}": "helpdesk-token", "{webhook_key}": "no-such-key"}
WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.body is not None]


@pytest.fixture(scope="module")
def description(http):
    return http.client.get("/openapi.json").json()


def test_the_description_is_valid(description):
    validate(description)
    assert description["openapi"].startswith("3.1.")


def test_every_route_is_described_and_guarded(description):
    described = {
        f"{method.upper()} {path}" for path, operations in description["paths"].items() for method in operations
    }
    routed = {f"{method} {route.path}" for route in ROUTES for method in route.methods - {"HEAD"}}
    assert described == routed == set(ACCESS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_a_route_says_what_it_does_takes_and_gives(description, endpoint):
    operation = description["paths"][endpoint.path][endpoint.method.lower()]
    assert re.fullmatch(r"[A-Z].{10,}[^.]", operation["summary"])
    assert ("requestBody" in operation) == (endpoint.method in ("PUT", "PATCH") or endpoint.body is not None)
    assert {str(endpoint.status), "400", "500"} <= set(operation["responses"])
    assert ({"401", "403"} <= set(operation["responses"])) == bool(operation["security"])


def test_operations_stream(description):
    content = description["paths"]["/v1/generate"]["post"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "text/event-stream"}


def test_a_route_that_answers_with_another_type_than_it_says_is_a_bug():
    endpoint = Endpoint("GET", "/x", None, "x", ProblemDocument)
    with pytest.raises(TypeError):
        endpoint.response(object())


def test_a_route_without_a_row_in_the_table_of_access_is_not_described():
    with pytest.raises(KeyError):
        document.description([Endpoint("GET", "/nowhere", None, "x", None)])


def cases(http, operation, mode, examples):
    """How many cases were sent, each of which was answered as the description says."""
    sent = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def sends(case):
        nonlocal sent
        sent += 1
        call = case.as_transport_kwargs(base_url="http://testserver")
        call["content"] = json.dumps(call.pop("json")) if "json" in call else call.pop("data", None)
        call.pop("cookies", None)  # the host takes none
        headers = {name.lower(): value.encode("latin-1") for name, value in call.pop("headers").items()}
        headers["authorization"] = http.authorization(case.path).encode()
        response = http.client.request(headers=headers, **call)
        case.validate_response(response, checks=CHECKS)

    sends()
    return sent


def test_whatever_is_sent_is_answered_as_described(http, description):
    sent = 0
    for found in schemathesis.openapi.from_dict(description).get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            try:
                sent += cases(
                    http, operation, mode, SLOW.get(operation.path, EXAMPLES if operation.body else EXAMPLES // 4)
                )
            except Unsatisfiable:  # there is nothing to send that the schema refuses
                assert mode is GenerationMode.NEGATIVE
                assert not operation.body
    print(f"{sent} cases")
    assert sent >= 2_000


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        (endpoint, name)
        for endpoint in WITH_BODY
        for name in BODIES_OF_DEATH
        if not (endpoint.is_raw and name in LEFT_TO_THE_HELPDESK)
    ],
    ids=lambda each: each if isinstance(each, str) else f"{each.method} {each.path}",
)
def test_a_body_of_death_is_refused_by_every_route(http, endpoint, name):
    status, content, headers = BODIES_OF_DEATH[name]
    path = endpoint.path.replace("{webhook_key}", http.webhook_key).replace("{name}", "helpdesk-token")
    if endpoint.is_raw:
        headers = {**headers, **http.signed(content)}
    headers = {"content-type": "application/json", "if-match": "*", **headers}
    response = http.ask(endpoint.method, path, content=content, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "canary" not in response.text


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_method_that_is_not_listed_is_refused_with_those_that_are(http, route: Route):
    path = re.sub(r"\{\w+\}", "x", route.path)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - route.methods:
        response = http.ask(method, path)
        assert response.status_code == 405
        assert {each.strip() for each in response.headers["allow"].split(",")} == route.methods


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_no_answer_is_cached_sniffed_or_referred_to(http, endpoint):
    path = re.sub(r"\{\w+\}", "x", endpoint.path)
    response = http.client.request(endpoint.method, f"https://testserver{path}")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
