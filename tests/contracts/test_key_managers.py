"""The contract of key managers."""

import pytest

import raum_localkeys
from raum.testing import FakeKeyManager
from raum.testing.contracts import KeyManagerContract


class TestLocalKeys(KeyManagerContract):
    @pytest.fixture
    def part(self, tmp_path):
        (part,) = raum_localkeys.raum_key_managers()
        return part.build(part.options(path=str(tmp_path / "keys" / "raum.keys")))


class TestFakeKeyManager(KeyManagerContract):
    randomised = False

    @pytest.fixture
    def part(self):
        return FakeKeyManager()
