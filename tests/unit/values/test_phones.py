"""What a written phone number dials."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from raum.values.phones import PhoneNumber, phone_number

COUNTRIES = st.sampled_from(sorted(map(str, COUNTRY_CODE_TO_REGION_CODE)))
BLANKS = st.sampled_from(["", " ", "-", ".", " (", ") ", "/", " (0)"])
WRITTEN = st.builds(
    lambda country, parts: "+" + country + "".join(f"{blank}{part}" for blank, part in parts),
    st.one_of(COUNTRIES, st.text("0123456789", min_size=1, max_size=3)),
    st.lists(st.tuples(BLANKS, st.text("0123456789", min_size=1, max_size=5)), min_size=1, max_size=5),
)


@given(WRITTEN)
def test_a_number_with_its_country_dials_what_the_library_says(written):
    try:
        parsed = phonenumbers.parse(written)
    except phonenumbers.NumberParseException:
        assert phone_number(written).country == ""
    else:
        assert phone_number(written) == PhoneNumber(str(parsed.country_code), str(parsed.national_number))


@pytest.mark.parametrize(
    ("written", "national"),
    [
        ("+44 (0)20 7946 0018", "2079460018"),
        ("+7 8 912 345 67 89", "9123456789"),
        ("+39 06 698 12345", "669812345"),
        ("0044 20 7946 0018", "2079460018"),
    ],
)
def test_what_is_dialled_within_a_country_alone_is_no_part_of_a_number(written, national):
    assert phone_number(written).national == national
