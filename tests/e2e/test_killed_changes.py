"""Killed between a change and its entry, with kill -9, a host never has one without the other."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.changing import POINTS, store_at

from raum.audit.actions import action_entry
from raum.model import Account, Actor

ROUNDS = int(os.environ.get("RAUM_TEST_KILL_ROUNDS", "20"))
CODE = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from e2e.changing import main; main()"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return str(tmp_path / "raum.db")
    return request.getfixturevalue("postgres_server").new_database()


async def create(database):
    store = store_at(database)
    await store.migrate()
    entry = action_entry("account_create", "acme", Actor("operator", "tester"))
    await store.add_account(Account("acme", "acme-help", "hook-acme"), entry)


async def found(database):
    """The settings, and the changes that entries tell of, in their order."""
    store = store_at(database)
    entries = [e for e in await store.entries("acme", limit=10 * ROUNDS) if e.operation == "admin_settings_change"]
    settings = await store.settings("acme")
    return dict(settings.document), [change for entry in reversed(entries) for change in entry.changes]


def test_no_change_is_without_its_entry_and_no_entry_without_its_change(database):
    asyncio.run(create(database))
    command = [sys.executable, "-c", CODE, database, "0", str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    settings, changes = asyncio.run(found(database))
    assert {change.name: change.after for change in changes} == settings
    done = [number for number in range(ROUNDS) if POINTS[number % len(POINTS)] in ("committed", "never")]
    assert {name for name in settings if name.startswith("round.")} == {f"round.{number}" for number in done}
    assert settings["max_output_tokens"] == str(done[-1])
