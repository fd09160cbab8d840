"""`raum purge`, `raum deletion` and `raum account hold`, as they are typed."""

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from shell import on_host, typed

from raum.audit.actions import action_entry
from raum.ids import utc_now
from raum.model import Account, Actor

CONFIG = Path(__file__).parents[2] / "config" / "raum.toml"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _workplace(tmp_path, monkeypatch):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "raum.toml").write_bytes(CONFIG.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def raum(monkeypatch, capsys):
    """Runs a command in this process: its exit status, standard output and standard error."""

    def run(*arguments):
        return typed(monkeypatch, capsys, *arguments)

    return run


@pytest.fixture
def accounts():
    """Two accounts, of a hundred and one days ago, each with an entry from the day after."""

    async def write(host):
        for name in ("acme", "beta"):
            made = evolve(action_entry("account_create", name, Actor("operator", "x")), time=utc_now() - 101 * DAY)
            await host.store.add_account(Account(name, name, f"hook-{name}"), made)
            entry = action_entry("generate", name, Actor("system", "webhook"))
            await host.store.append(evolve(entry, time=utc_now() - 100 * DAY, ticket_id=7, content="redacted"))

    on_host(write)


def entries(name):
    return on_host(lambda host: host.store.entries(name))


def test_a_dry_run_shows_what_would_go_and_lets_it_stay(raum, accounts):
    status, out, _ = raum("purge", "--dry-run")
    head, *rows = out.splitlines()
    assert (status, head.split()) == (0, ["ACCOUNT", "CLASS", "FROM", "BEFORE", "WOULD", "GO"])
    assert [(row.split()[0], row.split()[1], row.split()[-1]) for row in rows] == [
        ("acme", "audit", "2"), ("beta", "audit", "2"),
    ]  # fmt: skip
    assert len([entry for entry in entries("acme") if entry.operation == "generate"]) == 1


def test_a_purge_shows_what_has_gone_and_leaves_a_receipt_in_ones_name(raum, accounts):
    status, out, _ = raum("purge")
    assert (status, out.splitlines()[0].split()[-1]) == (0, "GONE")
    found = entries("acme")
    assert "generate" not in {entry.operation for entry in found}
    (actor,) = [entry.actor for entry in found if entry.operation == "purge"]
    assert actor.startswith("operator:")
    assert raum("purge")[1] == "Nothing has expired.\n"


def test_the_clock_can_be_moved(raum, accounts):
    assert raum("purge", "--dry-run", "--now", "2026-01-01")[1] == "Nothing has expired.\n"
    _, out, _ = raum("purge", "--dry-run", "--now", f"{utc_now() + 91 * DAY:%Y-%m-%dT%H:%M:%SZ}")
    assert int(out.splitlines()[1].split()[-1]) > 1
    status, _, err = raum("purge", "--now", "soon")
    assert (status, "a time is written as" in err) == (2, True)


def test_a_legal_hold_is_shown_and_stops_the_purge(raum, accounts):
    assert raum("account", "hold", "acme", "--reference", "CASE-17") == (
        0, "account 'acme' is under a legal hold\n", "",
    )  # fmt: skip
    _, out, _ = raum("purge")
    first, _, *rows = out.splitlines()
    assert first == "not touched: acme (legal hold CASE-17)"
    assert [row.split()[0] for row in rows] == ["beta"]
    assert raum("account", "release", "acme")[0] == 0
    assert raum("purge")[1].splitlines()[1].split()[0] == "acme"
    changes = [entry.changes[0] for entry in entries("acme") if entry.operation.startswith("legal_")]
    assert [(change.before is None, change.after is None) for change in changes] == [(False, True), (True, False)]
    assert raum("account", "release", "acme")[0] == 2
    assert raum("account", "hold", "nobody")[0] == 2
    assert raum("account", "hold", "acme", "--reference", "Ada Quill")[0] == 2


def test_a_deletion_is_taken_on_listed_and_carried_out(raum, accounts):
    status, out, _ = raum("deletion", "request", "acme", "--ticket", "7")
    assert (status, ": 1 ticket, due " in out) == (0, True)
    head, row = raum("deletion", "list")[1].splitlines()
    assert head.split() == ["DELETION", "ACCOUNT", "SUBJECT", "TICKETS", "REQUESTED", "DUE", "DONE", "STATE"]
    assert (row.split()[1:4], row.split()[-1]) == (["acme", "ticket", "1"], "open")
    assert len(raum("deletion", "list", "--account", "beta")[1].splitlines()) == 1

    async def carry_out(host):
        async def keep_on():
            pass

        await host.deletions.carry_out(keep_on)

    on_host(carry_out)
    assert raum("deletion", "list")[1].split()[-1] == "done"
    assert {entry.content for entry in entries("acme")} == {None}


@pytest.mark.parametrize("options", [(), ("--ticket", "7", "--whole-account"), ("--ticket", "0")])
def test_a_deletion_is_of_one_thing(raum, options):
    assert raum("deletion", "request", "acme", *options)[0] == 2


def test_a_deletion_needs_an_account(raum):
    status, _, err = raum("deletion", "request", "nobody", "--ticket", "7")
    assert (status, err) == (2, "there is no account 'nobody'; `raum account list` shows all of them\n")
