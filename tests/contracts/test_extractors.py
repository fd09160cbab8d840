"""The contract of extractors: those of the documents plugin, and the fake."""

import pytest
from plugins.documents.files import archive, docx, encrypted_zip, mail, pdf

from raum.api import Withheld
from raum.testing import FakeExtractor
from raum.testing.contracts import ExtractorContract
from raum_documents import Html, Mail, Pdf, PlainText, Table, Word

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"SEVEN-LEMONS" * 400
BOMB = archive(word__document_xml=b"\n" * 70_000_000)
DTD = b'<!DOCTYPE x [<!ENTITY a "SEVEN-LEMONS"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'


class TestPdf(ExtractorContract):
    examples = (
        ("invoice.pdf", pdf("Ada Quill", "ada@example.com"), "ada@example.com"),
        ("no-name", b"\n\n" + pdf("Ada Quill"), "Ada Quill"),
    )
    unreadable = (
        ("a.pdf", pdf("SEVEN-LEMONS", encrypted=True), Withheld.ENCRYPTED),
        ("a.pdf", b"%PDF-1.7 SEVEN-LEMONS", Withheld.BROKEN),
    )

    @pytest.fixture
    def part(self):
        return Pdf()


class TestWord(ExtractorContract):
    examples = (
        ("letter.docx", docx("Dear sir", "I am Ada Quill"), "Dear sir\nI am Ada Quill"),
        ("letter", docx("Dear sir", header1=["Quill Hats"], footnotes=["ada@example.com"]), "ada@example.com"),
    )
    unreadable = (
        ("a.docx", OLE, Withheld.ENCRYPTED),
        ("a.docx", encrypted_zip(docx("SEVEN-LEMONS")), Withheld.ENCRYPTED),
        ("a.docx", docx("SEVEN-LEMONS")[:-30], Withheld.BROKEN),
        ("a.docx", archive(word__styles_xml=b"SEVEN-LEMONS"), Withheld.BROKEN),
        ("a.docx", archive(word__document_xml=b"<SEVEN-LEMONS"), Withheld.BROKEN),
        ("a.docx", archive(word__document_xml=DTD), Withheld.BROKEN),
        ("bomb.docx", BOMB, Withheld.TOO_LARGE),
    )

    @pytest.fixture
    def part(self):
        return Word()


class TestMail(ExtractorContract):
    examples = (
        ("a.eml", mail(("text/plain", "Where is my hat?")), "Where is my hat?"),
        ("a.eml", mail(("text/html", "<p>Where is<br>my hat?</p>")), "Where is\nmy hat?"),
        ("a.eml", mail(("text/plain", "Hello"), ("image/png", "x", "Ada Quill.png")), "Ada Quill.png"),
        ("a.eml", mail(("text/plain", "Hello"), ("image/png", "x")), "Attached, not read: image/png"),
        (
            "a.eml",
            mail(("text/plain", "Hello"), ("message/rfc822", "Subject: Hats\n\nSee below")),
            "Attached, not read: message/rfc822",
        ),
        (
            "a.eml",
            mail(("text/plain", "My hat:"), ("image/png", "x"), ("text/plain", "is lost. Ada")),
            "My hat:\nAttached, not read: image/png\nis lost. Ada",
        ),
        (
            "a.eml",
            mail(("text/html", "<p>My <b>hat</b>?</p>"), ("text/plain", "Where is my hat?"), kind="alternative"),
            "Subject: A hat\n\nWhere is my hat?",
        ),
        ("no-name", mail(("text/plain", "Hello")), "From: Ada Quill <ada@example.com>"),
        ("a.eml", mail(("text/plain", "Hello"), subject="=?utf-8?q?F=C3=BCr_Ada?="), "Subject: Für Ada"),
    )
    unreadable = (
        ("a.eml", mail(("application/pkcs7-mime", "SEVEN-LEMONS", "smime.p7m")), Withheld.ENCRYPTED),
        ("a.eml", mail(("text/plain; charset=nobody", "SEVEN-LEMONS\xff")), Withheld.BROKEN),
        ("a.eml", mail(*[("image/png", "x", "SEVEN-LEMONS")] * 300), Withheld.TOO_LARGE),
    )

    @pytest.fixture
    def part(self):
        return Mail()


class TestHtml(ExtractorContract):
    examples = (
        ("page.html", b"<p>Ada<br>Quill</p><script>x()</script>", "Ada\nQuill"),
        ("page", b'<!DOCTYPE html><html><a href="mailto:ada@example.com">me</a></html>', "me (ada@example.com)"),
    )
    unreadable = (("page.html", "<p>SEVEN-LEMONS".encode("utf-16") + b"\x00\xd8", Withheld.BROKEN),)

    @pytest.fixture
    def part(self):
        return Html()


class TestTable(ExtractorContract):
    examples = (
        ("a.csv", b'name,mail\nAda Quill,ada@example.com\n"Ben ""B"" Ochre",x\n', "name: Ada Quill\nmail: ada@example"),
        ("a.csv", b"name;town\r\nAda;Graz\r\n\r\nBen;Ulm\r\n", "name: Ada\ntown: Graz\n\nname: Ben\ntown: Ulm"),
        ("a.tsv", b"Ada Quill\t7\nBen Ochre\t8\n", "Ada Quill, 7\nBen Ochre, 8"),
        ("a.csv", "name,town\nÅda,Lübeck\n".encode("utf-16"), "name: Åda"),
        ("a.csv", b"name,town\n", "name, town"),
    )
    unreadable = (("a.csv", b'"SEVEN-LEMONS' + b"x" * 1_100_000, Withheld.BROKEN),)

    @pytest.fixture
    def part(self):
        return Table()


class TestPlainText(ExtractorContract):
    examples = (
        ("a.txt", b"Where is my hat?", "Where is my hat?"),
        ("a.log", "Für Ada".encode("utf-8-sig"), "Für Ada"),
        ("a", "Für Ada".encode("utf-16"), "Für Ada"),
        ("a.txt", "Für Ada".encode("cp1252"), "Für Ada"),
    )
    unreadable = (
        ("a.txt", b"SEVEN-LEMONS " * 400 + b"\x00\x01", Withheld.BROKEN),
        ("a.txt", b"\xff\xfeS\x00\x00\xd8", Withheld.BROKEN),
    )

    @pytest.fixture
    def part(self):
        return PlainText()


@pytest.mark.parametrize("content", [b"{\\rtf1 x}", b"%!PS", b"BEGIN:VCARD\nFN:x", b"begin 644 x", b"   "])
def test_what_only_looks_like_text_is_not_taken_for_it(content):
    assert not PlainText().reads("a.txt", content)


class TestFakeExtractor(ExtractorContract):
    examples = (("a", b"text:Hello", "Hello"),)
    unreadable = (("a", b"text:SEVEN-LEMONS\xff", Withheld.BROKEN),)

    @pytest.fixture
    def part(self):
        return FakeExtractor()
