"""Nothing of one account is reachable from another: tables, methods of the store and the queue, paths of routes.

Whoever adds a table, a method or a route has to say here whose it is; until then a test fails. Logs, metrics, memory,
exports and answers are in `tests/e2e/test_isolation.py`.
"""

import contextlib
import inspect
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from raum.api import EVERY_ACCOUNT, Account, OperatorError, Queue, only
from raum.audit.actions import action_entry
from raum.identity.actors import Actor, Role, Scope
from raum.identity.users import ServiceToken, Session, User
from raum.ids import utc_now
from raum.model import Job
from raum.retention.records import Deletion, Expired, Hold, Kind, Subject
from raum.storage.ciphertexts import Place
from raum.storage.queue import SqlQueue
from raum.storage.store import SqlStore, Store
from raum.storage.tables import metadata
from raum.storage.wall import guarded
from raum.testing.contracts.audit import LATER, SIGNER, sealed_all
from raum.web.access import ACCESS
from raum_sqlite import sqlite_engine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TESTER = Actor("user", "tester")
SECRET = "FOURTEEN-ORANGE-KIWIS"

OF_AN_ACCOUNT = {
    "accounts": "id",
    "credentials": "account_id",
    "deletions": "account_id",
    "entries": "account_id",
    "erasures": "account_id",
    "holds": "account_id",
    "jobs": "account_id",
    "rates": "account_id",
    "segments": "account_id",
    "sessions": "user_id",  # of users, each of whom is of an account, or an operator of the host
    "settings": "account_id",
    "tokens": "account_id",
    "users": "account_id",
}
"""Whose a row is, by table."""
OF_THE_HOST = {
    "attempts": "digests of where somebody signs in from",
    "locks": "names of what only one process does at once",
    "marks": "digests of what was used once",
    "session_keys": "the keys of the host that sign tokens",
    "signing_keys": "the keys of the host that sign checkpoints",
    "undelivered": "ids of entries, which lead to nothing but the entries",
}
"""What is kept for the host as a whole, and why it tells nothing of an account."""


def test_every_table_is_an_accounts_or_the_hosts():
    assert {*OF_AN_ACCOUNT, *OF_THE_HOST} == set(metadata.tables)
    assert not {*OF_AN_ACCOUNT} & {*OF_THE_HOST}


@pytest.mark.parametrize(("table", "column"), OF_AN_ACCOUNT.items())
def test_every_row_of_an_account_says_whose_it_is(table, column):
    assert column in metadata.tables[table].columns
    may_be_of_nobody = metadata.tables[table].columns[column].nullable
    assert may_be_of_nobody is (table == "users")  # an operator of the host


def test_the_wall_on_postgresql_is_around_every_table_of_an_account():
    assert guarded() == sorted(OF_AN_ACCOUNT)


def account(name):
    return Account(name, f"{name}-help", f"hook-{name}")


def entry(name, **fields):
    return evolve(action_entry("generate", name, TESTER), time=NOON, **fields)


@pytest.fixture
async def store(tmp_path):
    """Two accounts; acme has something in every table."""
    async with SqlStore(lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=True) as store:
        for name in ("acme", "beta"):
            await store.add_account(account(name), entry(name))
        await store.put_credential("acme", SECRET, SECRET.encode(), entry("acme"))
        await store.change_settings("acme", 0, {"tone": SECRET}, entry("acme"))
        token = ServiceToken("T1", "acme", SECRET, frozenset(Scope), NOON, NOON + DAY)
        await store.add_token(token, b"\x01" * 32, entry("acme"))
        user = User("U1", Role.AGENT, "acme", NOON, f"{SECRET}@example.com", 7)
        await store.add_user(user, None, entry("acme"))
        await store.add_session(Session("S1", "U1", NOON, utc_now() + DAY), entry("acme"))
        await store.append(entry("acme", ticket_id=7, content=SECRET))
        await store.hold("acme", Hold(NOON, SECRET), entry("acme"))
        await store.add_deletion(Deletion("D1", "acme", Subject.TICKET, NOON, NOON + DAY, (7,), 1), entry("acme"))
        await store.erase_tickets("acme", [8], entry("acme"))
        await store.count_request("acme", 1, 9)
        await sealed_all(store)
        yield store


@pytest.fixture
async def queue(store):
    queue = SqlQueue()
    queue.use(store)
    await queue.accept(Job("J1", "acme", SECRET, 7, NOON))
    await queue.accept(Job("J2", "acme", "done", 7, NOON))
    await queue.drop("J2", entry("acme"))
    return queue


async def rows_of(store, name):
    """All rows of an account, by table."""
    found = {}
    async with store.reading(EVERY_ACCOUNT) as connection:
        for table, column in OF_AN_ACCOUNT.items():
            key = "U1" if table == "sessions" else name
            of = metadata.tables[table].select().where(metadata.tables[table].c[column] == key)
            found[table] = sorted(map(str, (await connection.execute(of)).all()))
    return found


FOREIGN_READS = {
    "account": lambda store: store.account("beta"),
    "behind": lambda store: store.behind("beta", 0),
    "checkpoints": lambda store: store.checkpoints("beta"),
    "credentials": lambda store: store.credentials("beta"),
    "spent": lambda store: store.spent("beta", NOON - DAY),
    "ciphertexts": lambda store: store.ciphertexts("beta"),
    "ciphertext": lambda store: store.ciphertext(Place("beta", SECRET)),
    "credential": lambda store: store.credential("beta", SECRET),
    "deletions": lambda store: store.deletions("beta"),
    "entries": lambda store: store.entries("beta"),
    "expired": lambda store: store.expired("beta", Kind.TICKETS, NOON + DAY),
    "sealed": lambda store: store.sealed("beta", 1, 99),
    "settings": lambda store: store.settings("beta"),
    "tokens": lambda store: store.tokens("beta"),
    "user_of_person": lambda store: store.user_of_person("beta", 7),
    "users": lambda store: store.users("beta"),
}
"""What is asked for with another account's id."""

FOREIGN_WRITES = {
    "change_account": lambda store: store.change_account("beta", {"app": "1"}, entry("beta")),
    "change_settings": lambda store: store.change_settings("beta", 0, {}, entry("beta")),
    "delete_account": lambda store: store.delete_account("beta", "hook", entry("beta")),
    "erase_tickets": lambda store: store.erase_tickets("beta", [7], entry("beta")),
    "hold": lambda store: store.hold("beta", None, entry("beta")),
    "purge": lambda store: store.purge(Expired("beta", Kind.AUDIT, NOON + DAY, 9, segment=9), limit=99),
    "put_credential": lambda store: store.put_credential("beta", SECRET, b"x", entry("beta")),
    "count_request": lambda store: store.count_request("beta", 1, 9),
    "delete_credential": lambda store: store.delete_credential("beta", SECRET, entry("beta")),
    "swap_ciphertext": lambda store: store.swap_ciphertext(Place("beta", SECRET), SECRET.encode(), b"x", entry("beta")),
    "seal": lambda store: store.seal("beta", LATER, SIGNER.close),
    "remove_token": lambda store: store.remove_token("beta", "T1", entry("beta")),
}
"""What is changed with another account's id."""

KNOWS_ITS_ACCOUNT = {
    "account_of_webhook": "a key that only the account has",
    "accounts_of_installation": "the accounts of an installation, for the sign-in that its signature leads to",
    "add_account": "what is added brings its account along",
    "add_deletion": "what is added brings its account along",
    "add_session": "what is added brings its account along",
    "add_token": "what is added brings its account along",
    "add_user": "what is added brings its account along",
    "append": "what is added brings its account along",
    "change_user": "a user's id, which the caller has looked up in the account",
    "end_session": "a session's id, which its token names",
    "finish_deletion": "a deletion that was read",
    "renew_hash": "a user's id, whose password has just been checked",
    "standing": "a session's id, which its token names",
    "token": "a digest of what only the account has",
    "user": "a user's id; the caller checks the account",
    "user_of_email": "an address, which leads to one user",
}
"""What is not asked for by the id of an account, and what it is asked for by."""

FOR_THE_HOST = {
    "accounts", "add_session_key", "add_signing_key", "attempt", "copy_to", "delivered", "forgive", "holds",
    "is_current", "is_marked", "lock", "make_room", "mark", "migrate", "newest_session_key", "open_deletions",
    "purge_together", "scrub", "session_key", "signing_keys", "tidy", "undelivered", "unlock", "unsealed",
}  # fmt: skip
"""What the host asks for as a whole; no request of an account leads to what is in it of others."""


def methods_of(protocol):
    return {name for name, _ in inspect.getmembers(protocol, inspect.isfunction) if not name.startswith("_")}


def test_every_method_of_a_store_says_how_it_keeps_accounts_apart():
    listed = [*FOREIGN_READS, *FOREIGN_WRITES, *KNOWS_ITS_ACCOUNT, *FOR_THE_HOST]
    assert sorted(listed) == sorted(methods_of(Store))


@pytest.mark.parametrize("method", FOREIGN_READS)
async def test_nothing_of_one_account_is_read_with_the_id_of_another(store, method):
    found = await FOREIGN_READS[method](store)
    assert SECRET not in repr(found)
    assert "acme" not in repr(found)
    assert not getattr(found, "number", found) or method in ("account", "behind", "entries", "settings", "spent")


@pytest.mark.parametrize("method", FOREIGN_WRITES)
async def test_nothing_of_one_account_is_changed_with_the_id_of_another(store, queue, method):
    before = await rows_of(store, "acme")
    assert all(before.values())
    with contextlib.suppress(OperatorError):
        await FOREIGN_WRITES[method](store)
    assert await rows_of(store, "acme") == before


@pytest.fixture
def reached(store, monkeypatch):
    """What the transactions of the store state that they reach, which PostgreSQL holds them to."""
    reached, opened = set(), store._open

    def opening(engine, reach):
        reached.add(reach)
        return opened(engine, reach)

    monkeypatch.setattr(store, "_open", opening)
    return reached


@pytest.mark.parametrize("method", [*FOREIGN_READS, *FOREIGN_WRITES])
async def test_what_is_asked_for_an_account_states_that_it_reaches_that_account_alone(store, method, reached):
    with contextlib.suppress(OperatorError):
        await (FOREIGN_READS | FOREIGN_WRITES)[method](store)
    assert reached == {only("beta")}


async def test_the_search_for_changes_finds_one(store, queue):
    before = await rows_of(store, "acme")
    await store.erase_tickets("acme", [7], entry("acme"))
    assert await rows_of(store, "acme") != before


QUEUE_BY_ACCOUNT = {
    "count": lambda queue: queue.count("beta"),
    "expired": lambda queue: queue.expired("beta", NOON + DAY),
    "jobs": lambda queue: queue.jobs("beta"),
    "purge": lambda queue: queue.purge("beta", NOON + DAY, limit=99),
}
QUEUE_OTHERWISE = {
    "accept", "another", "claim", "drop", "find", "finish", "is_current", "migrate", "put_back", "release", "renew",
    "retry", "use",
}  # fmt: skip
"""By the job itself, whose id no request of an account names; or for the host as a whole."""


def test_every_method_of_a_queue_says_how_it_keeps_accounts_apart():
    assert {*QUEUE_BY_ACCOUNT, *QUEUE_OTHERWISE} == methods_of(Queue)


@pytest.mark.parametrize("method", QUEUE_BY_ACCOUNT)
async def test_no_job_of_one_account_is_reached_with_the_id_of_another(store, queue, method):
    before = await rows_of(store, "acme")
    found = await QUEUE_BY_ACCOUNT[method](queue)
    assert not any(found.values()) if isinstance(found, dict) else not found
    assert await rows_of(store, "acme") == before


@pytest.mark.parametrize("method", QUEUE_BY_ACCOUNT)
async def test_what_is_asked_for_the_jobs_of_an_account_reaches_that_account_alone(queue, method, reached):
    await QUEUE_BY_ACCOUNT[method](queue)
    assert reached == {only("beta")}


def test_every_route_of_an_account_names_it_by_its_token_alone():
    """No path has the id of an account in it, so that there is none that could be exchanged."""
    variables = {name for path in ACCESS for name in re.findall(r"{(\w+)}", path)}
    assert variables == {"webhook_key", "name"}  # a secret that leads to its account, and the name of a credential
    assert "account" not in json.dumps(sorted(ACCESS))
