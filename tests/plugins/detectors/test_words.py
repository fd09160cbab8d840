"""The words of the detectors: data files by language, and the options that add to them."""

import tomllib
from pathlib import Path

import pytest

import raum_addresses
import raum_patterns
import raum_secrets

PLUGINS = Path(__file__).parents[3] / "plugins"
LANGUAGES = {"en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ja"}


def document(file):
    return tomllib.loads((PLUGINS / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "file",
    ["raum_patterns/phone.toml", "raum_patterns/card.toml", "raum_patterns/email.toml", "raum_secrets/words.toml"],
)
def test_a_file_has_the_same_lists_for_every_language(file):
    languages = document(file)
    assert set(languages) == LANGUAGES
    optional = {"providers"}
    assert len({frozenset(set(lists) - optional) for lists in languages.values()}) == 1


@pytest.mark.parametrize("part", ["fillers", "ssn", "national-id", "birth-date", "passport", "driving-licence"])
def test_what_introduces_an_id_is_there_in_every_language(part):
    languages = document("raum_ids/cues.toml")[part]
    assert set(languages) >= LANGUAGES
    assert all(languages.values())


def test_the_digits_have_ten_names_in_every_language():
    assert {len(lists["digits"]) for lists in document("raum_patterns/phone.toml").values()} == {10}


@pytest.mark.parametrize(
    ("plugin", "part", "options", "text", "value"),
    [
        (raum_patterns, "phone", {"cues": ("zorp",)}, "zorp 8123 4567", "8123 4567"),
        (raum_patterns, "card", {"cues": ("zorp",)}, "zorp 4111 1111 1111 1112", "4111 1111 1111 1112"),
        (raum_patterns, "email", {"at": ("zorp",)}, "ines zorp example dot com", "ines zorp example dot com"),
        (raum_patterns, "email", {"dot": ("zorp",)}, "ines at example zorp com", "ines at example zorp com"),
        (raum_patterns, "email", {"cues": ("zorp",)}, "zorp: ines at example.com", "ines at example.com"),
        (raum_secrets, "api-key", {"cues": ("zorp",)}, "zorp: aB3dE5gH7jK9mN1pQ3", "aB3dE5gH7jK9mN1pQ3"),
        (raum_addresses, "address", {"suffixes": ("Zorp",)}, "at 12 Hat Zorp today", "12 Hat Zorp"),
        (raum_addresses, "address", {"leading": ("Zorp",)}, "at Zorp Hat 12 today", "Zorp Hat 12"),
        (raum_addresses, "address", {"endings": ("zorp",)}, "at Hatzorp 12 today", "Hatzorp 12"),
        (raum_addresses, "address", {"labels": ("zorp",)}, "zorp: Hat Corner 12", "Hat Corner 12"),
    ],
)
def test_a_word_of_the_configuration_adds_to_the_built_in_ones(plugin, part, options, text, value):
    [made] = [each for each in plugin.raum_detectors() if each.name == part]
    assert [finding.of(text) for finding in made.build(made.options()).find(text)] == []
    assert [finding.of(text) for finding in made.build(made.options(**options)).find(text)] == [value]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"others": ("zorp",)}, "zorp 415-555-0132"),
        ({"others": ("zorp",)}, "my zorp number is 4155550132"),
    ],
)
def test_a_word_of_the_configuration_announces_another_kind_of_number(options, text):
    [made] = [each for each in raum_patterns.raum_detectors() if each.name == "phone"]
    assert list(made.build(made.options()).find(text))
    assert not list(made.build(made.options(**options)).find(text))
