"""Extractors of text from attachments: PDF, Word documents, mails, HTML, tables and plain text."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from raum.api import DataClass, DataUse, Extractor, Part, hookimpl
from raum_documents.html import Html
from raum_documents.mail import Mail
from raum_documents.pdf import Pdf
from raum_documents.plain import PlainText
from raum_documents.tables import Table
from raum_documents.word import Word

__all__ = ["Html", "Mail", "Pdf", "PlainText", "Table", "Word", "raum_extractors"]

_PARTS: Final[tuple[tuple[str, Callable[[], Extractor], str], ...]] = (
    ("pdf", Pdf, "PDF documents"),
    ("docx", Word, "Word documents (Office Open XML)"),
    ("eml", Mail, "mails (RFC 5322)"),
    ("html", Html, "HTML pages"),
    ("csv", Table, "tables: comma- and tab-separated values"),
    ("text", PlainText, "plain text"),
)


@hookimpl
def raum_extractors() -> Iterable[Part[Extractor]]:
    """One part for each kind of file."""
    for name, build, summary in _PARTS:
        yield Part(
            name,
            partial(_without_options, build),
            DataUse({DataClass.RAW}, goes_to="memory, in a process of its own"),
            summary=summary,
        )


def _without_options(build: Callable[[], Extractor], _options: object) -> Extractor:
    return build()
