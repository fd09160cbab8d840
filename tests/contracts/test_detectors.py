"""The contract of detectors, for every detector that comes with raum."""

import pytest

import raum_addresses
import raum_ids
import raum_patterns
import raum_secrets
from raum.api import OwnPattern, OwnPatterns
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


def other(plugin, name):
    """A part of another plugin than `patterns`, as a configuration without a table for it builds it."""
    parts = {part.name: part for part in plugin.raum_detectors()}
    return parts[name].build(parts[name].options())


class TestIban(DetectorContract):
    examples = (
        ("Refund to DE89 3704 0044 0532 0130 00 please.", "IBAN", "DE89 3704 0044 0532 0130 00"),
        ("IBAN: GB82WEST12345698765432", "IBAN", "GB82WEST12345698765432"),
    )
    innocent = ("Code DE89370400440532013001", "GB82 hats")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "iban")


class TestSsn(DetectorContract):
    examples = (("My SSN is 219-09-9999.", "SSN", "219-09-9999"), ("ssn=078051120", "SSN", "078051120"))
    innocent = ("555-12-34567", "000-12-3456", "Order 078051120")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "ssn")


class TestNationalId(DetectorContract):
    examples = (
        ("AHV 756.9217.0769.85", "NATIONAL_ID", "756.9217.0769.85"),
        ("mi DNI: 12345678Z", "NATIONAL_ID", "12345678Z"),
    )
    innocent = ("AHV 756.9217.0769.86", "Part 12345678Z")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "national-id")


class TestIp(DetectorContract):
    examples = (
        ("Requests from 192.0.2.33:8080 fail", "IP", "192.0.2.33"),
        ("ping 2001:db8::1, then wait", "IP", "2001:db8::1"),
    )
    innocent = ("version 1.2.3.4", "at 12:30:45", "std::vector")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "ip")


class TestBirthDate(DetectorContract):
    examples = (
        ("DOB: 1980-02-03", "DATE_OF_BIRTH", "1980-02-03"),
        ("geboren am 3. Mai 1980", "DATE_OF_BIRTH", "3. Mai 1980"),
    )
    innocent = ("Paid on 1980-02-03", "born to wait 12 days")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "birth-date")


class TestPassport(DetectorContract):
    examples = (("passport no. C01234567", "PASSPORT", "C01234567"),)
    innocent = ("Order C01234567", "passport photos, 35x45")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "passport")


class TestDrivingLicence(DetectorContract):
    examples = (("driver's license: A1234567", "DRIVING_LICENCE", "A1234567"),)
    innocent = ("Order A1234567", "licence fee 159.00")

    @pytest.fixture
    def part(self):
        return other(raum_ids, "driving-licence")


class TestApiKey(DetectorContract):
    examples = (
        ("It is AKIAIOSFODNN7EXAMPLE.", "APIKEY", "AKIAIOSFODNN7EXAMPLE"),
        ("token: aB3dE5gH7jK9mN1pQ3", "APIKEY", "aB3dE5gH7jK9mN1pQ3"),
    )
    innocent = ("commit e83c5163316f89bfbde7d9ab23ca2e25604af290", "the token has expired")

    @pytest.fixture
    def part(self):
        return other(raum_secrets, "api-key")


class TestPassword(DetectorContract):
    examples = (("password: hunter2", "PASSWORD", "hunter2"), ("my password is Tr0ub4dor", "PASSWORD", "Tr0ub4dor"))
    innocent = ("my password is wrong", "Password: ********")

    @pytest.fixture
    def part(self):
        return other(raum_secrets, "password")


class TestUrlCredentials(DetectorContract):
    examples = (("https://jane:hunter2@example.com", "URLCRED", "https://jane:hunter2@example.com"),)
    innocent = ("https://example.com:8080/@jane", "ssh://git@example.com/hats.git")

    @pytest.fixture
    def part(self):
        return other(raum_secrets, "url-credentials")


class TestAddress(DetectorContract):
    examples = (
        (
            "Ship to 12 Main Street, Springfield, IL 62704!",
            "ADDRESS",
            "12 Main Street, Springfield, IL 62704",
        ),
        ("Ich wohne Hauptstr. 12a, 10115 Berlin!", "ADDRESS", "Hauptstr. 12a, 10115 Berlin"),
    )
    innocent = ("It takes 5 minutes drive", "Sitzplatz 12")

    @pytest.fixture
    def part(self):
        return other(raum_addresses, "address")


class TestCustom(DetectorContract):
    examples = (("Where is ORD-123456?", "ORDER", "ORD-123456"),)
    innocent = ("Where is ORD-1?",)

    @pytest.fixture
    def part(self):
        return OwnPatterns((OwnPattern("ORDER", "ORD-[0-9]{6}"),))
