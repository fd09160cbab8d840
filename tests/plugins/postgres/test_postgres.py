import logging

import pytest

import raum_postgres
from raum.api import Entry, OperatorError, Secret
from raum.ids import utc_now
from raum_postgres import PostgresOptions

SECRET = "SEVEN-LEMONS"


def store(url):
    (part,) = raum_postgres.raum_stores()
    return part.build(PostgresOptions(url=Secret(url)))


@pytest.fixture
def url(postgres_server):
    return postgres_server.new_database()


@pytest.mark.parametrize("url", [f"mysql://raum:{SECRET}@db/raum", SECRET, ""])
def test_an_address_of_another_kind_is_refused_and_not_shown(url):
    with pytest.raises(OperatorError) as refusal:
        store(url)
    assert str(refusal.value) == "postgres: url must be written postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


async def test_a_server_that_does_not_answer_is_an_operators_error(tmp_path):
    with pytest.raises(OperatorError) as failure:
        await store(f"postgresql://raum:{SECRET}@/raum?host={tmp_path}").is_current()
    assert str(failure.value) == "cannot connect to the PostgreSQL database: FileNotFoundError"


async def test_a_database_that_is_not_there_is_an_operators_error(url):
    with pytest.raises(OperatorError) as failure:
        await store(url.replace("/test", f"/{SECRET}")).is_current()
    assert str(failure.value) == "cannot connect to the PostgreSQL database: InvalidCatalogNameError (3D000)"


async def test_an_older_schema_is_refused(url):
    with pytest.raises(OperatorError) as refusal:
        async with store(url):
            pass
    assert str(refusal.value) == "the store's schema is older than this raum; run `raum migrate`"


async def test_a_commit_is_on_the_disk_even_if_the_server_would_not_wait_for_it(postgres_server, url):
    async with store(url).writing() as connection:
        name = (await connection.exec_driver_sql("SELECT current_database()")).scalar_one()
        await connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with store(url).reading() as connection:
        assert (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar_one() == "on"


async def test_nothing_logs_parameters_even_if_everything_is_logged(url, caplog):
    caplog.set_level(logging.DEBUG)
    kept = store(url)
    await kept.migrate()
    async with kept:
        entry = Entry(SECRET, utc_now(), "acme", "generate", "system:worker", "returned", content=SECRET)
        await kept.append(entry)
        with pytest.raises(OperatorError) as refusal:
            await kept.append(entry)
    assert SECRET not in caplog.text + str(refusal.value)
