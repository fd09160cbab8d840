"""Restoring puts back the right person's value or none (promises P6 and P8)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from raum.model import PRIVATE, PUBLIC, Audience, side_conversation
from raum.redaction.originals import Occurrence, Originals
from raum.redaction.restore import Restorer, restore

JANE, JOHN = "Jane Doe", "John Roe"
MAIL_1, MAIL_2 = "jane@example.com", "john@example.org"
PHONE, CARD = "+1 (202) 555-0143", "4111 1111 1111 1111"


def issued(*values: tuple[str, str], audience: Audience = PUBLIC) -> Originals:
    """Originals in which every value is a person, number or address of its own."""
    return Originals([Occurrence(type_, value, audience) for type_, value in values], [value for _, value in values])


ORIGINALS = issued(
    ("NAME", JANE), ("NAME", JOHN), ("EMAIL", MAIL_1), ("EMAIL", MAIL_2), ("PHONE", PHONE), ("CC", CARD),
    ("ORDER_NUMBER", "A-77"),
)  # fmt: skip

ACCEPTED = [
    ("[REDACTED_PHONE]", PHONE),
    ("[REDACTED_NAME_1]", JANE),
    ("[REDACTED_NAME_2]", JOHN),
    ("[REDACTED_ORDER_NUMBER]", "A-77"),
    # another case
    ("[redacted_phone]", PHONE),
    ("[Redacted_Phone]", PHONE),
    ("[redacted_NAME_2]", JOHN),
    # a blank, a hyphen or an escaped underscore
    ("[REDACTED PHONE]", PHONE),
    ("[redacted email 2]", MAIL_2),
    ("[REDACTED-PHONE]", PHONE),
    ("[REDACTED-NAME-1]", JANE),
    ("[REDACTED\u2011PHONE]", PHONE),
    ("[REDACTED\u00a0NAME\u00a01]", JANE),
    (r"[REDACTED\_PHONE]", PHONE),
    (r"[REDACTED\_EMAIL\_1]", MAIL_1),
    ("[REDACTED ORDER-NUMBER]", "A-77"),
    ("[ REDACTED_PHONE ]", PHONE),
    # escaped brackets
    (r"\[REDACTED_PHONE\]", PHONE),
    (r"\[REDACTED\_NAME\_2\]", JOHN),
    ("&#91;REDACTED_PHONE&#93;", PHONE),
    ("&#x5B;REDACTED_PHONE&#x5D;", PHONE),
    ("&lbrack;REDACTED_PHONE&rbrack;", PHONE),
    ("&lsqb;REDACTED&lowbar;PHONE&rsqb;", PHONE),
    ("%5BREDACTED_EMAIL_1%5D", MAIL_1),
    ("%5bREDACTED%5FEMAIL%5F2%5d", MAIL_2),
    ("%5BREDACTED%20PHONE%5D", PHONE),
    # other brackets
    ("{REDACTED_PHONE}", PHONE),
    ("{{REDACTED_NAME_1}}", JANE),
    ("<REDACTED_PHONE>", PHONE),
    ("&lt;REDACTED_PHONE&gt;", PHONE),
    ("【REDACTED_PHONE】", PHONE),
    ("［REDACTED_PHONE］", PHONE),
    ("「redacted_name_1」", JANE),
    ("«REDACTED_CC»", CARD),
    ("(REDACTED_PHONE)", f"({PHONE})"),
    ("(redacted_name_2)", f"({JOHN})"),
    ("[[REDACTED_PHONE]]", f"[{PHONE}]"),
    # emphasis, code, links
    ("**[REDACTED_NAME_1]**", f"**{JANE}**"),
    ("_[REDACTED_NAME_1]_", f"_{JANE}_"),
    ("`[REDACTED_CC]`", f"`{CARD}`"),
    ("*REDACTED_NAME_2*", f"*{JOHN}*"),
    ("[[REDACTED_EMAIL_1]](mailto:[REDACTED_EMAIL_1])", f"[{MAIL_1}](mailto:{MAIL_1})"),
    ("[write](mailto:REDACTED_EMAIL_2)", f"[write](mailto:{MAIL_2})"),
    ('<a href="mailto:%5BREDACTED_EMAIL_1%5D">', f'<a href="mailto:{MAIL_1}">'),
    # without brackets: capitals, and nothing glued to them
    ("REDACTED_PHONE", PHONE),
    ("Dear REDACTED_NAME_1,", f"Dear {JANE},"),
    ("REDACTED_NAME_2's order.", f"{JOHN}'s order."),
    ("Call REDACTED_PHONE.", f"Call {PHONE}."),
    ('"REDACTED_EMAIL_1"', f'"{MAIL_1}"'),
    (r"REDACTED\_NAME\_1", JANE),
    ("REDACTED-NAME-2", JOHN),
    ("Name: REDACTED_NAME_1\n", f"Name: {JANE}\n"),
]

REFUSED = [
    # never issued
    "[REDACTED_NAME_3]",
    "[REDACTED_EMAIL_0]",
    "[REDACTED_PHONE_1]",
    "[REDACTED_IBAN]",
    "[REDACTED_NAME_12]",
    "[REDACTED_NAME_99999999]",
    # bare where several were issued
    "[REDACTED_NAME]",
    "[redacted email]",
    "REDACTED_NAME",
    # near, but not it
    "[REDACTED_NAMES_1]",
    "[REDACTED_NAM_1]",
    "[REDACTED_NAME_01]",
    "[REDACTED_NAME_1.0]",
    "[REDACTED_NAME_I]",
    "[REDACTED_NAME_１]",
    "[REDACTED_NAME1]",
    "[REDACTED__NAME_1]",
    "[REDACTED.NAME.1]",
    "[REDATED_NAME_1]",
    "[REDACTED_NA\u200bME_1]",
    "[UNREDACTED_NAME_1]",
    "[REDACTED_NAME_1 or 2]",
    "[NAME_1]",
    "[PHONE]",
    "NAME_1",
    "[REDACTED]",
    "[REDACTED_1]",
    "[Your name]",
    # translated
    "[GESCHWÄRZT_NAME_1]",
    "[NOMBRE_REDACTADO_1]",
    "[ZENSIERT_TELEFON]",
    "{EXPURGÉ_COURRIEL_2}",
    "VERBORGEN_NAAM_1",
    # cut in half
    "[REDACTED_PHO",
    "[REDACTED_PHONE",
    "[REDACTED_",
    "[REDACTE",
    "REDACTED_PHONE]",
    "_NAME_1]",
    "REDACTED",
    "%5BREDACTED_PHONE",
    "&#91;REDACTED_PHONE",
    "{{REDACTED_NAME_1",
    # glued, or not in capitals without brackets
    "REDACTED_NAME_1ST",
    "MYREDACTED_PHONE",
    "REDACTED_EMAIL_1@example.com",
    "x@REDACTED_EMAIL_1",
    "REDACTED_NAME_1-Smith",
    "REDACTED_PHONE.txt",
    "_REDACTED_PHONE_",
    "redacted_phone",
    "Redacted_Name_1",
    "REDACTED_NAME_1_2",
    "[REDACTED_PHONE\\]",
]


def test_the_table_is_long_enough():
    assert len(ACCEPTED) >= 40
    assert len(REFUSED) >= 40


@pytest.mark.parametrize(("completion", "expected"), ACCEPTED)
def test_a_spelling_without_doubt_is_restored(completion, expected):
    restored = restore(completion, ORIGINALS, PUBLIC)
    assert (expected, ()) == (restored.text, restored.unresolved)


@pytest.mark.parametrize("completion", REFUSED)
def test_a_doubtful_spelling_stays_as_it_is_and_marks_the_reply(completion):
    restored = restore(completion, ORIGINALS, PUBLIC)
    assert completion == restored.text
    assert restored.unresolved


@pytest.mark.parametrize(
    "completion",
    [
        "Your card data was redacted by our system.",
        "See [our help page](https://example.com/help) and ![logo](https://example.com/l.png).",
        "- [x] done\n- [ ] open",
        "As in [1] and [2].",
        "The file is called my_file_name.txt.",
        "[docs]: https://example.com",
        "a < b and b > c, {x}",
    ],
)
def test_ordinary_text_is_no_broken_placeholder(completion):
    assert (completion, ()) == (
        restore(completion, ORIGINALS, PUBLIC).text,
        restore(completion, ORIGINALS, PUBLIC).unresolved,
    )


def test_what_a_completion_quotes_from_the_ticket_is_no_broken_placeholder():
    completion = "You wrote [URGENT] and ERR_CONNECTION_5."
    assert restore(completion, ORIGINALS, PUBLIC).unresolved == ("[URGENT]", "ERR_CONNECTION_5")
    assert restore(completion, ORIGINALS, PUBLIC, familiar="Subject: [URGENT] ERR_CONNECTION_5").unresolved == ()


def test_a_value_that_looks_like_a_placeholder_is_not_expanded_again():
    originals = issued(("LITERAL", "[REDACTED_EMAIL]"), ("EMAIL", MAIL_1))
    restored = restore("[REDACTED_LITERAL], [REDACTED_EMAIL]", originals, PUBLIC)
    assert f"[REDACTED_EMAIL], {MAIL_1}" == restored.text


class TestAudience:
    """Promise P8: what an audience has never seen is not restored for it."""

    SIDE, OTHER = side_conversation("7"), side_conversation("8")

    @pytest.mark.parametrize("seen_by", [PRIVATE, SIDE])
    def test_a_value_that_customers_never_saw_is_not_restored_for_them(self, seen_by):
        restored = restore("Call [REDACTED_PHONE].", issued(("PHONE", PHONE), audience=seen_by), PUBLIC)
        assert (restored.text, restored.unresolved) == ("Call [REDACTED_PHONE].", ("[REDACTED_PHONE]",))

    def test_the_staff_sees_everything(self):
        assert restore("[REDACTED_PHONE]", issued(("PHONE", PHONE), audience=self.SIDE), PRIVATE).text == PHONE

    def test_a_side_conversation_sees_its_own_values_and_no_other_ones(self):
        originals = issued(("PHONE", PHONE), audience=self.SIDE)
        assert restore("[REDACTED_PHONE]", originals, self.SIDE).text == PHONE
        assert restore("[REDACTED_PHONE]", originals, self.OTHER).text == "[REDACTED_PHONE]"

    def test_customers_get_the_fullest_form_that_they_have_seen(self):
        seen = [Occurrence("NAME", "Jane", PUBLIC), Occurrence("NAME", "Jane Doe", PRIVATE)]
        originals = Originals(seen, ["#0", "#0"])
        assert restore("[REDACTED_NAME]", originals, PUBLIC).text == "Jane"
        assert restore("[REDACTED_NAME]", originals, PRIVATE).text == "Jane Doe"


_FRAGMENTS = st.sampled_from(
    [*(text for text, _ in ACCEPTED), *REFUSED, "[", "]", "{", "}", "(", ")", "<", "%5B", "%5", "&#91", ";", "\\", "_",
     "RED", "redacted", "REDACTED_", "NAME_1", " ", "\n", ".", "x", "é", "名", "&lt;", "&", "-", "1"]
)  # fmt: skip
_COMPLETIONS = st.lists(st.one_of(_FRAGMENTS, st.text(max_size=5)), max_size=8).map("".join)


@st.composite
def _split_completions(draw):
    completion = draw(_COMPLETIONS)
    cuts = sorted(draw(st.lists(st.integers(0, len(completion)), max_size=12)))
    return [completion[start:end] for start, end in zip([0, *cuts], [*cuts, len(completion)], strict=True)]


@given(_split_completions())
@example(["(", "redacted_name_1", ")"])
@example(list("&#91;REDACTED_PHONE&#93; {{REDACTED_NAME_1}} %5BREDACTED_EMAIL_1%5D REDACTED_PHONE.txt"))
def test_every_way_of_splitting_a_stream_gives_the_same_result(pieces):
    restorer = Restorer(ORIGINALS, PUBLIC)
    streamed = "".join(restorer.feed(piece) for piece in pieces) + restorer.finish()
    whole = restore("".join(pieces), ORIGINALS, PUBLIC)
    assert (whole.text, whole.unresolved) == (streamed, restorer.unresolved)


@given(_COMPLETIONS)
def test_text_comes_out_of_a_stream_as_soon_as_it_cannot_become_a_placeholder(completion):
    restorer = Restorer(ORIGINALS, PUBLIC)
    given_out = "".join(restorer.feed(char) for char in f"{completion}\n\n Kind regards,\n")
    assert given_out.endswith("Kind regards,\n")


@given(st.sampled_from(["NAME", "EMAIL"]), st.text("[]{}()<>_-\\ redactedREDACTED12NAMEIL", max_size=30))
def test_no_spelling_ever_restores_to_the_wrong_person(type_, noise):
    # Whatever is around a placeholder, person 2's values come from placeholders that say 2, and no other.
    text = restore(f"{noise}[REDACTED_{type_}_1]{noise}", ORIGINALS, PUBLIC).text
    if "2" not in noise:
        assert JOHN not in text
        assert MAIL_2 not in text
