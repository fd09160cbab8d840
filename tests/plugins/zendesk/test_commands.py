"""`raum zendesk`, as it is typed, against the stand-in."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from e2e.rig import served
from shell import on_host, typed

from raum.model import Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum_zendesk import oauth
from raum_zendesk.events import EVENT_TYPES
from raum_zendesk.oauth import Grant, OAuthClient
from raum_zendesk.standin import ZendeskStandIn

CONFIG = Path(__file__).parents[3] / "config" / "raum.toml"
RAUM = [sys.executable, "-c", "from raum.cli import main; main()"]


@pytest.fixture
def zendesk(tmp_path, monkeypatch):
    """A stand-in, and a working folder whose configuration knows it."""
    zendesk = ZendeskStandIn()
    with served(zendesk.app) as url:
        (tmp_path / "config").mkdir()
        text = f'{CONFIG.read_text()}\n[zendesk]\nurl = "{url}"\nclient_id = "raum"\n'
        (tmp_path / "config" / "raum.toml").write_text(text)
        monkeypatch.chdir(tmp_path)
        on_host(lambda host: host.administration(Actor("user", "tester")).create_account("acme", "acme-help"))
        yield zendesk


@pytest.fixture
def raum(monkeypatch, capsys):
    """Runs a command in this process."""

    def run(*arguments):
        return typed(monkeypatch, capsys, "zendesk", *arguments)

    return run


def set_token(secret):
    on_host(lambda host: host.administration(Actor("user", "t")).set_credential("acme", HELPDESK_TOKEN, secret))


def credential(name):
    return on_host(lambda host: host.credentials.get("acme", name))


def operations():
    return [entry.operation for entry in on_host(lambda host: host.store.entries("acme"))]


def connect(answer, *arguments):
    """Run the command; `answer` makes what is typed of the address that is shown."""
    process = subprocess.Popen(
        [*RAUM, "zendesk", "connect", "acme", *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    typed = "client-secret\n" if arguments else ""
    process.stdin.write(typed)
    process.stdin.flush()
    shown = ""
    for line in process.stderr:
        shown += line
        if line.startswith("http"):
            break
    out, err = process.communicate(answer(shown.split()[-1]) + "\n" if "http" in shown else "")
    return process.returncode, out, shown + err


def allow(address):
    return httpx2.get(address, trust_env=False).headers["location"]


@pytest.mark.parametrize("arguments", [(), ("--client-id", "other")])
def test_an_account_is_connected(zendesk, arguments):
    status, out, err = connect(allow, *arguments)
    assert (status, out) == (0, "account 'acme' is connected, as agent\n"), err
    grant = oauth.read(credential(HELPDESK_TOKEN))
    assert zendesk.oauth.knows(grant.access_token.reveal())
    assert grant.client == (OAuthClient("other", Secret("client-secret")) if arguments else OAuthClient("raum"))
    assert operations()[0] == "credential_set"
    assert grant.access_token.reveal() not in out + err
    assert b"access-" not in Path("data/raum.db").read_bytes()


@pytest.mark.parametrize(
    "answer",
    [
        lambda address: "",
        lambda address: allow(address).replace("state=", "state=x"),
        lambda address: "http://localhost:8976/zendesk?error=access_denied&state=x",
    ],
)
def test_an_account_is_not_connected_by_anything_else(zendesk, answer):
    status, out, err = connect(answer)
    assert (status, out) == (2, "")
    assert "Traceback" not in err
    assert "credential_set" not in operations()


def test_a_customer_cannot_connect(zendesk):
    zendesk.users[zendesk.me]["role"] = "end-user"
    status, _, err = connect(allow)
    assert (status, err.splitlines()[-1]) == (
        2, "raum needs the access of an agent or an admin; connect as one of them",
    )  # fmt: skip
    assert "credential_set" not in operations()


def test_the_state_of_the_connection_is_told(zendesk, raum):
    assert raum("status", "acme")[0] == 2
    set_token(Secret("ben@example.org/token:abc"))
    assert raum("status", "acme")[1].startswith("an API token, which ends on 2027-04-30")
    set_token(Secret("abc"))
    assert raum("status", "acme")[1].startswith("an access token that somebody stored")
    grant = Grant(OAuthClient("raum"), Secret("a"), Secret("b"), datetime(2026, 3, 1, 12, tzinfo=UTC))
    set_token(grant.written())
    assert raum("status", "acme")[1] == "connected by OAuth, good until 2026-03-01 12:00 UTC, then renewed\n"
    set_token(grant.revoked().written())
    assert raum("status", "acme")[1].startswith("reconnect needed")
    assert raum("status", "nobody")[2].startswith("there is no account 'nobody'")


def test_a_webhook_is_created_listed_and_deleted(zendesk, raum):
    set_token(zendesk.token)
    status, out, err = raum("webhook", "create", "acme", "--url", "https://raum.example.com/")
    assert status == 0, err
    ((webhook_id, made),) = zendesk.webhooks.items()
    path = on_host(lambda host: host.store.account("acme")).webhook_key
    assert made["endpoint"] == f"https://raum.example.com/webhooks/zendesk/{path}"
    assert made["subscriptions"] == list(EVENT_TYPES)
    assert out == f"webhook {webhook_id} is created, and its signing secret stored\n"
    assert credential(WEBHOOK_SECRET) == zendesk.signing_secret

    assert raum("webhook", "create", "acme", "--url", "https://raum.example.com")[0] == 2
    zendesk.webhooks["01OTHER"] = {"id": "01OTHER", "endpoint": "https://else.example.com/k3y", "status": "active"}
    listed = raum("webhook", "list", "acme")[1]
    assert listed == (f"{webhook_id}  active  raum.example.com  this host\n01OTHER  active  else.example.com  -\n")
    assert path not in listed + out
    assert raum("webhook", "delete", "acme", "01OTHER")[0] == 2
    assert raum("webhook", "delete", "acme", webhook_id)[0] == 0
    assert list(zendesk.webhooks) == ["01OTHER"]
    assert {"webhook_create", "webhook_delete", "credential_set"} <= set(operations())


@pytest.mark.parametrize("url", ["http://raum.example.com", "raum.example.com", "https://raum.example.com/path"])
def test_a_webhook_needs_https(zendesk, raum, url):
    assert raum("webhook", "create", "acme", "--url", url)[0] == 2
    assert zendesk.webhooks == {}


def test_a_legacy_token_is_warned_about_once(zendesk):
    set_token(Secret("ben@example.org/token:abc"))
    code = (
        "import asyncio\nfrom pathlib import Path\nfrom raum import log\nfrom raum.assembly import assemble\n"
        "from raum.host import opened\nfrom raum.secrets.logins import StoredLogin\nfrom raum.errors import RaumError\n"
        "log.configure()\n"
        "async def run():\n"
        "    async with opened(assemble(Path('config/raum.toml'))) as host:\n"
        "        account = await host.store.account('acme')\n"
        "        for _ in range(2):\n"
        "            try:\n"
        "                await host.helpdesk.fetch(account, StoredLogin('acme', host.credentials, host.journal), 1)\n"
        "            except RaumError:\n"
        "                pass\n"
        "asyncio.run(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (warning,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert (warning["ends"], warning["account"], warning["level"]) == ("2027-04-30", "acme", "warning")
    assert "abc" not in done.stderr
