"""PDF documents, by pypdf. What is drawn or scanned has no text."""

import io

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from raum.api import Unreadable, Withheld


class Pdf:
    """PDF documents by their mark, which may stand anywhere in the first kilobyte (ISO 32000-1, annex H.3.4.1)."""

    def reads(self, name: str, head: bytes) -> bool:
        """Whether the mark is there."""
        return b"%PDF-" in head[:1024]

    def extract(self, content: bytes) -> str:
        """The text of all pages."""
        try:
            reader = PdfReader(io.BytesIO(content))
            if reader.is_encrypted:
                raise Unreadable(Withheld.ENCRYPTED)
            return "\n\n".join(page.extract_text() for page in reader.pages)
        except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            raise Unreadable(Withheld.BROKEN) from None
