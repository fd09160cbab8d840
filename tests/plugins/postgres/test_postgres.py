import logging
import ssl

import pytest

import raum_postgres
from raum.api import NO_ACCOUNT, Entry, OperatorError, Secret
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


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("postgresql:///raum", True),
        ("postgresql:///raum?host=/run/postgresql", True),
        ("postgresql://127.0.0.1:5432/raum", True),
        ("postgresql://u:p@localhost/raum", True),
        ("postgresql://[::1]/raum", True),
        ("postgresql://db.example.com/raum", False),
        ("postgresql://10.0.0.5/raum", False),
        ("postgresql:///raum?host=db.example.com", False),
        ("postgresql://db.example.com/raum?host=/run/postgresql", False),
        ("postgresql://localhost:5432,db.example.com:5432/raum", False),
        ("postgresql:///raum?host=/run/postgresql,db.example.com", False),
        ("postgresql://localhost.example.com/raum", False),
    ],
)
def test_it_is_known_which_server_is_on_this_machine(monkeypatch, address, local):
    monkeypatch.delenv("PGHOST", raising=False)
    assert raum_postgres.is_local(address) is local
    options = PostgresOptions(url=Secret(address), region="eu")
    assert raum_postgres.data_use(options).regions == (() if local else ("eu",))


def test_the_environment_can_say_that_the_server_is_elsewhere(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example.com")
    assert not raum_postgres.is_local("postgresql:///raum")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-full&sslmode=disable"])
def test_to_another_machine_there_is_no_connection_that_others_could_read(mode):
    with pytest.raises(OperatorError) as refusal:
        store(f"postgresql://raum:{SECRET}@db.example.com/raum?sslmode={mode}")
    assert "may say sslmode=verify-full or verify-ca alone" in str(refusal.value)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("address", ["postgresql:///raum", "postgresql://db.example.com/raum?sslmode=verify-full"])
def test_what_the_address_says_of_tls_is_left_to_it(address):
    assert raum_postgres.tls_for(address) is None


async def test_without_a_word_about_it_the_certificate_is_verified(monkeypatch):
    """What asyncpg is given, since a server on this machine is asked for no TLS."""
    given = {}

    async def connect(*_, **arguments):
        given.update(arguments)
        raise ConnectionRefusedError

    monkeypatch.setattr(raum_postgres.asyncpg, "connect", connect)
    monkeypatch.setenv("PGSSLMODE", "disable")
    with pytest.raises(OperatorError):
        await store(f"postgresql://raum:{SECRET}@db.example.com/raum").is_current()
    assert (given["ssl"].verify_mode, given["ssl"].check_hostname) == (ssl.CERT_REQUIRED, True)


async def test_a_server_that_does_not_answer_is_an_operators_error(tmp_path):
    with pytest.raises(OperatorError) as failure:
        await store(f"postgresql://raum:{SECRET}@/raum?host={tmp_path}").is_current()
    assert str(failure.value) == "cannot connect to the PostgreSQL database: FileNotFoundError"


async def test_a_database_that_is_not_there_is_an_operators_error(url):
    with pytest.raises(OperatorError) as failure:
        await store(url.replace("@/test", f"@/{SECRET}")).is_current()
    assert str(failure.value) == "cannot connect to the PostgreSQL database: InvalidCatalogNameError (3D000)"


async def test_an_older_schema_is_refused(url):
    with pytest.raises(OperatorError) as refusal:
        async with store(url):
            pass
    assert str(refusal.value) == "the store's schema is older than this raum; run `raum migrate`"


async def test_a_commit_is_on_the_disk_even_if_the_server_would_not_wait_for_it(postgres_server, url):
    async with store(url).writing(NO_ACCOUNT) as connection:
        name = (await connection.exec_driver_sql("SELECT current_database()")).scalar_one()
        await connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
    async with store(url).reading(NO_ACCOUNT) as connection:
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
