"""The contract of queues."""

from datetime import timedelta

import pytest

import raum_pgqueuer
import raum_postgres
import raum_sqlite
from raum.api import NO_ACCOUNT, Secret, SqlQueue
from raum.ids import utc_now
from raum.testing import FakeQueue, FakeStore
from raum.testing.contracts import QueueContract


class TestEmbedded(QueueContract):
    @pytest.fixture
    def in_store(self, tmp_path):
        (part,) = raum_sqlite.raum_stores()
        return part.build(part.options(path=str(tmp_path / "raum.db")))

    @pytest.fixture
    def clock(self):
        return Clock()

    @pytest.fixture
    def part(self, clock):
        return SqlQueue(clock.now)

    @pytest.fixture
    def later(self, clock):
        return clock.later


class Clock:
    passed = timedelta()

    def now(self):
        return utc_now() + self.passed

    async def later(self, seconds):
        self.passed += timedelta(seconds=seconds)


class TestFakeQueue(QueueContract):
    @pytest.fixture
    def in_store(self):
        return FakeStore()

    @pytest.fixture
    def part(self):
        return FakeQueue()

    @pytest.fixture
    def later(self, part):
        async def later(seconds):
            part.passed += timedelta(seconds=seconds)

        return later


class TestPgQueuer(QueueContract):
    @pytest.fixture
    def url(self, postgres_server):
        return postgres_server.migrated_database()

    @pytest.fixture
    def in_store(self, url):
        (part,) = raum_postgres.raum_stores()
        return part.build(part.options(url=Secret(url)))

    @pytest.fixture
    def part(self):
        (part,) = raum_pgqueuer.raum_queues()
        return part.build(part.options())

    @pytest.fixture
    def later(self, in_store):
        """Instead of the database's clock being put forward, what it wrote down is put back."""

        async def later(seconds):
            async with in_store.writing(NO_ACCOUNT) as connection:
                for column in ("heartbeat", "execute_after"):
                    await connection.exec_driver_sql(
                        f"UPDATE pgqueuer SET {column} = {column} - interval '{seconds} seconds'"
                    )

        return later
