"""No secret of an account, and none of the host's own, is anywhere in the clear: with a key service that works, with
one that refuses, and with one that is away.
"""

import contextlib
from collections.abc import Callable

import pytest
from attrs import field, frozen
from click.testing import CliRunner
from e2e.canaries import leaks, secret
from e2e.rig import Answer
from e2e.test_no_leak import connect, go_well, places, plant, secrets_of
from secret_servers import KEY_ARN, bao, fake_kms

from raum.cli import raum as command

HOST_SECRET = "host-secret-canary-8812"
NEW_KEY = "sk-never-stored-canary-5590"
POLICY = """
path "transit/+/{key}" {{ capabilities = ["update"] }}
path "auth/token/lookup-self" {{ capabilities = ["read"] }}
path "auth/token/renew-self" {{ capabilities = ["update"] }}
"""


@frozen
class KeyService:
    """A key service: how it is configured, what of it is secret, and how it fails. A failure ends with `mend`."""

    keys: str
    tables: str
    failures: dict[str, Callable[[], None]]
    mend: Callable[[], None] = lambda: None
    secrets: tuple[str, ...] = field(default=(HOST_SECRET,))


@contextlib.contextmanager
def kms(monkeypatch):
    """A KMS whose errors repeat all that it was asked, plaintexts too."""
    with fake_kms(monkeypatch) as server:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", HOST_SECRET)

        def answer(what):
            return lambda: setattr(server, "always", what)

        failures = {
            "key_refused": answer((400, "AccessDeniedException")),
            "keys_unavailable": answer("close"),
        }
        yield KeyService("kms", f'[kms]\nkey_arn = "{KEY_ARN}"\n', failures, answer(None))


@contextlib.contextmanager
def openbao(monkeypatch):
    """A real OpenBao: its token is revoked, and then it is stopped. Neither is mended."""
    with bao() as server:
        key = server.new_key()
        token = server.new_token(POLICY.format(key=key), period="1h")
        monkeypatch.setenv("RAUM_OPENBAO_TOKEN", token)
        failures = {
            "key_refused": lambda: server.revoke_token(token),
            "keys_unavailable": server.stop,
        }
        tables = f'[openbao]\nurl = "{server.url}"\nkey = "{key}"\ntoken = {{ env = "RAUM_OPENBAO_TOKEN" }}\n'
        yield KeyService("openbao", tables, failures, secrets=(token,))


def ask_all(service):
    """Every kind of request that needs a secret, or brings one along, and what the host says about itself."""
    host, login = service.host, service.notes
    delivery = service.zendesk.delivery_for_ticket_created(plant(service.zendesk))
    token = {"Authorization": f"Bearer {login.token}"}
    return [
        host.deliver(login, delivery),
        host.ask(login, "/v1/generate", {"ticket_id": plant(service.zendesk)}),
        host.post("/v1/credentials/scripted/test", headers=token),
        host.post("/v1/credentials/scripted/rotate", headers=token, json={"secret": NEW_KEY}),
        host.post("/v1/sessions", json={"email": "nobody@example.com", "password": NEW_KEY}),
        host.get("/v1/credentials", login),
        host.get("/v1/audit", login),
        host.get("/v1/audit/export", login),
        host.get("/metrics"),
        host.get("/health/ready"),
    ]


def said_by_commands(service):
    """What commands say that go through all that is stored, and why they fail."""
    for arguments in (("keys", "rewrap"), ("check",)):
        done = CliRunner().invoke(command, [*arguments, "--config", str(service.host._config)])
        yield " ".join(arguments), f"{done.output}\n{done.exception!r}\n{done.exception}".encode()


@pytest.mark.parametrize("serve", [kms, openbao], ids=["kms", "openbao"])
def test_no_secret_is_anywhere_whatever_the_key_service_does(make_service, monkeypatch, serve):
    with serve(monkeypatch) as keys:
        service = make_service(attempts=1, keys=keys.keys, tables=keys.tables)
        connect(service)
        service.host.start()
        go_well(service, plant(service.zendesk))
        service.ai.answer = lambda _: Answer("Noted.")
        responses = ask_all(service)
        assert [response.status_code for response in responses[:4]] == [202, 200, 200, 200]
        said = list(said_by_commands(service))
        for failure, fail in keys.failures.items():
            service.host.stop()
            service.host.start()  # with nothing decrypted
            fail()
            refused = ask_all(service)
            assert [response.status_code for response in refused[:4]] == [503] * 4
            assert {response.json()["code"] for response in refused[:4]} == {failure}
            responses += refused
            said += said_by_commands(service)
            keys.mend()
        service.host.stop()
        canaries = [*secrets_of(service), secret(NEW_KEY), *map(secret, keys.secrets)]
        found = [*places(service, responses), *said]
        assert {"log", "raum.db", "entries.jsonl", "keys rewrap", "check", "answer 503"} <= {name for name, _ in found}
        assert leaks(found, canaries) == set()
        keys_that_ai_got = repr([prompt["key"] for prompt in service.ai.prompts]).encode()
        assert leaks([("the AI", keys_that_ai_got)], canaries)  # so it would be found
        assert not [line for line in service.host.output if b"Traceback" in line]
