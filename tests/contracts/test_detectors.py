"""The contract of detectors, for every detector that comes with raum."""

import pytest

import raum_patterns
from raum.testing import FakeDetector
from raum.testing.contracts import DetectorContract


def built(name):
    """The part as a configuration without a table for it builds it."""
    parts = {part.name: part for part in raum_patterns.raum_detectors()}
    return parts[name].build(parts[name].options())


class TestEmail(DetectorContract):
    examples = (
        ("Write to jane.doe@example.com please.", "EMAIL", "jane.doe@example.com"),
        ("<a href='mailto:o'hara+hats@mail.example.org'>", "EMAIL", "o'hara+hats@mail.example.org"),
        ("Fragen an grüße@müller.example", "EMAIL", "grüße@müller.example"),
    )
    innocent = ("Meet us @ the hat shop", "3 hats @ 4.50", "user@localhost")

    @pytest.fixture
    def part(self):
        return built("email")


class TestCard(DetectorContract):
    examples = (
        ("My card is 4111 1111 1111 1111, it was charged twice.", "CC", "4111 1111 1111 1111"),
        ("378282246310005", "CC", "378282246310005"),
        ("card: 5555-5555-5555-4444", "CC", "5555-5555-5555-4444"),
    )
    innocent = ("Order 4111 1111 1111 1112", "1234567812345678")

    @pytest.fixture
    def part(self):
        return built("card")


class TestPhone(DetectorContract):
    examples = (
        ("Call me at +1 202-555-0143 after five.", "PHONE", "+1 202-555-0143"),
        ("phone: (202) 555-0178", "PHONE", "(202) 555-0178"),
    )
    innocent = ("Order 88210 of 3 November", "version 1.2.3")

    @pytest.fixture
    def part(self):
        return built("phone")


class TestName(DetectorContract):
    examples = (
        ("Dear Jane Doe,\nyour hat is late.", "NAME", "Jane Doe"),
        ("My name is Jane Doe and my hat is late.", "NAME", "Jane Doe"),
        ("It is late.\n\nKind regards\nJane Doe", "NAME", "Jane Doe"),
    )
    innocent = ("Dear Customer Support,\nmy hat is late.", "The hat is late.")

    @pytest.fixture
    def part(self):
        return built("name")


class TestFakeDetector(DetectorContract):
    examples = (("Jane Doe has a hat", "NAME", "Jane Doe"), ("a hat for Jane Doe", "HAT", "hat"))
    innocent = ("nobody has a cap",)

    @pytest.fixture
    def part(self):
        return FakeDetector({"Jane Doe": "NAME", "hat": "HAT"})
