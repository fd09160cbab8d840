"""When two values are the same value (promise P4)."""

import pytest

from raum.model import Person
from raum.values.identity import fullness, identities
from raum.values.people import name_tokens
from raum.values.phones import phone_number


def same(type_, first, second, persons=()):
    one, other = identities([(type_, first), (type_, second)], persons)
    return one == other


@pytest.mark.parametrize(
    ("type_", "first", "second"),
    [
        ("EMAIL", "Jane@Example.com", "jane@example.COM"),
        ("CC", "4111 1111 1111 1111", "4111-1111-1111-1111"),
        ("CC", "4111111111111111", "４１１１ 1111 1111 1111"),
        ("PHONE", "+1 (202) 555-0143", "202.555.0143"),
        ("PHONE", "+49 30 901820", "030 901820"),
        ("PHONE", "0049 30 901820", "+4930901820"),
        ("PHONE", "202-555-0143 ext. 7", "2025550143x7"),
        ("NAME", "Jane Doe", "DOE, JANE"),
        ("NAME", "Jane Doe", "J. Doe"),
        ("NAME", "Jane Doe", "Mrs. Doe"),
        ("NAME", "Jane Marie Doe", "Jane Doe"),
        ("NAME", "José Álvarez", "jose alvarez"),
        ("NAME", "山田 花子", "山田花子"),
        ("IBAN", "DE89 3704", "de89  3704"),
    ],
)
def test_the_same_value_written_differently(type_, first, second):
    assert same(type_, first, second)


@pytest.mark.parametrize(
    ("type_", "first", "second"),
    [
        ("EMAIL", "jane@example.com", "jane@example.org"),
        ("EMAIL", "jane+a@example.com", "jane@example.com"),
        ("CC", "4111 1111 1111 1111", "5555 5555 5555 4444"),
        ("PHONE", "+1 202 555 0143", "+44 202 555 0143"),
        ("PHONE", "202-555-0143 ext. 7", "202-555-0143 ext. 8"),
        ("PHONE", "555-0143", "202-555-0143"),
        ("NAME", "Jane Doe", "Jane Roe"),
        ("NAME", "Jane Doe", "K. Doe"),
        ("NAME", "Jane Doe", "J. D."),
        ("LITERAL", "[REDACTED_NAME]", "[redacted_name]"),
    ],
)
def test_different_values(type_, first, second):
    assert not same(type_, first, second)


def test_a_number_without_its_country_that_fits_two_is_neither():
    keys = identities([("PHONE", n) for n in ("+1 202 555 0143", "+44 202 555 0143", "202 555 0143")])
    assert len(set(keys)) == 3


def test_an_alias_on_record_is_the_person():
    assert same("NAME", "Janey", "Jane Doe", [Person(("Jane Doe", "Janey"))])


def test_a_name_that_fits_two_people_on_record_is_a_value_of_its_own():
    persons = [Person(("Jane Doe",)), Person(("Jane Roe",))]
    assert len(set(identities([("NAME", "Jane"), ("NAME", "Jane Doe"), ("NAME", "Jane Roe")], persons))) == 3


def test_a_full_name_is_its_own_even_if_it_is_a_part_of_another():
    persons = [Person(("Ana Silva",)), Person(("Ana Maria Silva",))]
    assert not same("NAME", "Ana Silva", "Ana Maria Silva", persons)


def test_titles_are_no_part_of_a_name_unless_they_are_all_of_it():
    assert (name_tokens("Dr. Doe"), name_tokens("Dr.")) == (("doe",), ("dr",))


def test_an_impossible_number_is_compared_by_its_digits():
    assert (phone_number("+999").country, phone_number("+999").national) == ("", "999")


@pytest.mark.parametrize(
    ("type_", "forms"),
    [
        ("NAME", ["Doe", "J. Doe", "Jane Doe", "Jane Marie Doe"]),
        ("PHONE", ["555-0143", "202-555-0143", "+1 202 555 0143"]),
    ],
)
def test_forms_grow_fuller(type_, forms):
    assert forms == sorted(forms, key=lambda form: fullness(type_, form))
