"""The contract of providers."""

import pytest

import raum_offline
from raum.testing import FakeProvider
from raum.testing.contracts import ProviderContract


class TestOffline(ProviderContract):
    @pytest.fixture
    def part(self):
        (part,) = raum_offline.raum_providers()
        return part.build(part.options())


class TestFakeProvider(ProviderContract):
    # It keeps what it was handed, so that tests can look at it.
    test_the_key_is_not_kept = None
    test_the_ticket_is_not_kept = None

    @pytest.fixture
    def part(self):
        return FakeProvider()


class TestFakeProviderWithAnAnswerOfItsOwn(TestFakeProvider):
    @pytest.fixture
    def part(self):
        return FakeProvider(lambda prompt: f"{len(prompt.ticket)} characters for [REDACTED_NAME] 🙂", needs_key=True)
