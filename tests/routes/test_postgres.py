"""What PostgreSQL takes for no text is refused, replaced or not found: it is no error of the host."""

import json

import pytest

from raum.terminal.options import default_config
from raum.web.routes import ENDPOINTS

NO_TEXT = {"nul": "a%00b", "half a surrogate pair": "%ED%A0%80", "no UTF-8": "%FF"}


@pytest.fixture(scope="module")
def config(tmp_path_factory, postgres_server):
    file = tmp_path_factory.mktemp("config") / "raum.toml"
    url = file.with_name("url")
    url.write_text(postgres_server.new_database())
    text = default_config().read_text()
    for old, new in (
        ("plugins = [", 'plugins = ["postgres", "pgqueuer", '),
        ('store = "sqlite"', 'store = "postgres"'),
        ('queue = "embedded"', 'queue = "pgqueuer"'),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(f'{text}\n[postgres]\nurl = {{ file = "{url}" }}\n')
    return file


@pytest.mark.parametrize("name", NO_TEXT)
@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if "{" in each.path], ids=lambda each: f"{each.method} {each.path}"
)
def test_a_path_names_nothing_that_is_there(http, endpoint, name):
    path = endpoint.path.replace("{name}", NO_TEXT[name]).replace("{webhook_key}", NO_TEXT[name])
    response = http.ask(endpoint.method, path, content=b'{"secret": "x"}', headers={"content-type": "application/json"})
    assert response.status_code in (400, 401, 404)


@pytest.mark.parametrize("name", NO_TEXT)
@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/export", "/v1/deletions"])
def test_a_query_is_refused(http, path, name):
    for key in ("operation", "actor", "outcome", "cursor", "from", "x"):
        assert http.ask("GET", f"{path}?{key}={NO_TEXT[name]}").status_code in (200, 400)


NUL = "Ada \0 Quill, ada@example.com"
TICKET = {"id": 35436, "subject": NUL, "comments": [{"id": 1, "body": NUL, "author": {"name": NUL}}]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/generate", {"ticket": {"id": 1, "text": NUL}, "instruction": NUL}),
        ("POST", "/v1/generate", {"ticket": TICKET}),
        ("POST", "/v1/rewrite", {"ticket": {"id": 1, "text": "Hello"}, "text": NUL}),
        ("POST", "/v1/translate", {"ticket": {"id": 1, "text": "Hello"}, "text": NUL, "target_language": "de\0"}),
        ("POST", "/v1/translate", {"ticket": {"id": 1, "text": "Hello"}, "text": NUL, "target_language": "de"}),
        ("POST", "/v1/redactions", {"ticket": {"id": 1, "text": NUL}}),
        ("PATCH", "/v1/settings", {"signature": NUL}),
        ("PATCH", "/v1/settings", {"allow": [NUL]}),
        ("PATCH", "/v1/settings", {"models": {"generate": {NUL: NUL}}}),
        ("PATCH", "/v1/settings", {NUL: NUL}),
        ("PUT", "/v1/credentials/helpdesk-token", {"secret": NUL}),
        ("POST", "/v1/sessions", {"email": NUL, "password": NUL}),
        ("POST", "/v1/sessions/zendesk", {"token": NUL}),
        ("POST", "/v1/impersonations", {"user": NUL, "reason": NUL}),
        ("POST", "/v1/impersonations", {"user": "nobody", "reason": NUL}),
        ("POST", "/v1/deletions", {"account_id": NUL}),
    ],
)
def test_a_body_with_it_is_done_or_refused(http, method, path, body):
    headers = {"content-type": "application/json", "if-match": "*"}
    response = http.ask(method, path, content=json.dumps(body), headers=headers)
    assert response.status_code < 500
