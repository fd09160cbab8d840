import logging

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from raum.api import Account, OperatorError, Scope
from raum.settings import Models, Sampling, Settings, Stored, stored_settings
from raum.storage.queue import SqlQueue
from raum.storage.schema import upgrade
from raum.storage.store import SqlStore
from raum.storage.tables import metadata
from raum_sqlite import sqlite_engine


@pytest.fixture
def open_store(tmp_path):
    return lambda *, upgrades_itself: SqlStore(
        lambda: sqlite_engine(tmp_path / "raum.db"), upgrades_itself=upgrades_itself
    )


@pytest.fixture
async def engine(tmp_path):
    engine = sqlite_engine(tmp_path / "raum.db")
    yield engine
    await engine.dispose()


async def set_revision(engine, revision):
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


async def test_the_migrations_make_the_schema_that_the_tables_describe(open_store, engine):
    await open_store(upgrades_itself=False).migrate()
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True, "compare_server_default": True}), metadata
            )
        )
    assert differences == []


async def test_jobs_of_the_first_schema_are_kept(open_store, engine, acme, make_entry):
    columns = "id, account_id, event_id, ticket_id, created_at, source_ip, request_id, attempts, state, due_at"
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: upgrade(sync, "0001"))
        await connection.execute(text("INSERT INTO accounts VALUES ('acme', 'acme-help', 'hook-acme', 'note')"))
        for state in ("waiting", "running", "done", "failed"):
            times = "'2026-03-01 12:00:00.000000'"
            values = f"'{state}', 'acme', 'event-{state}', 7, {times}, '', '', 1, '{state}', {times}"
            await connection.execute(text(f"INSERT INTO jobs ({columns}) VALUES ({values})"))
    queue = SqlQueue()
    async with open_store(upgrades_itself=True) as store:
        queue.use(store)
        assert await queue.count() == {"waiting": 2, "running": 0, "done": 1, "dead": 1, "dropped": 0}
        assert {(status.job.attempts, status.job.token) for status in await queue.jobs()} == {(1, 1)}


async def test_settings_of_names_and_words_become_one_document(open_store, engine):
    kept = {
        "providers": "openai,gemini",
        "fallback": "on",
        "max_output_tokens": "4096",
        "model.openai": "gpt-6-luna",
        "model.openai.translate": "small-1",
        "temperature.openai": "0.2",
    }
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: upgrade(sync, "0006"))
        for name, reply_as in (("acme", "public"), ("beta", "note"), ("gamma", "public")):
            columns = "id, subdomain, webhook_key, reply_as"
            values = f"'{name}', '{name}-help', 'hook-{name}', '{reply_as}'"
            await connection.execute(text(f"INSERT INTO accounts ({columns}) VALUES ({values})"))
        for name, value in kept.items():
            await connection.execute(text(f"INSERT INTO settings VALUES ('acme', '{name}', '{value}')"))
    async with open_store(upgrades_itself=True) as store:
        assert stored_settings(await store.settings("acme")) == Settings(
            providers=("openai", "gemini"),
            fallback=True,
            max_output_tokens=4096,
            models={"openai": Models("gpt-6-luna", translate="small-1")},
            sampling={"openai": Sampling(temperature=0.2)},
            reply_as="public",
        )
        assert await store.settings("beta") == Stored()
        assert stored_settings(await store.settings("gamma")) == Settings(reply_as="public")


async def test_a_store_is_migrated_without_being_entered(open_store):
    store = open_store(upgrades_itself=False)
    assert await store.is_current() is False
    await store.migrate()
    assert await store.is_current() is True
    async with store:
        assert await store.accounts() == []


async def test_migrating_twice_changes_nothing(open_store, acme, make_entry):
    async with open_store(upgrades_itself=True) as store:
        await store.add_account(acme, make_entry())
        await store.migrate()
        assert await store.accounts() == [acme]


async def test_a_store_that_upgrades_itself_is_current_once_entered(open_store):
    async with open_store(upgrades_itself=True) as store:
        assert await store.is_current() is True


async def test_a_store_that_does_not_upgrade_itself_refuses_an_older_schema(open_store):
    with pytest.raises(OperatorError) as refusal:
        async with open_store(upgrades_itself=False):
            pass
    assert str(refusal.value) == "the store's schema is older than this raum; run `raum migrate`"


@pytest.mark.parametrize("upgrades_itself", [True, False])
async def test_a_newer_schema_is_refused(open_store, engine, upgrades_itself):
    await open_store(upgrades_itself=True).migrate()
    await set_revision(engine, "9999")
    with pytest.raises(OperatorError) as refusal:
        async with open_store(upgrades_itself=upgrades_itself):
            pass
    assert str(refusal.value) == (
        "the store's schema is newer than this raum; install the version that upgraded it, or a later one "
        "(hosts of this version that were started before go on until they are replaced)"
    )


async def test_migrating_is_quiet_and_leaves_logging_alone(open_store, capfd):
    before = (logging.root.level, logging.root.handlers[:], logging.getLogger("alembic").handlers[:])
    await open_store(upgrades_itself=True).migrate()
    assert (logging.root.level, logging.root.handlers[:], logging.getLogger("alembic").handlers[:]) == before
    assert capfd.readouterr() == ("", "")


async def test_service_tokens_of_before_go_on_for_a_while(open_store, engine):
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: upgrade(sync, "0004"))
        for account in ("acme", "beta"):
            values = f"'{account}', '{account}-help', 'hook-{account}', 'note'"
            await connection.execute(text(f"INSERT INTO accounts VALUES ({values})"))
        for number, (account, label) in enumerate([("acme", "first"), ("acme", "first"), ("beta", "first")], 1):
            values = f"x'{bytes([number] * 32).hex()}', '{account}', '{label}'"
            await connection.execute(text(f"INSERT INTO tokens (digest, account_id, label) VALUES ({values})"))
    async with open_store(upgrades_itself=True) as store:
        known = [await store.token(bytes([number] * 32)) for number in (1, 2, 3)]
        assert [account.id for account, _ in known] == ["acme", "acme", "beta"]
        tokens = [token for _, token in known]
        assert len({(token.account_id, token.label) for token in tokens}) == 3
        assert len({token.id for token in tokens}) == 3
        assert {token.scopes for token in tokens} == {frozenset({Scope.OPERATIONS, Scope.CREDENTIALS})}
        assert {(token.expires_at - token.created_at).days for token in tokens} == {90}
        assert await store.account("acme") == Account("acme", "acme-help", "hook-acme")
