from datetime import UTC, datetime
from itertools import count

import pytest

from raum.model import Account, Entry, Job
from raum.storage.queue import SqlQueue
from raum.storage.store import SqlStore
from raum_sqlite import sqlite_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def make_entry():
    numbers = count(1)

    def make(**fields):
        defaults = {
            "id": f"entry-{next(numbers)}",
            "time": NOON,
            "account_id": "acme",
            "operation": "generate",
            "actor": "system:worker",
            "outcome": "posted_note",
        }
        return Entry(**(defaults | fields))

    return make


@pytest.fixture
def make_job():
    numbers = count(1)

    def make(**fields):
        number = next(numbers)
        defaults = {
            "id": f"job-{number}",
            "account_id": "acme",
            "event_id": f"event-{number}",
            "ticket_id": number,
            "created_at": NOON,
        }
        return Job(**(defaults | fields))

    return make


@pytest.fixture
def acme():
    return Account("acme", "acme-help", "hook-acme")


@pytest.fixture
async def store(tmp_path, acme, make_entry):
    async with SqlStore(lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True) as store:
        await store.add_account(acme, make_entry(id="added-acme", operation="account_create"))
        yield store


@pytest.fixture
def queue(store):
    queue = SqlQueue()
    queue.use(store)
    return queue
