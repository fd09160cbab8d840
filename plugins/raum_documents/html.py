"""HTML pages."""

import re
from typing import Final

from raum.api import html_to_text
from raum_documents.plain import decoded, is_text

_BEGINS: Final = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)


class Html:
    """Pages by their beginning or their name."""

    def reads(self, name: str, head: bytes) -> bool:
        """Whether it is a page."""
        return is_text(head) and (name.lower().endswith((".html", ".htm")) or _BEGINS.match(head) is not None)

    def extract(self, content: bytes) -> str:
        """What a reader of the page sees."""
        return html_to_text(decoded(content))
