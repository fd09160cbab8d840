"""Comments from HTML to text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raum.api import html_to_text
from raum_zendesk.comment_html import from_text

CASES = {
    "plain text": ("Hello", "Hello"),
    "paragraphs": ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    "Zendesk's wrapper": ('<div class="zd-comment" dir="auto"><p dir="auto">One</p></div>', "One"),
    "a line end": ("One<br>Two<br/>Three<BR />Four", "One\nTwo\nThree\nFour"),
    "an empty line": ("One<br><br>Two", "One\n\nTwo"),
    "lines of divs": ("<div>One</div><div>Two</div>", "One\nTwo"),
    "white space": ("<p>One \n\t two</p>\n\n<p> three </p>", "One two\n\nthree"),
    "inline tags": ("<b>Jo</b>hn <i>Roe</i>", "John Roe"),
    "entities": (
        "Tom &amp; Jerry &lt;tj@example.com&gt; &#8364; &#x20AC; &euro;",
        "Tom & Jerry <tj@example.com> € € €",
    ),
    "fixed blanks": ("4111&nbsp;1111&nbsp;1111&#160;1111", "4111 1111 1111 1111"),
    "an entity that is none": ("R&D &unknown; &#xD800;", "R&D &unknown; \ufffd"),
    "a number of 5,000 digits": (f"a&#{'9' * 5000};b", "a\ufffdb"),
    "a list": ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
    "a table": ("<table><tr><td>Name</td><td>Ada</td></tr><tr><td>City</td></tr></table>", "Name Ada\nCity"),
    "a heading": ("<h1>Title</h1>Text", "Title\n\nText"),
    "a quote": ("Yes<blockquote>Really?<br>You?</blockquote>No", "Yes\n\n> Really?\n> You?\n\nNo"),
    "a quote in a quote": (
        "<blockquote><p>One</p><blockquote><p>Two</p></blockquote></blockquote>",
        "> One\n>\n> > Two",
    ),
    "preformatted lines": ("<pre>a  b\n\n  c</pre>", "a  b\n\n  c"),
    "scripts and styles": ("<style>p {}</style>One<script>if (a < b) alert('<p>')</script>Two", "OneTwo"),
    "a script that is not closed": ("One<script>two", "One"),
    "comments": ("One<!-- <p>hidden</p> --> two", "One two"),
    "a comment in a comment": ("One<!-- a <!-- b --> two", "One two"),
    "a comment that is not closed": ("One<!-- two", "One"),
    "declarations": ("<!DOCTYPE html><?xml?><![if !mso]>One<![endif]>", "One"),
    "signs that are no tags": ("3 < 4 > 2 and <3", "3 < 4 > 2 and <3"),
    "an address in angle brackets": ("Ada <ada@example.com>", "Ada <ada@example.com>"),
    "a tag that is not closed": ("One <b two", "One <b two"),
    "tags closed too often": ("</blockquote></pre></p>One</a>", "One"),
    "a mail link": ('<a href="mailto:ada@example.com">Write me</a>', "Write me (ada@example.com)"),
    "a mail link that says its address": ('<a href="mailto:ada@example.com">Ada@Example.com</a>', "Ada@Example.com"),
    "a mail link with a subject": ("<a href='mailto:ada%2Bx@example.com?subject=Hi'>me</a>", "me (ada+x@example.com)"),
    "a telephone link": ("<a class=x href=tel:+12025550123>Call</a>", "Call (+12025550123)"),
    "a telephone link that says its number": ('<a href="tel:+12025550123">+1 (202) 555-0123</a>', "+1 (202) 555-0123"),
    "a link without text": ('<a href="mailto:ada@example.com"><img src="x"></a>', "ada@example.com"),
    "a link that is not closed": ('<a href="mailto:ada@example.com">me', "me (ada@example.com)"),
    "a link over two lines": ('<a href="mailto:ada@example.com">to<br>me</a>', "to\nme (ada@example.com)"),
    "a web link": ('<a href="https://example.com/ada">here</a>', "here"),
    "a link to a script": ('<a href="javascript:alert(1)">here</a>', "here"),
    "nothing": ("", ""),
    "nothing to see": ("<p><br></p><div> </div>", ""),
}


@pytest.mark.parametrize(("source", "text"), CASES.values(), ids=CASES)
def test_html_becomes_the_lines_that_a_reader_sees(source, text):
    assert html_to_text(source) == text


@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<a ", "<a href='", '<a href="', "<a href=", " href=' ", "<a href=mailto:a>b"),
        *("<!--", "<![", "</", "&#", "&", "&nbsp;", "<script>", "<pre>\n", "<p>", "<blockquote>a<br>"),
    ],
)
def test_a_megabyte_of_broken_markup_is_read_at_once(piece):
    assert len(html_to_text(piece * (1_000_000 // len(piece)))) < 50_000_000


@given(st.text(alphabet="<>/!-ab =\"'&;#x\n\xa0pre"))
def test_any_text_can_be_read_as_html(source):
    assert "\xa0" not in html_to_text(source)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Hello", "<p>Hello</p>"),
        ("One\nTwo", "<p>One<br>Two</p>"),
        ("One\r\n\r\n\r\nTwo\n", "<p>One</p><p>Two</p>"),
        ("<b>&\"'", "<p>&lt;b&gt;&amp;&quot;&#x27;</p>"),
    ],
)
def test_text_becomes_escaped_paragraphs(text, source):
    assert from_text(text) == source


WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
LINES = st.lists(WORDS, min_size=1).map(" ".join)
PARAGRAPHS = st.lists(LINES, min_size=1).map("\n".join)


@given(st.lists(PARAGRAPHS, min_size=1).map("\n\n".join))
def test_text_is_the_same_after_the_way_to_html_and_back(text):
    assert html_to_text(from_text(text)) == text
