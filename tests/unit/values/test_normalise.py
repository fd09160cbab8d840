from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.values import normalise as normalise_module
from raum.values.normalise import normalise

PATTERNS = (normalise_module._UNICODE, normalise_module._DECOMPOSED)

# Everything that is rewritten, without the escapes of escapes and the tags that only their neighbours make special.
PIECES = st.sampled_from(
    [
        *(
            "jane",
            " ",
            "4111",
            "@",
            "é",
            "e\u0301",
            "\u200b",
            "\u00ad",
            "\ufeff",
            "\u202e",
            "４",
            "Ａ",
            "\U0001d400",
            "ﬁ",
        ),
        *(
            "⑩",
            "&#64;",
            "&#x40;",
            "&nbsp;",
            "&amp;",
            "&shy;",
            "%40",
            "%2B",
            "%C3%A9",
            "\\u0040",
            "\\_",
            "\\n",
            "\u2014",
        ),
        *("\u2011", "٣", "\u3000", "&bogus;", "%zz", "100%", "日本", " Москва ", "😀\ufe0f", "<", "\\"),
    ]
)
DISGUISED = st.lists(PIECES, max_size=30).map("".join)


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("ja\u200bne\ufeff", "jane"),
        ("\u202ejane\u202c", "jane"),
        ("exam\u00adple", "example"),
        ("１２３４ ＪＡＮＥ＠", "1234 JANE@"),
        ("\U0001d409\U0001d41a\U0001d427\U0001d41e", "Jane"),
        ("٠١٢ १२३", "012 123"),
        ("ﬁ № ① ⑩ Ⓐ", "fi No 1 10 A"),
        ("a\u00a0b\u2009c\u3000d", "a b c d"),
        ("555\u20110100 \u22125", "555-0100 -5"),
        ("thanks\u2014Jane", "thanks - Jane"),
        ("Jose\u0301", "José"),
        ("jane&#64;example&period;com", "jane@example.com"),
        ("jane&#x40;example&#46com", "jane@example.com"),
        ("&lt;jane&gt;&nbsp;&amp;&eacute;", "<jane> &é"),
        ("jane&amp;#64;", "jane@"),
        ("ja&shy;ne&#8203;", "jane"),
        ("jane%40example.com%20%2B1", "jane@example.com +1"),
        ("jane%2540", "jane@"),
        ("Jos%C3%A9", "José"),
        (r"jane\u0040example.com", "jane@example.com"),
        (r"\ud83d\ude00 \x40", "😀 @"),
        (r"Hi,\nJane", "Hi,\nJane"),
        (r"jane\_doe\@example.com", "jane_doe@example.com"),
        ("p\u0430yp\u0430l", "paypal"),
        ("\u0408ane", "Jane"),
        ("ja<b>ne</b>@exam<wbr>ple.com", "jane@example.com"),
        ("41<span></span><b>11", "4111"),
        ("call _415-555-0132_, ask for __Jane Doe__.", "call  415-555-0132 , ask for   Jane Doe  ."),
        ("(_jane&#64;example.com_)", "( jane@example.com )"),
    ],
)
def test_a_disguise_is_taken_off(disguised, plain):
    assert normalise(disguised).text == plain


@pytest.mark.parametrize(
    "text",
    [
        "José wohnt in Köln, Łódź oder İzmir",
        "Москва и Ελλάδα",
        "日本語のテキスト",
        "100% of 5 & 6 < 7",
        "see note²",
        "&bogus; &#xD800; &#1114112; %ZZ %FF",
        "<b>Jane</b> <a href='x'>Doe</a>",
        r"\ud83d alone",
        "C:/new",
        "snake_case_name, _private, x_1_ and 2 _ 3",
    ],
)
def test_other_text_stays_as_it_is(text):
    assert normalise(text).text == text


@pytest.mark.parametrize(
    ("text", "value", "original"),
    [
        ("to ja\u200bne\u200b!", "jane", "ja\u200bne"),
        ("\u200bjane", "jane", "jane"),
        ("to jane&#64;example.com&nbsp;now", "jane@example.com", "jane&#64;example.com"),
        ("<a href='?to=jane%40example.com%26x'>", "jane@example.com", "jane%40example.com"),
        ("call ４４４", "444", "４４４"),
        ("ﬁona", "iona", "ﬁona"),
        ("Jose\u0301 x\u0302", "José", "Jose\u0301"),
        ("Jose\u0301 x\u0302", "x", "x\u0302"),
        ("4<b>1</b>1", "411", "4<b>1</b>1"),
        ("ask __Jane__ now", "Jane", "Jane"),
    ],
)
def test_a_span_leads_back_to_all_that_was_written(text, value, original):
    normalised = normalise(text)
    at = normalised.text.index(value)
    start, end = normalised.original_span(at, at + len(value))
    assert text[start:end] == original


@given(st.text(st.characters(max_codepoint=126, exclude_characters="&%\\<_")))
def test_plain_text_is_its_own_normal_form(text):
    normalised = normalise(text)
    assert normalised.text == text
    assert all(normalised.original_span(at, at + 1) == (at, at + 1) for at in range(len(text)))


@given(st.one_of(st.text(), DISGUISED), st.data())
def test_spans_lie_in_the_text_and_keep_their_order(text, data):
    normalised = normalise(text)
    if not normalised.text:
        return
    cuts = data.draw(st.lists(st.integers(0, len(normalised.text)), min_size=2, max_size=6, unique=True))
    cuts.sort()
    spans = [normalised.original_span(start, end) for start, end in pairwise(cuts)]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(DISGUISED, st.data())
def test_the_original_of_a_value_holds_the_value(text, data):
    normalised = normalise(text)
    if not normalised.text:
        return
    start = data.draw(st.integers(0, len(normalised.text) - 1))
    end = data.draw(st.integers(start + 1, len(normalised.text)))
    original_start, original_end = normalised.original_span(start, end)
    assert normalised.text[start:end] in normalise(text[original_start:original_end]).text


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_normalising_disguises_that_stand_apart_twice_changes_nothing_more(text):
    once = normalise(text).text
    assert normalise(once).text == once


def test_a_normalised_text_does_not_show_itself():
    assert repr(normalise("jane%40example.com")) == "Normalised()"


@given(st.text(st.one_of(st.characters(min_codepoint=128), st.sampled_from("ab1&%\\<"))))
def test_a_text_that_is_not_searched_for_disguises_has_none(text):
    plain = normalise(text).text
    if plain is text:
        assert all(normalise_module._rewritten(text, text, pattern).text == text for pattern in PATTERNS)
