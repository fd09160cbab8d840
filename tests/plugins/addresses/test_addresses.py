"""Postal addresses, in the forms of several countries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import raum_addresses

[PART] = raum_addresses.raum_detectors()
DETECTOR = PART.build(PART.options())


def found(text):
    return [finding.of(text) for finding in DETECTOR.find(text)]


@pytest.mark.parametrize(
    "address",
    [
        "12 Main Street",
        "1600 Sample Ave",
        "742B Oak Ridge Rd",
        "350 5th Avenue",
        "12 N. Elm Blvd",
        "12 Main Street, Springfield, IL 62704",
        "12 Main Street, Apt 4B, Springfield, IL 62704-1234",
        "12 Main Street\nSpringfield, IL 62704",
        "12 Main Street, Springfield, IL",
        "5 Church Lane, Oxford OX1 2AB",
        "P.O. Box 101",
        "PO Box 255, Springfield, IL 62704",
        "PSC 1083, Box 3672\nAPO AP 96300",
        "Springfield, IL 62704",
        "Hauptstraße 5",
        "Hauptstr. 12a, 10115 Berlin",
        "Berliner Allee 7",
        "Lange Straße 12-14, 20095 Hamburg",
        "12 rue de la Paix",
        "12 bis, avenue Victor Hugo, 75016 Paris",
        "3 place Bellecour, 69002 Lyon",
        "Calle Mayor 15",
        "Calle de Alcalá, 42, 28014 Madrid",
        "Via dei Fiori 17",
        "Rua Augusta 1903",
        "Kerkstraat 8, 1017 GL Amsterdam",
        "Lange Laan 12",
        "ul. Długa 5",
        "Storgatan 12",
    ],
)
@pytest.mark.parametrize("text", ["{}", "We moved to {}.", '"{}"', "x\n{}\nplease"])
def test_an_address_is_found_whole(address, text):
    assert found(text.format(address)) == [address]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("I live at 12 oak street in a hat", "12 oak street"),
        ("ship it to 12 long oak road", "12 long oak road"),
        ("12 oak street, springfield 62704", "12 oak street"),
        ("my address is 12 The Hats, Little Snoring.", "12 The Hats, Little Snoring"),
        ("Adresse: Am Hutladen 7, Kleinstadt", "Am Hutladen 7, Kleinstadt"),
        ("address: 12 Hat Corner and phone is 202-555-0143", "12 Hat Corner"),
        ("Villa Rosa 12 Apt. 3", "Villa Rosa 12 Apt. 3"),
    ],
)
def test_an_address_without_a_form_of_its_own_is_found_where_words_lead_to_it(text, address):
    assert found(text) == [address]


def test_the_line_below_an_address_is_no_part_of_it():
    assert found("12 Main Street\nOrder 12345\nThanks") == ["12 Main Street"]


def test_two_addresses_are_two_findings():
    assert found("from 12 Main Street, to 7 Oak Lane") == ["12 Main Street", "7 Oak Lane"]


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_offsets_count_code_points_whatever_stands_around(before, after):
    value = "12 Main Street, Springfield, IL 62704"
    text = f"{before} | {value} | {after}"
    start = len(before) + 3
    assert any(finding.start <= start and finding.end >= start + len(value) for finding in DETECTOR.find(text))


@pytest.mark.parametrize("piece", ["Apt 5 ", "12 Main Street Apt 5 ", "Via ", "12 Main ", "Calle A "])
def test_a_long_row_of_parts_of_addresses_is_read_to_its_end(piece):
    text = piece * 5_000
    assert all(finding.end <= len(text) for finding in DETECTOR.find(text))
