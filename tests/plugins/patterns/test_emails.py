import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.email import EmailDetector


def found(text):
    return [text[finding.start : finding.end] for finding in EmailDetector().find(text)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Write to jane.doe+orders@mail.example.co.uk.", "jane.doe+orders@mail.example.co.uk"),
        ("<jane@example.com>", "jane@example.com"),
        ("&lt;jane@example.com&gt;", "jane@example.com"),
        ("**jane@example.com**", "jane@example.com"),
        ("_jane@example.com_", "jane@example.com"),
        ("'jane@example.com'", "jane@example.com"),
        ("mailto:jane@example.com?subject=hello", "jane@example.com"),
        ('<a href="mailto:jane@example.com">', "jane@example.com"),
        ("https://example.com/?id=1&email=jane%40example.com&x=2", "jane%40example.com"),
        ("o'neill@example.com", "o'neill@example.com"),
        ('from "jane doe"@example.com today', '"jane doe"@example.com'),
        ("jane@example.com, thanks", "jane@example.com"),
        ("(jane@example.com)", "jane@example.com"),
        ("|jane@example.com|", "jane@example.com"),
        ("jane@example.com.Please answer", "jane@example.com"),
        ("post@müller.example.org", "post@müller.example.org"),
        ("post@xn--mller-kva.example", "post@xn--mller-kva.example"),
        ("юзер@екзампл.ком", "юзер@екзампл.ком"),
        ("राज@उदाहरण.भारत", "राज@उदाहरण.भारत"),
        ("我的邮箱是jane@example.com请联系", "jane@example.com"),
        ("📧jane@example.com", "jane@example.com"),
        ("jane@[192.0.2.1]", "jane@[192.0.2.1]"),
        ("jane\u200b@example.com", "jane\u200b@example.com"),
        ("jane＠example.com", "jane＠example.com"),
    ],
)
def test_an_address_is_found_without_what_surrounds_it(text, address):
    assert found(text) == [address]


def test_every_address_of_a_list_is_found():
    assert found("jane@example.com,joe@example.org;ann@example.net") == [
        "jane@example.com",
        "joe@example.org",
        "ann@example.net",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "@example.com",
        "follow @jane",
        "a@b",
        "jane@",
        "library@1.2.3",
        "[cid:image001.png@01DA1B2C.AD4E5F60]",
        "logo@2x.png",
    ],
)
def test_what_is_no_address_is_left_alone(text):
    assert found(text) == []


@given(before=st.text(), after=st.text())
def test_an_address_between_blanks_is_found_in_any_surroundings(before, after):
    text = f"{before} jane.doe@example.com {after}"
    start = len(before) + 1
    spans = [(finding.start, finding.end) for finding in EmailDetector().find(text)]
    assert (start, start + len("jane.doe@example.com")) in spans
    assert all(0 <= start < end <= len(text) for start, end in spans)
