"""The contract of queues."""

from datetime import timedelta

import pytest

import raum_sqlite
from raum.api import SqlQueue
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
