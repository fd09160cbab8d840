import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.api import OperatorError
from raum_patterns.options import PhoneOptions
from raum_patterns.phone import PhoneDetector

DETECTOR = PhoneDetector(PhoneOptions())


def found(text, detector=DETECTOR):
    return sorted(text[finding.start : finding.end] for finding in detector.find(text))


@pytest.mark.parametrize(
    "written",
    [
        "+1 (201) 555-0123",
        "+12015550123",
        "+49 (0) 30 1234567",
        "0049 30 1234567",
        "030 / 1234567",
        "(0212) 345 67 89",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "+44\u00a020\u00a07946\u00a00958",
        "+44\u200920\u20097946\u20110958",
        "+81 3-1234-5678",
        "201-555-0123",
        "(201)555-0123x890",
        "201-555-0123 ext. 12",
        "(201) 555-0123 extension 45",
        "+44 20 7946 0958, ext: 12",
        "030 1234567 DW 12",
        "+49 (0)30 12 34 56-78",
        "00 49 30 1234567",
        "+1.201.555.0123",
        "(11) 91234-5678",
        "8 (912) 345-67-89",
        "03-1234-5678",
        "0412 345 678",
    ],
)
def test_a_number_that_is_written_like_one_needs_no_cue(written):
    assert found(f"I tried {written}, twice") == [written]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("call me on 555-0100", "555-0100"),
        ("Tel: 8123 4567", "8123 4567"),
        ("Tel.030-1234567", "030-1234567"),
        ("Handy 0151 23456789", "0151 23456789"),
        ("Phone:\n668 5702", "668 5702"),
        ("555-0100 is my mobile", "555-0100"),
        ("455 6186 office", "455 6186"),
        ("my cell is 98765 43210", "98765 43210"),
        ("text 5550100", "5550100"),
        ("phone 555.0100", "555.0100"),
        ("zadzwoń 501 234 567", "501 234 567"),
        ("Telefon numaram 532 123 45 67", "532 123 45 67"),
        ("denwa 3-1234-5678", "3-1234-5678"),
        ("https://example.com/?phone=2015550123&x=1", "2015550123"),
    ],
)
def test_a_short_or_plain_number_is_found_next_to_a_cue(text, number):
    assert found(text) == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("order at 1-800-FLOWERS today", "1-800-FLOWERS"),
        ("1-800-GO-FEDEX", "1-800-GO-FEDEX"),
        ("1 800 FLOWERS", "1 800 FLOWERS"),
        ("1-800-flowers", "1-800-flowers"),
        ("800-FLOWERS", "800-FLOWERS"),
        ("+1 800 CALL NOW", "+1 800 CALL NOW"),
        ("0800-REPAIRS", "0800-REPAIRS"),
        ("1-888-555-HATS", "1-888-555-HATS"),
        ("(202) 555-HELP", "(202) 555-HELP"),
        ("call 555-HELP", "555-HELP"),
    ],
)
def test_a_number_with_letters_of_the_keypad_is_found(text, number):
    assert found(text) == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("call me on 202-555-\n0123 today", "202-555-\n0123"),
        ("+49 30\n1234567", "+49 30\n1234567"),
        ("> Tel: 0301 23\n> 4567", "0301 23\n> 4567"),
        ("+1 202 555 0123\n1234 Main Street", "+1 202 555 0123"),
        ("call 555-0100\n12 hats", "555-0100"),
    ],
)
def test_a_number_goes_on_in_the_next_line_only_if_it_is_too_short(text, number):
    assert found(text) == [number]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("call 201-555-0123 24 hours", ["201-555-0123"]),
        ("201-555-0123 / 201-555-0145", ["201-555-0123", "201-555-0145"]),
        ("970,+1 (201) 555-0110,x", ["+1 (201) 555-0110"]),
        ("call 555-0100 2026-11-20", ["555-0100"]),
    ],
)
def test_neighbouring_digits_are_no_part_of_a_number(text, numbers):
    assert found(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "1182-7731",
        "PO 2015550123",
        "part no. 201-555-0123",
        "RMA 201-555-0123",
        "invoice number is 2015550123",
        "call about order 2015550123",
        "IMEI 490154203237518",
        "lat 40.712776, -74.005974",
        "call at 12:30 on 20.11.2026",
        "call 911",
        "1234567890",
        "1700000000",
        "build 20261120.1",
        "SKU 0412 345 678",
        "7777-8888-9999",
        "123-45-6789",
        "5 000 000 000 bytes",
        "between 1990-1995 and 2000-2005",
        "temperature 20-25 and 30-35",
        "2 x 100 x 2000",
        "94941 2505 Oak Hollow Street",
        "800 MILLION",
        "I paid 800 DOLLARS",
        "555-HELP",
        "GB29 NWBK 6016 1331 9268 19",
        "order 20261120123",
        "#2015550123",
        "ORD-2015550123",
        "invoice no. 030 1234567",
        "2026-11-20 12:30:11",
        "20.11.2026",
        "192.168.100.200",
        "version 10.0.19045.3803",
        "$1,234,567",
        "1.234.567,89 EUR",
        "my number is 4111 1111 1111 1111",
        "NL91 ABNA 0417 1643 00",
        "1Z999AA10123456784",
        "9400 1000 0000 0000 0000 00",
        "ISBN 978-3-16-148410-0",
        "2015550123@example.com",
        "https://example.com/x/2015550123",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert found(text) == []


def test_a_team_can_add_cues_and_choose_regions():
    detector = PhoneDetector(PhoneOptions(regions=("SG",), cues=("pager",)))
    assert found("pager 8123 4567", detector) == ["8123 4567"]


def test_an_unknown_region_is_refused():
    with pytest.raises(OperatorError) as caught:
        PhoneDetector(PhoneOptions(regions=("XX",)))
    assert str(caught.value) == ("phone: regions: 'XX' is no region with phone numbers; allowed are ISO 3166-1 codes")


@given(before=st.text(), after=st.text())
def test_a_number_on_its_own_line_is_found_in_any_surroundings(before, after):
    text = f"{before}\n+44 20 7946 0958\n{after}"
    start = len(before) + 1
    assert (start, start + 16) in [(finding.start, finding.end) for finding in DETECTOR.find(text)]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("+1 201 555 0123", "calling code"),
        ("(201) 555-0123", "numbering plan"),
        ("(11) 91234-5678", "written like a number"),
        ("call 555-0100", "announced"),
        ("call 201 555\n0123", "over two lines"),
        ("1-800-FLOWERS", "vanity number"),
    ],
)
def test_a_finding_names_its_rule(text, rule):
    assert [finding.rule for finding in DETECTOR.find(text)] == [rule]


@pytest.mark.parametrize("mark", [";", "|"])
def test_two_numbers_with_no_blank_between_them_are_two(mark):
    assert found(f"call 0301234567{mark}0301234568") == ["0301234567", "0301234568"]
