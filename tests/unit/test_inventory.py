"""Every command that changes something or reads the log makes exactly one entry for each thing that it does.

A new command without a row here is a failing test.
"""

import asyncio
import contextlib
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from attrs import evolve
from e2e.rig import served
from plugins.zendesk.test_commands import allow, connect
from shell import typed

from raum.assembly import assemble
from raum.audit.actions import action_entry
from raum.cli import raum as commands
from raum.host import opened
from raum.identity.actors import Role
from raum.model import Actor, Job
from raum.secrets.credentials import HELPDESK_TOKEN
from raum.secrets.secret import Secret
from raum_zendesk.standin import ZendeskStandIn

CONFIG = Path(__file__).parents[2] / "config" / "raum.toml"
CREATE_WEBHOOK = ("zendesk", "webhook", "create", "acme", "--url", "https://raum.example.com")

PASSWORD = "correct horse battery"
BO = "bo@example.com"

CHANGES = {
    "account app": (("account", "app", "acme", "502876", "28666254387092"), ["account_change"]),
    "account delete": (("account", "delete", "acme", "--yes"), ["account_delete"]),
    "account hold": (("account", "hold", "acme"), ["legal_hold"]),
    "deletion request": (("deletion", "request", "acme", "--ticket", "7"), ["deletion_request"]),
    "purge": (("purge",), ["purge"]),  # of the old job
    "account impersonation": (("account", "impersonation", "acme", "on"), ["admin_settings_change"]),
    "account resume": (("account", "resume", "acme"), ["account_resume"]),
    "account suspend": (("account", "suspend", "acme"), ["account_suspend"]),
    "account terminate": (("account", "terminate", "acme"), ["account_terminate"]),
    "account create": (("account", "create", "beta", "--subdomain", "beta"), ["account_create", "token_create"]),
    "audit export": (("audit", "export", "acme", "--output", "out.jsonl"), ["audit_export"]),
    "audit keys": (("audit", "keys", "--new"), ["signing_key_create"]),
    "audit list": (("audit", "list", "acme"), ["audit_read"]),
    "credential delete": (("credential", "delete", "acme", "helpdesk-token"), ["credential_delete"]),
    "credential rotate": (("credential", "rotate", "acme", "helpdesk-token"), ["api_key_rotation"]),
    "credential set": (("credential", "set", "acme", "webhook-secret"), ["credential_set"]),
    "jobs drop": (("jobs", "drop", "JOB-1"), ["job_drop"]),
    "jobs retry": (("jobs", "retry", "JOB-1"), ["job_retry"]),
    "sessions rotate-keys": (("sessions", "rotate-keys"), ["session_key_rotation"]),
    "settings set": (("settings", "set", "acme", "fallback", "on"), ["admin_settings_change"]),
    "token create": (("token", "create", "acme", "ci"), ["token_create"]),
    "token revoke": (("token", "revoke", "acme", "{token}"), ["token_revoke"]),
    "user create": (("user", "create", "ada@example.com", "--account", "acme", "--role", "agent"), ["user_create"]),
    "user disable": (("user", "disable", BO), ["user_disable"]),
    "user enable": (("user", "enable", BO), ["user_enable"]),
    "user password": (("user", "password", BO), ["user_password_change"]),
    "user role": (("user", "role", BO, "auditor"), ["user_role_change"]),
    "zendesk webhook create": (CREATE_WEBHOOK, ["credential_set", "webhook_create"]),
    "zendesk webhook delete": (("zendesk", "webhook", "delete", "acme", "{webhook}"), ["webhook_delete"]),
}
"""Commands with the operations of the entries that they make."""

QUIET = {
    "deletion list": ("deletion", "list"),
    "account list": ("account", "list"),
    "account show": ("account", "show", "acme"),
    "audit seal": ("audit", "seal"),  # the checkpoint is what tells of it; only the host's key is an entry
    "check": ("check",),
    "credential list": ("credential", "list", "acme"),
    "dataflow": ("dataflow",),
    "jobs list": ("jobs", "list"),
    "keys list": ("keys", "list"),
    "keys rewrap": ("keys", "rewrap"),  # nothing is moved here; the tests of rewrapping count the entries of what is
    "migrate": ("migrate",),
    "plugins": ("plugins",),
    "redact": ("redact",),
    "settings get": ("settings", "get", "acme"),
    "token list": ("token", "list", "acme"),
    "user list": ("user", "list", "--account", "acme"),
    "zendesk status": ("zendesk", "status", "acme"),
    "zendesk webhook list": ("zendesk", "webhook", "list", "acme"),
}
"""Commands that change nothing of an account."""

ELSEWHERE = {
    "account release": "in the tests of retention: it needs a hold",
    "credential test": "asks a provider with a key: it does what the route does, which is in the inventory of routes",
    "audit verify": "reads a file, without a host",
    "demo": "runs a host of its own, in memory",
    "evaluate": "reads files, without a host",
    "serve": "its routes are in the inventory of routes",
    "worker": "its jobs are in the tests of the pipeline",
    "zendesk connect": "below: somebody must type",
}


def every(command, path=()):
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from every(command.get_command(context, name), (*path, name))


def test_every_command_has_a_row():
    assert sorted(every(commands)) == sorted({*CHANGES, *QUIET, *ELSEWHERE})


async def set_up(token):
    """An account that has everything that a command could be about."""
    async with opened(assemble(Path("config/raum.toml"))) as host:
        admin = host.administration(Actor("operator", "tester"))
        await admin.create_account("acme", "acme-help")
        await admin.set_credential("acme", HELPDESK_TOKEN, token)
        await admin.create_token("acme", "old")
        people = host.identity_administration(Actor("operator", "tester"))
        await people.create_user("acme", BO, Role.AGENT, Secret(PASSWORD))
        await host.signing_keys.add(Actor("operator", "tester"))
        await host.queue.accept(Job("JOB-1", "acme", "event-1", 35_436, datetime(2026, 3, 1, 12, tzinfo=UTC)))
        job = await host.queue.claim(60, 1)
        entry = action_entry("generate", "acme", Actor("system", "webhook"))
        await host.queue.finish(job, evolve(entry, reason="ticket_not_found"), dead=True)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A stand-in, and a working folder whose configuration knows it."""
    zendesk, folder = ZendeskStandIn(), tmp_path_factory.mktemp("prepared")
    (folder / "config").mkdir()
    with served(zendesk.app) as url:
        text = f'{CONFIG.read_text()}\n[zendesk]\nurl = "{url}"\nclient_id = "raum"\n'
        (folder / "config" / "raum.toml").write_text(text)
        with contextlib.chdir(folder):
            asyncio.run(set_up(zendesk.token))
        yield zendesk, folder


@pytest.fixture
def zendesk(prepared, tmp_path, monkeypatch):
    """The stand-in, in a working folder of the test's own."""
    zendesk, folder = prepared
    zendesk.webhooks.clear()
    shutil.copytree(folder, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return zendesk


def operations():
    """All entries of the host: their ids and operations."""
    with contextlib.closing(sqlite3.connect("data/raum.db")) as connection:
        return set(connection.execute("SELECT id, operation FROM entries"))


def token_id():
    with contextlib.closing(sqlite3.connect("data/raum.db")) as connection:
        return connection.execute("SELECT id FROM tokens").fetchone()[0]


@pytest.fixture
def raum(monkeypatch, capsys):
    def run(*arguments):
        status, _, err = typed(monkeypatch, capsys, *arguments, stdin=f"{PASSWORD}\n".encode())
        assert status == 0, err

    return run


@pytest.mark.parametrize("row", [*CHANGES, *QUIET])
def test_a_command_makes_the_entries_that_it_must(zendesk, raum, row):
    arguments, expected = CHANGES[row] if row in CHANGES else (QUIET[row], [])
    if "{webhook}" in arguments:
        raum(*CREATE_WEBHOOK)
        arguments = [next(iter(zendesk.webhooks)) if each == "{webhook}" else each for each in arguments]
    if "{token}" in arguments:
        arguments = [token_id() if each == "{token}" else each for each in arguments]
    before = operations()
    raum(*arguments)
    assert sorted(operation for _, operation in operations() - before) == expected


def test_connecting_an_account_is_one_entry(zendesk):
    before = operations()
    status, _, err = connect(allow)
    assert status == 0, err
    assert [operation for _, operation in operations() - before] == ["credential_set"]
