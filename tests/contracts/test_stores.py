"""The contract of stores."""

import pytest

import raum_postgres
import raum_sqlite
from raum.api import Secret
from raum.testing import FakeStore
from raum.testing.contracts import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def part(self, tmp_path):
        (part,) = raum_sqlite.raum_stores()
        return part.build(part.options(path=str(tmp_path / "raum.db")))


class TestPostgres(StoreContract):
    @pytest.fixture
    def part(self, postgres_server):
        (part,) = raum_postgres.raum_stores()
        return part.build(part.options(url=Secret(postgres_server.migrated_database())))


class TestFakeStore(StoreContract):
    @pytest.fixture
    def part(self):
        return FakeStore()
