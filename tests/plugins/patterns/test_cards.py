import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.card import CardDetector, is_card_number
from raum_patterns.options import CardOptions

DETECTOR = CardDetector(CardOptions())


def found(text, detector=DETECTOR):
    return [text[finding.start : finding.end] for finding in detector.find(text)]


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "30569309025904",
        "3530111333300000",
        "6205500000000000004",
        "6759649826438453",
    ],
)
def test_the_number_of_a_known_brand_is_found(number):
    assert found(f"paid with {number}.") == [number]


@pytest.mark.parametrize(
    "written",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111 - 1111 - 1111 - 1111",
        "3782 822463 10005",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111/1111/1111/1111",
        "4111_1111_1111_1111",
        "4111, 1111, 1111, 1111",
        "4111|1111|1111|1111",
        "4111\t1111\t1111\t1111",
        "4111  1111  1111  1111",
        "4111 1111 1111\n> 1111",
        "3782-822463-10005",
        "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1",
    ],
)
def test_a_card_is_found_however_it_is_grouped(written):
    assert found(f"Card: {written}, thanks") == [written]


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("4111 1111 1111 1111 12/26", ["4111 1111 1111 1111"]),
        ("卡号4111111111111111", ["4111111111111111"]),
        ("Visa-4111111111111111", ["4111111111111111"]),
        ("1.\n4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("2026\n4111\n1111\n1111\n1111", ["4111\n1111\n1111\n1111"]),
        ("4111 1111 1111 1111 5555 5555 5555 4444", ["4111 1111 1111 1111", "5555 5555 5555 4444"]),
    ],
)
def test_a_card_ends_where_its_digits_do(text, cards):
    assert found(text) == cards


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("my card number is 4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("my card (4111 1111 1111 1112) was charged", "4111 1111 1111 1112"),
        ("card no. 4111-1111-1111-1112 exp 12/26", "4111-1111-1111-1112"),
        ("the card number\n4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("Card: 4111 1111 1111 1112 123", "4111 1111 1111 1112"),
        ("Visa 4111 1111 1111 111", "4111 1111 1111 111"),
        ("I placed the order with card 4111111111111112", "4111111111111112"),
        ("Kartennummer: 4111111111111112 bitte", "4111111111111112"),
        ("numéro de carte : 4111.1111.1111.1112", "4111.1111.1111.1112"),
        ("mi tarjeta 4111111111111112", "4111111111111112"),
        ("numer karty 4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("kart numaram 4111 1111 1111 1112", "4111 1111 1111 1112"),
    ],
)
def test_what_is_called_a_card_number_is_one_even_when_mistyped(text, number):
    assert found(text) == [number]


def test_a_team_can_add_words_that_announce_a_card():
    assert found("Plastik 4111 1111 1111 1112", CardDetector(CardOptions(cues=("Plastik",)))) == ["4111 1111 1111 1112"]


@pytest.mark.parametrize(
    "text",
    [
        "Visa ending in 1112",
        "card ending 4111 1111 1111 1112",
        "gift card number 6034 1111 1111 1112",
        "loyalty card 4111 1111 1111 1112",
        "phone card number 4111 1111 1111 1112",
        "visa application 4234567890123",
        "card for order 4111 1111 1111 1112",
        "I paid by card. Order 4111 1111 1111 1112",
        "4111x1111x1111x1111",
        "4111111111111112",
        "41111111111111111111111",
        "x4111111111111111",
        "4111111111111111x",
        "0.4111111111111111",
        "550e8400-e29b-41d4-a716-446655440000",
        "9999 9999 9999 9995",
        "4111 1111 1111",
    ],
)
def test_other_digits_are_left_alone(text):
    assert found(text) == []


@given(st.integers(0, 15), st.integers(1, 9))
def test_a_card_with_one_digit_changed_is_no_card(place, change):
    digits = list("4111111111111111")
    digits[place] = str((int(digits[place]) + change) % 10)
    assert not is_card_number("".join(digits))


@given(before=st.text(), after=st.text())
def test_a_card_in_parentheses_is_found_in_any_surroundings(before, after):
    text = f"{before} (4111 1111 1111 1111) {after}"
    start = len(before) + 2
    assert (start, start + 19) in [(finding.start, finding.end) for finding in DETECTOR.find(text)]
