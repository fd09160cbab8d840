"""Plain text, in the encodings that people send."""

import codecs
import re
from typing import Final

from raum.api import Unreadable, Withheld

# Text by their characters, and something else by what they mean: values may stand in them in ways that are not text.
_NOT_PLAIN: Final = (b"{\\rtf", b"%!PS", b"%PDF", b"BEGIN:VCARD", b"begin 6", b"=ybegin", b"-----BEGIN")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text that can be decoded."""
    if head.lstrip().startswith(_NOT_PLAIN):
        return False
    if any(head.startswith(bom) for bom, _ in _BOMS):
        return True
    return bool(head.strip()) and _CONTROL.search(head) is None


def decoded(content: bytes) -> str:
    """The text: UTF-8 or UTF-16 by its mark, else UTF-8, else Windows-1252. Raises Unreadable."""
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    try:
        if encoding is not None:
            return content.decode(encoding)
        if _CONTROL.search(content):
            raise Unreadable(Withheld.BROKEN)
        return content.decode("utf-8")
    except UnicodeDecodeError:
        if encoding is None:
            return content.decode("cp1252", "replace")
        raise Unreadable(Withheld.BROKEN) from None


class PlainText:
    """Files of plain text, whatever their name is."""

    def reads(self, name: str, head: bytes) -> bool:
        """Whether it is text."""
        return is_text(head)

    def extract(self, content: bytes) -> str:
        """The text as it is."""
        return decoded(content)
