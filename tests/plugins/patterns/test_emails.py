import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum_patterns.email import EmailDetector
from raum_patterns.options import EmailOptions


def found(text):
    return [text[finding.start : finding.end] for finding in EmailDetector(EmailOptions()).find(text)]


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
        ("https://example.com/?id=1&email=jane.doe@example.com&x=2", "jane.doe@example.com"),
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


@pytest.mark.parametrize(
    "address",
    [
        "bounces+123-jane=example.com@mail.example.org",
        "prvs=0123abcd=jane@example.com",
        "SRS0=HHH=TT=example.com=jane@forward.example.org",
        "news+jane=example.com@example.org",
    ],
)
def test_a_bounce_address_is_found_whole(address):
    assert found(f"Return-Path: <{address}>") == [address]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("my e-mail is jane at example dot com thanks", "jane at example dot com"),
        ("JANE AT EXAMPLE DOT COM", "JANE AT EXAMPLE DOT COM"),
        ("jane DOT doe AT example DOT com, please", "jane DOT doe AT example DOT com"),
        ("jane underscore doe at mail dot example dot org", "jane underscore doe at mail dot example dot org"),
        ("jane.doe [at] example [dot] co [dot] uk", "jane.doe [at] example [dot] co [dot] uk"),
        ("jane(at)example.com", "jane(at)example.com"),
        ("Kontakt: jane (at) example (punkt) de", "jane (at) example (punkt) de"),
        ("jane{at}example.com", "jane{at}example.com"),
        ("jane[@]example.com", "jane[@]example.com"),
        ("jane@example[.]com", "jane@example[.]com"),
        ("jane_at_example_dot_com", "jane_at_example_dot_com"),
        ("jane arroba example punto com", "jane arroba example punto com"),
        ("jane@example dot com", "jane@example dot com"),
        ("jane.doe @ example.com", "jane.doe @ example.com"),
        ("jane@ example.com", "jane@ example.com"),
        ("e-mail: jane @ example.com", "jane @ example.com"),
        ("my address is jane at example.com", "jane at example.com"),
        ("jane@example,com", "jane@example,com"),
        ("> jane.doe@\n> example.com", "jane.doe@\n> example.com"),
        ("write to jane@example.\ncom", "jane@example.\ncom"),
    ],
)
def test_an_address_that_is_spelled_out_or_broken_up_is_found(text, address):
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
        "package@17.0.2-rc.next",
        "https://jane:secret@files.example.com/",
        "git@example.com:hats/catalogue.git",
        "look at example dot com",
        "log in at example dot com",
        "check us out at example.com",
        "I work at example.com",
        "version 2.0 at example.com",
        "available at example.com/help",
        "lunch @ example.com",
        "3 hats @ 4.50",
        "at this point to be honest",
        "the file at index dot html",
        "error_at_line.py",
        "shop (at) home",
        "point at me dot com",
        "he looked at it. com ports",
    ],
)
def test_what_is_no_address_is_left_alone(text):
    assert found(text) == []


@given(before=st.text(), after=st.text())
def test_an_address_between_blanks_is_found_in_any_surroundings(before, after):
    text = f"{before} jane.doe@example.com {after}"
    start = len(before) + 1
    spans = [(finding.start, finding.end) for finding in EmailDetector(EmailOptions()).find(text)]
    assert (start, start + len("jane.doe@example.com")) in spans
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_a_finding_names_its_rule():
    findings = EmailDetector(EmailOptions()).find("jane@example.com or joe at example dot org")
    assert [finding.rule for finding in findings] == ["at sign", "spelled out"]
