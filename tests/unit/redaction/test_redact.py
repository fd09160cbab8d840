"""From a ticket to placeholders and back (promises P2, P4, P7, P9)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.errors import EgressBlocked, RedactionFailed
from raum.findings import Finding
from raum.model import PRIVATE, PUBLIC, Person, Ticket, TicketText
from raum.redaction import redact as redact_module
from raum.redaction.redact import FindTogether, redact
from raum.redaction.restore import restore
from raum.values.identity import fullness
from raum.values.normalise import normalise


def pattern(type_, expression, score=1.0):
    return lambda text: [Finding(type_, *match.span(), score) for match in re.finditer(expression, text)]


DETECTORS = {
    "email": pattern("EMAIL", r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    "phone": pattern("PHONE", r"\+?\(?\d[\d ()./-]{7,16}\d", 0.5),
    "card": pattern("CC", r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b"),
    "name": pattern("NAME", r"(?<=Dear )[A-Z]\w+(?: [A-Z]\w+)?"),
}


def ticket(*texts, persons=(), private=()):
    return Ticket(
        1,
        tuple(TicketText(f"public:{i}", "", text) for i, text in enumerate(texts))
        + tuple(TicketText(f"private:{i}", "", text, PRIVATE) for i, text in enumerate(private)),
        tuple(persons),
    )


def redacted(*texts, persons=(), detectors=DETECTORS):
    return [str(text.text) for text in redact(ticket(*texts, persons=persons), detectors).texts]


class TestNumbering:
    def test_the_only_value_of_its_type_gets_the_bare_form(self):
        assert redacted("Write to a@example.com or a@example.com.") == [
            "Write to [REDACTED_EMAIL] or [REDACTED_EMAIL]."
        ]

    def test_of_several_values_all_are_numbered_in_order_of_appearance(self):
        assert redacted("b@example.com", "a@example.com b@example.com") == [
            "[REDACTED_EMAIL_1]",
            "[REDACTED_EMAIL_2] [REDACTED_EMAIL_1]",
        ]

    def test_types_are_numbered_apart(self):
        assert redacted("a@example.com 4111 1111 1111 1111 b@example.com") == [
            "[REDACTED_EMAIL_1] [REDACTED_CC] [REDACTED_EMAIL_2]"
        ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jane@Example.com, jane@example.COM", "[REDACTED_EMAIL], [REDACTED_EMAIL]"),
        ("4111 1111 1111 1111, 4111-1111-1111-1111, 4111111111111111", "[REDACTED_CC], [REDACTED_CC], [REDACTED_CC]"),
        ("+1 (202) 555-0143, +12025550143, 202-555-0143", "[REDACTED_PHONE], [REDACTED_PHONE], [REDACTED_PHONE]"),
        ("+44 20 7946 0018, 020 7946 0018", "[REDACTED_PHONE], [REDACTED_PHONE]"),
        ("0044 20 7946 0018, +44 20 7946 0018", "[REDACTED_PHONE], [REDACTED_PHONE]"),
        ("+1 202 555 0143, +1 202 555 0144", "[REDACTED_PHONE_1], [REDACTED_PHONE_2]"),
        (
            "+1 202 555 0143, +44 202 555 0143, 202 555 0143",
            "[REDACTED_PHONE_1], [REDACTED_PHONE_2], [REDACTED_PHONE_3]",
        ),
    ],
)  # fmt: skip
def test_values_are_the_same_up_to_their_writing(text, expected):
    assert [expected] == redacted(text)


class TestPersons:
    JANE = Person(("Jane Doe",), ("jane@example.com",), ("+12025550143",))
    JOHN = Person(("John Roe",))

    @pytest.mark.parametrize(
        "written",
        ["Jane Doe", "JANE DOE", "jane doe", "Doe, Jane", "Doe Jane", "J. Doe", "Jane D", "Jane", "Doe", "jane_doe",
         "Jané Dòe", "Jane  Doe", "Jane\u00a0Doe", "DOE"],
    )  # fmt: skip
    def test_a_person_on_record_is_found_however_written(self, written):
        expected = ["So [REDACTED_NAME] wrote. [REDACTED_NAME]!"]
        assert expected == [
            text.replace("_1", "") for text in redacted(f"So {written} wrote. Jane Doe!", persons=[self.JANE])
        ]

    def test_a_part_of_a_name_belongs_to_the_only_person_that_it_fits(self):
        assert redacted("Jane, Roe, Doe", persons=[self.JANE, self.JOHN]) == [
            "[REDACTED_NAME_1], [REDACTED_NAME_2], [REDACTED_NAME_1]"
        ]

    def test_a_part_that_fits_two_persons_is_nobodys(self):
        other = Person(("Jane Roe",))
        assert redacted("Jane, Jane Doe, Jane Roe", persons=[self.JANE, other]) == [
            "[REDACTED_NAME_1], [REDACTED_NAME_2], [REDACTED_NAME_3]"
        ]

    def test_the_values_on_record_are_found_in_any_spacing(self):
        texts = redacted("mail JANE@EXAMPLE.COM, call 202.555.0143 or 12025550143", persons=[self.JANE], detectors={})
        assert texts == ["mail [REDACTED_EMAIL], call [REDACTED_PHONE] or [REDACTED_PHONE]"]

    def test_a_name_found_once_is_found_everywhere(self):
        assert redacted("About maria and LOPEZ", "Dear Maria Lopez,") == [
            "About [REDACTED_NAME] and [REDACTED_NAME]",
            "Dear [REDACTED_NAME],",
        ]

    def test_an_ordinary_word_is_a_name_only_where_capitalised(self):
        will = Person(("Will Price",))
        assert redacted("I will ask Will about the price.", persons=[will]) == [
            "I will ask [REDACTED_NAME] about the price."
        ]

    def test_a_shared_mailbox_makes_no_name_of_ordinary_words(self):
        assert redacted("The support team of the customer service", persons=[Person(("Customer Support Team",))]) == [
            "The support team of the customer service"
        ]

    def test_a_name_without_blanks_between_words_is_found_inside_a_sentence(self):
        assert redacted("山田花子様、山田さん", persons=[Person(("山田 花子",))]) == [
            "[REDACTED_NAME]様、[REDACTED_NAME]さん"
        ]


class TestNeutralising:
    """Promise P7: what looks like a placeholder comes back unchanged, and is never exchanged for a value."""

    @pytest.mark.parametrize(
        "typed",
        ["[REDACTED_EMAIL]", "[redacted email 1]", "REDACTED_EMAIL", "xREDACTED_EMAILx", "%5BREDACTED_EMAIL%5D",
         "(redacted name)", r"\[REDACTED\_EMAIL\]", "{{REDACTED_EMAIL_1}}", "[REDACTED_EMAIL_1", "REDACTED_EMAIL_1]",
         "[REDACTED_LITERAL]", "[REDACTED_LITERAL_1]", "[[REDACTED_EMAIL]]", "&#91;REDACTED_EMAIL&#93;"],
    )  # fmt: skip
    def test_a_typed_placeholder_comes_back_and_gets_no_value(self, typed):
        redaction = redact(ticket(f"I wrote {typed} to a@example.com"), DETECTORS)
        text = str(redaction.texts[0].text)
        assert text.count("[REDACTED_EMAIL]") == 1
        assert f"I wrote {typed} to a@example.com" == restore(text, redaction.originals, PUBLIC).text

    def test_the_word_redacted_in_a_sentence_stays(self):
        assert redacted("It was redacted by the team.") == ["It was redacted by the team."]


class TestFailingClosed:
    def test_a_detector_that_raises_stops_the_redaction_without_its_text(self):
        def broken(text):
            raise ValueError(f"cannot read {text}")

        with pytest.raises(RedactionFailed) as caught:
            redact(ticket("secret words"), {"mine": broken})
        assert str(caught.value) == "detector 'mine' raised ValueError; no AI call was made"
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)

    @pytest.mark.parametrize(
        "found",
        [
            ["Jane"], [None], [("NAME", 0, 4)],
            [Finding("NAME", 0, 99)], [Finding("NAME", -1, 4)], [Finding("NAME", 4, 4)],
            [Finding("name", 0, 4)], [Finding("NAME_2", 0, 4)], [Finding("", 0, 4)],
            [Finding("NAME", 0, 4, rule="Jane")], [Finding("NAME", 0, 4), Finding("NAME", 0, 4, rule="a" * 41)],
        ],
    )  # fmt: skip
    def test_a_detector_that_returns_nonsense_stops_the_redaction(self, found):
        message = "detector 'mine' returned something that is no finding within the text; no AI call was made"
        with pytest.raises(RedactionFailed, match=re.escape(message)):
            redact(ticket("hello"), {"mine": lambda text: found})

    def test_a_value_that_is_still_readable_afterwards_stops_the_redaction(self, monkeypatch):
        monkeypatch.setattr(redact_module, "_ROUNDS", 0)
        once = {"first": lambda text: [Finding("EMAIL", 0, 13)] if text.startswith("a@") else []}
        with pytest.raises(EgressBlocked):
            redact(ticket("a@example.com", "write to A@EXAMPLE.COM"), once)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail jane\u200b@example.com now", "mail [REDACTED_EMAIL] now"),
        ("mail jane%40example.com now", "mail [REDACTED_EMAIL] now"),
        ("mail jane&#64;example&#46;com now", "mail [REDACTED_EMAIL] now"),
        ("card ４１１１\u00a01111\u20111111 1111!", "card [REDACTED_CC]!"),
        ("mail jane@<b>example</b>.com now", "mail [REDACTED_EMAIL] now"),
        ("Dear J\u0430ne Doe, hi", "Dear [REDACTED_NAME], hi"),
    ],
)
def test_a_disguised_value_is_replaced_with_its_disguise_and_comes_back_with_it(text, expected):
    redaction = redact(ticket(text, persons=[Person(("Jane Doe",))]), DETECTORS)
    assert str(redaction.texts[0].text) == expected
    assert restore(expected, redaction.originals, PUBLIC).text == text


def test_the_findings_are_offsets_in_the_original_text():
    text = "😀 Write to a@example.com, e\u0301 4111 1111 1111 1111"
    findings = redact(ticket(text), DETECTORS).findings[0]
    assert [(f.type, f.of(text)) for f in findings] == [("EMAIL", "a@example.com"), ("CC", "4111 1111 1111 1111")]


def test_neither_redaction_nor_originals_show_values():
    redaction = redact(ticket("a@example.com"), DETECTORS)
    assert "a@example.com" not in repr(redaction)
    with pytest.raises(TypeError):
        redaction.originals.__reduce__()


# --- The laws -----------------------------------------------------------------------------------------------------

NAMES = ["Jane Doe", "Łukasz Żółć", "Zoë O'Neill", "Jean-Luc Marais"]
PERSONS = [Person((name,)) for name in NAMES]
SINGLE_FORM = st.sampled_from(
    ["jane@example.com", "m.roe+x@example.org", "+1 (202) 555-0143", "+44 20 7946 0018", "4111 1111 1111 1111",
     "5555-5555-5555-4444", *NAMES]
)  # fmt: skip
SEVERAL_FORMS = st.sampled_from(
    ["Jane@EXAMPLE.com", "jane@example.com", "+12025550143", "202-555-0143", "4111111111111111", "4111-1111-1111-1111",
     "Jane", "DOE, JANE", "J. Doe", "lukasz", "Marais", "jane\u200b@exam\u00adple.com", "jane%40example.com",
     "jane&#64;example.com", "４１１１ 1111\u00a01111 1111", "(202)\u2011555\u20110143", "Ja\u200bne D\u043ee"]
)  # fmt: skip
FILLERS = st.one_of(
    st.sampled_from(
        ["[REDACTED_EMAIL]", "[redacted_name_2]", "REDACTED_PHONE_1", "[REDACTED_", "]", "[", "(", ")", "{", "\\", "_",
         "%5B", "%5D", "&#91;", "&lt;", "REDACTED", "redacted by us", "\n> ", " - ", "...", "🙂", "e\u0301", "\u200f",
         "Hello", "the parcel", "Grüße", "&amp;", "&nbsp;", "%20", "\\n", "<b>", "</b>", "\u200b", "\u0301", "\\u005b",
         "[REDA\u200bCTED_EMAIL]", "REDACTED&#95;NAME", "\\[REDACTED"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "L", "M", "N"], exclude_characters="@\0"), max_size=6),
)  # fmt: skip


def texts(values):
    spaced = st.tuples(FILLERS, values).map(lambda pair: f"{pair[0]} {pair[1]} ")
    return st.lists(st.lists(st.one_of(spaced, FILLERS), max_size=6).map("".join), min_size=1, max_size=4)


@given(texts(SINGLE_FORM))
def test_restoring_a_redacted_ticket_gives_the_ticket_back(originals):
    redaction = redact(ticket(*originals, persons=PERSONS), DETECTORS)
    assert originals == [restore(str(text.text), redaction.originals, PUBLIC).text for text in redaction.texts]


@given(texts(st.one_of(SINGLE_FORM, SEVERAL_FORMS)))
def test_restoring_gives_each_value_in_its_fullest_form_and_the_rest_unchanged(originals):
    redaction = redact(ticket(*originals, persons=PERSONS), DETECTORS)
    for original, text, findings in zip(originals, redaction.texts, redaction.findings, strict=True):
        assert (
            _with_fullest_forms(original, str(text.text), findings, redaction.originals)
            == restore(str(text.text), redaction.originals, PUBLIC).text
        )


def _with_fullest_forms(original, redacted_text, findings, originals):
    """The original text with each finding in the fullest form of its placeholder, worked out from the offsets."""
    out, done, at = "", 0, 0
    for finding in findings:
        gap = original[done : finding.start]
        assert redacted_text.startswith(gap, at)
        at += len(gap)
        issued = next(p for p in originals.placeholders if redacted_text.startswith(str(p), at))
        value = originals.value(issued, PUBLIC)
        written = normalise(finding.of(original)).text
        assert fullness(issued.type, normalise(value).text) >= fullness(issued.type, written)
        out, done, at = out + gap + value, finding.end, at + len(str(issued))
    return out + original[done:]


@given(texts(st.one_of(SINGLE_FORM, SEVERAL_FORMS)))
def test_the_placeholder_map_is_one_to_one(originals):
    redaction = redact(ticket(*originals, persons=PERSONS), DETECTORS)
    issued = redaction.originals.placeholders
    of_type = {type_: [p.number for p in issued if p.type == type_] for type_ in {p.type for p in issued}}
    for numbers in of_type.values():
        assert numbers in ([None], list(range(1, len(numbers) + 1)))
    values = [(placeholder.type, redaction.originals.value(placeholder, PUBLIC)) for placeholder in issued]
    assert len(values) == len(set(values))


@given(texts(st.one_of(SINGLE_FORM, SEVERAL_FORMS)))
def test_nothing_that_was_found_can_be_read_in_the_redacted_texts(originals):
    redaction = redact(ticket(*originals, persons=PERSONS), DETECTORS)
    for text in redaction.texts:
        assert redaction.originals.leaks(str(text.text)) == []
        for value in ("jane@example.com", "2025550143", "4111111111111111", "5555555555554444"):
            assert value not in re.sub(r"[\s().+-]", "", str(text.text)).casefold()


def together(find_all):
    return FindTogether(DETECTORS["email"], find_all)


def test_a_detector_that_can_is_given_all_texts_of_the_ticket_at_once():
    calls = []

    def find_all(texts):
        calls.append(list(texts))
        return map(DETECTORS["email"], texts)

    texts = ("Ask jane@example.com", "", "or john@example.com")
    ticket = Ticket(1, tuple(TicketText(f"comment:{n}", "Comment", text) for n, text in enumerate(texts)))
    apart, at_once = (redact(ticket, {"email": find}) for find in (DETECTORS["email"], together(find_all)))
    assert calls == [list(texts)]
    assert at_once.findings == apart.findings
    assert [str(text.text) for text in at_once.texts] == [str(text.text) for text in apart.texts]


@pytest.mark.parametrize("answer", [[], [[], []], [[Finding("EMAIL", 0, 900)]], [["no finding"]], None])
def test_an_answer_that_is_not_one_for_each_text_stops_the_operation(answer):
    ticket = Ticket(1, (TicketText("comment:1", "Comment", "Ask jane@example.com"),))
    with pytest.raises(RedactionFailed, match="detector 'email'"):
        redact(ticket, {"email": together(lambda _: answer)})
