"""The commands about accounts' lives, users, service tokens and sessions, as they are typed."""

import re
from pathlib import Path

import pytest
from shell import on_host, typed

from raum.identity.actors import Role, Scope
from raum.identity.sessions import Origin
from raum.secrets.secret import Secret

CONFIG = """\
plugins = ["zendesk", "patterns", "offline", "sqlite", "localkeys"]
[pipeline]
helpdesk = "zendesk"
detectors = ["card"]
providers = ["offline"]
store = "sqlite"
keys = "localkeys"
"""
PASSWORD = b"correct horse battery\n"


@pytest.fixture
def raum(tmp_path, monkeypatch, capsys):
    """Runs a command in this process, in a folder of its own: its exit status, standard output and standard error."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "raum.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(line, stdin=b""):
        return typed(monkeypatch, capsys, *line.split(), stdin=stdin)

    run("account create acme --subdomain acme-help")
    return run


def operations(account="acme"):
    return [entry.operation for entry in on_host(lambda host: host.store.entries(account))]


def rows(out):
    return [line.split() for line in out.splitlines()[1:]]


def state(raum):
    return dict(line.split(maxsplit=1) for line in raum("account show acme")[1].splitlines())["state"]


def test_an_account_is_suspended_resumed_terminated_and_deleted_with_an_entry_each(raum):
    assert state(raum) == "active"
    assert raum("account suspend acme")[0] == 0
    assert state(raum) == "suspended"
    assert raum("account resume acme")[0] == 0
    assert raum("account terminate acme --on 2126-01-01") == (0, "account 'acme' ends at 2126-01-01 00:00 UTC\n", "")
    assert state(raum) == "active"
    assert raum("account terminate acme")[0] == 0
    assert state(raum) == "terminated"
    assert raum("account delete acme --yes") == (0, "account 'acme' is deleted\n", "")
    assert raum("account show acme")[0] == 2
    assert raum("account list")[1] == "acme  deleted  replies as note  deleted\n"
    assert raum("token create acme late") == (2, "", "there is no such account\n")
    assert raum("settings set acme fallback true") == (2, "", "there is no such account\n")
    assert raum("credential set acme webhook-secret", b"a secret") == (2, "", "there is no such account\n")
    assert operations()[:5] == [
        "account_delete", "account_terminate", "account_terminate", "account_resume", "account_suspend",
    ]  # fmt: skip


def test_an_account_is_not_deleted_without_being_asked(raum):
    assert raum("account delete acme", b"n\n")[0] == 130
    assert state(raum) == "active"


@pytest.mark.parametrize("verb", ["show", "suspend", "resume", "terminate", "delete --yes", "impersonation"])
def test_an_account_that_is_not_there_is_said_so(raum, verb):
    name, _, option = verb.partition(" ")
    line = f"account {name} nobody {option or ('on' if name == 'impersonation' else '')}"
    status, out, err = raum(line)
    assert (status, out) == (2, "")
    assert "there is no" in err


def test_the_app_of_an_account_is_set_by_numbers(raum):
    assert raum("account app acme 12 34")[0] == 0
    assert "12, installation 34" in raum("account show acme")[1]
    assert raum("account app acme 12 x")[0] == 2
    assert operations()[0] == "account_change"


def test_a_user_is_created_with_a_password_from_standard_input_and_signs_in(raum):
    status, out, err = raum("user create Ada@Example.com --account acme --role owner", PASSWORD)
    assert (status, err) == (0, "")
    assert re.fullmatch(r"user [0-9A-Z]{26} is created, as owner\n", out)
    ((user_id, role, active, person, email),) = rows(raum("user list --account acme")[1])
    assert (role, active, person, email) == ("owner", "active", "-", "ada@example.com")
    origin = Origin("192.0.2.1", "192.0.2.1", "R")
    on_host(lambda host: host.sessions.sign_in("ada@example.com", Secret(PASSWORD.decode().strip()), origin))
    assert operations()[:2] == ["session_start", "user_create"]
    assert user_id in out
    stored = [path.read_bytes() for path in Path().rglob("*") if path.is_file()]
    assert not [content for content in stored if PASSWORD.strip() in content]


def test_an_account_is_created_with_its_first_user(raum):
    status, out, err = raum("account create beta --subdomain beta-help --owner jo@example.com", PASSWORD)
    assert (status, err) == (0, "")
    assert PASSWORD.decode().strip() not in out
    assert rows(raum("user list --account beta")[1])[0][1:] == ["owner", "active", "-", "jo@example.com"]
    assert operations("beta") == ["user_create", "token_create", "account_create"]


def test_a_user_is_given_another_role_and_password_disabled_and_enabled(raum):
    raum("user create ada@example.com --account acme --role agent --person 77", PASSWORD)
    for line, stdin in (
        ("user role ada@example.com auditor", b""),
        ("user password ada@example.com", b"another password\n"),
        ("user enable ada@example.com", b""),
        ("user disable ada@example.com", b""),
    ):
        assert raum(line, stdin)[0] == 0
    assert rows(raum("user list --account acme")[1])[0][1:4] == ["auditor", "disabled", "77"]
    assert operations()[:4] == ["user_disable", "user_enable", "user_password_change", "user_role_change"]
    told = str(on_host(lambda host: host.store.entries("acme")))
    assert "ada@example.com" not in told
    assert "argon2" not in told


def test_an_operator_belongs_to_no_account(raum):
    assert raum("user create opal@example.org --operator", PASSWORD)[0] == 0
    assert rows(raum("user list")[1])[0][1] == Role.OPERATOR
    assert operations("_host") == ["user_create"]
    assert raum("user role opal@example.org owner")[0] == 2


@pytest.mark.parametrize(
    ("line", "stdin", "text"),
    [
        ("ada@example.com --account acme", PASSWORD, "Give --account and --role, or --operator."),
        ("ada@example.com --role owner", PASSWORD, "Give --account and --role, or --operator."),
        ("ada@example.com --role owner --operator", PASSWORD, "Give --account and --role, or --operator."),
        ("ada@example.com --account acme --role owner --operator", PASSWORD, "Give --account and --role"),
        ("ada@example.com --account nobody --role owner", PASSWORD, "there is no account 'nobody'"),
        ("ada --account acme --role owner", PASSWORD, "this is not an e-mail address"),
        ("ada@example.com --account acme --role owner", b"", "the password is empty"),
        ("ada@example.com --account acme --role owner", b"short\n", "a password has 8 to 128 characters"),
    ],
)
def test_a_user_who_cannot_be_is_refused(raum, line, stdin, text):
    status, out, err = raum(f"user create {line}", stdin)
    assert (status, out) == (2, "")
    assert text in err
    assert rows(raum("user list --account acme")[1]) == []


def test_an_address_is_one_users(raum):
    assert raum("user create ada@example.com --account acme --role owner", PASSWORD)[0] == 0
    status, _, err = raum("user create ADA@example.com --account acme --role agent", PASSWORD)
    assert (status, err) == (2, "there is a user with this address, or for this person, already\n")


def test_a_service_token_is_shown_once_listed_and_revoked(raum):
    status, out, _ = raum("token create acme reports --scope audit --scope analytics --days 3")
    assert status == 0
    assert re.fullmatch(r"raum_[\w-]{43}\n", out)
    first, reports = rows(raum("token list acme")[1])
    assert (first[1], first[3:], reports[1], reports[3:]) == (
        "first", [Scope.OPERATIONS], "reports", [Scope.ANALYTICS, Scope.AUDIT]
    )  # fmt: skip
    assert out.strip() not in raum("token list acme")[1]
    assert raum("token create acme reports")[0] == 2
    assert raum(f"token revoke acme {reports[0]}") == (0, "the token is revoked\n", "")
    assert raum(f"token revoke acme {reports[0]}")[0] == 2
    assert operations()[:2] == ["token_revoke", "token_create"]


@pytest.mark.parametrize("option", ["", " --at-once"])
def test_the_keys_of_sessions_are_rotated(raum, option):
    assert raum(f"sessions rotate-keys{option}") == (0, "sessions are signed with a new key\n", "")
    assert operations("_host") == ["session_key_rotation"]
