"""Whom row-level security does not hold, and what becomes of hosts from before there was a wall."""

import asyncio
import contextlib
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.postgres.ways_in import connected, reaching, store_at
from servers import as_role, as_superuser
from structlog.testing import capture_logs

from raum.api import EVERY_ACCOUNT, NO_ACCOUNT, OperatorError
from raum.assembly import assemble
from raum.cli import raum
from raum.commands.serve import try_out
from raum.storage.schema import upgrade
from raum.storage.wall import POLICY_FOR_OLDER_HOSTS


@pytest.fixture
def url(postgres_server):
    return postgres_server.new_database()


@pytest.fixture
async def migrated(url):
    await store_at(url).migrate()
    return url


@pytest.fixture
def as_documented(postgres_server):
    """A database that was set up as docs/postgresql.md says."""
    set_up = re.search(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1]
    for statement in filter(str.strip, set_up.split(";")):
        postgres_server.run(statement)
    return as_role(postgres_server.server.get_uri(database="raum"), "raum")


async def test_the_documented_role_is_held_and_needs_no_more_rights(as_documented):
    await store_at(as_documented).migrate()
    async with store_at(as_documented) as store:
        assert await store.warnings() == []


async def test_a_role_that_is_not_held_is_refused(migrated):
    with pytest.raises(OperatorError) as refusal:
        async with store_at(as_superuser(migrated)):
            pass
    assert str(refusal.value) == (
        "postgres: row-level security does not hold the role of the url, which is a superuser or has BYPASSRLS; let "
        "the url name an ordinary role that owns the tables (docs/postgresql.md), or set allow_superuser = true to do "
        "without"
    )


async def test_a_role_that_bypasses_is_refused_like_a_superuser(migrated):
    role = migrated.split("//")[1].partition(":")[0]
    async with connected(as_superuser(migrated)) as connection:
        await connection.execute(f"ALTER ROLE {role} BYPASSRLS")
    with pytest.raises(OperatorError, match="is a superuser or has BYPASSRLS"):
        async with store_at(migrated):
            pass


async def test_if_it_is_allowed_the_operator_is_warned(migrated):
    async with store_at(as_superuser(migrated), allow_superuser=True) as store:
        (warning,) = await store.warnings()
    assert warning.endswith("has BYPASSRLS; nothing but raum's own queries keeps accounts apart")
    async with store_at(migrated) as store:
        assert await store.warnings() == []


DOCUMENT = Path(__file__).parents[3] / "docs" / "postgresql.md"
CONFIG = """\
plugins = ["zendesk", "patterns", "offline", "postgres", "pgqueuer", "localkeys"]
[pipeline]
helpdesk = "zendesk"
detectors = ["email"]
providers = ["offline"]
store = "postgres"
queue = "pgqueuer"
keys = "localkeys"
[postgres]
url = {{ file = "{folder}/url" }}
allow_superuser = {allowed}
[localkeys]
path = "{folder}/raum.keys"
"""


@pytest.fixture
def configured(tmp_path):
    """Writes a configuration for a database."""

    def write(url, allowed):
        (tmp_path / "url").write_text(url)
        (tmp_path / "raum.toml").write_text(CONFIG.format(folder=tmp_path, allowed=str(allowed).lower()))
        return tmp_path / "raum.toml"

    return write


@pytest.mark.parametrize("allowed", [True, False])
def test_a_check_and_each_start_tell_the_operator(url, configured, allowed):
    config = configured(as_superuser(url), allowed)
    assert CliRunner().invoke(raum, ["migrate", "--config", str(config)]).exit_code == 0
    checked = CliRunner().invoke(raum, ["check", "--config", str(config)])
    assert (checked.exit_code, checked.output.count("which is a superuser or has BYPASSRLS")) == (0, 1)
    with capture_logs() as logs, contextlib.nullcontext() if allowed else pytest.raises(OperatorError):
        asyncio.run(try_out(assemble(config)))
    assert [event["log_level"] for event in logs if event["event"] == "the store warns"] == ["warning"] * allowed


def test_an_ordinary_role_is_told_of_nothing(url, configured):
    config = configured(url, allowed=False)
    CliRunner().invoke(raum, ["migrate", "--config", str(config)])
    assert "row-level" not in CliRunner().invoke(raum, ["check", "--config", str(config)]).output
    with capture_logs() as logs:
        asyncio.run(try_out(assemble(config)))
    assert logs == []


async def test_no_default_of_the_database_opens_the_wall_for_a_host(migrated):
    name = migrated.split("//")[1].partition(":")[0]
    async with connected(as_superuser(migrated)) as connection:
        await connection.execute("INSERT INTO accounts (id, subdomain, webhook_key) VALUES ('acme', 'acme', 'hook')")
        await connection.execute(f"ALTER DATABASE {name} SET raum.every_account = 'on'")
    async with connected(migrated) as connection:
        assert await seen(connection) == 1
    async with store_at(migrated) as store, store.reading(NO_ACCOUNT) as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM accounts")).scalar_one() == 0


@pytest.mark.parametrize("switch", ["DISABLE", "NO FORCE"])
async def test_a_table_whose_wall_was_switched_off_stops_the_start(migrated, switch):
    async with connected(migrated) as connection:
        await connection.execute(f"ALTER TABLE credentials {switch} ROW LEVEL SECURITY")
    with pytest.raises(OperatorError) as refusal:
        async with store_at(migrated):
            pass
    assert str(refusal.value).startswith("postgres: row-level security does not hold for credentials; as the owner")


# Hosts from before there was a wall.


async def migrated_to(url, revision):
    store = store_at(url)
    async with store.writing(EVERY_ACCOUNT) as connection:
        await connection.run_sync(lambda sync: upgrade(sync, revision))


async def seen(connection):
    return await connection.fetchval("SELECT count(*) FROM accounts")


async def test_hosts_of_before_work_on_until_they_are_gone_and_only_they(url):
    await migrated_to(url, "0010")
    async with connected(url, application_name="raum") as older:
        await older.execute("INSERT INTO accounts (id, subdomain, webhook_key) VALUES ('acme', 'acme', 'hook')")
        await store_at(url).migrate()
        assert await seen(older) == 1
        await older.execute("UPDATE accounts SET app = '1'")
        async with store_at(url) as store:
            async with store.reading(NO_ACCOUNT) as connection:
                assert (await connection.exec_driver_sql("SELECT count(*) FROM accounts")).scalar_one() == 0
            (warning,) = await store.warnings()
        assert warning.startswith("hosts of a version without row-level security are connected")
        assert await seen(older) == 1
    async with store_at(url) as store:  # the first host that starts when they are gone
        assert await store.warnings() == []
    async with connected(url, application_name="raum") as late:
        assert await seen(late) == 0
        names = "SELECT count(*) FROM pg_policies WHERE policyname = $1"
        assert await late.fetchval(names, POLICY_FOR_OLDER_HOSTS) == 0


async def test_closing_the_wall_waits_for_nobody_who_works(url):
    await migrated_to(url, "0010")
    async with connected(url, application_name="raum"):
        await store_at(url).migrate()
    async with reaching(url, NO_ACCOUNT) as busy:
        await busy.execute("LOCK TABLE credentials IN ROW EXCLUSIVE MODE")
        async with store_at(url) as store:
            assert len(await store.warnings()) == 1
    async with store_at(url) as store:
        assert await store.warnings() == []


async def test_without_hosts_of_before_nobody_is_let_through(url):
    await migrated_to(url, "0010")
    async with connected(url) as connection:
        await connection.execute("INSERT INTO accounts (id, subdomain, webhook_key) VALUES ('acme', 'acme', 'hook')")
        await store_at(url).migrate()
        assert await seen(connection) == 0
