"""The contract of stores."""

import pytest

import raum_sqlite
from raum.testing import FakeStore
from raum.testing.contracts import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def part(self, tmp_path):
        (part,) = raum_sqlite.raum_stores()
        return part.build(part.options(path=str(tmp_path / "raum.db")))


class TestFakeStore(StoreContract):
    @pytest.fixture
    def part(self):
        return FakeStore()
