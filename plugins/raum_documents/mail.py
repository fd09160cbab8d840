"""Mails that were saved as files (RFC 5322, MIME)."""

import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from typing import Final

from raum.api import Unreadable, Withheld, html_to_text

_SHOWN: Final = ("From", "To", "Cc", "Reply-To", "Date", "Subject")
_HEADER: Final = re.compile(
    rb"(?:from|to|received|return-path|message-id|mime-version|subject|date|delivered-to|x-[a-z-]{1,40}):[ \t]",
    re.IGNORECASE,
)
_MIME: Final = re.compile(rb"^(?:mime-version|message-id|received|return-path):[ \t]", re.IGNORECASE | re.MULTILINE)
_MOST_PARTS: Final = 200


class Mail:
    """Mails by their headers or their name; what is attached to them is named, or else its kind is, and not read."""

    def reads(self, name: str, head: bytes) -> bool:
        """Whether it begins as a mail does."""
        begins = _HEADER.match(head) is not None
        return begins and (name.lower().endswith(".eml") or _MIME.search(head) is not None)

    def extract(self, content: bytes) -> str:
        """The headers that a reader sees, the text, and the names of what is attached."""
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        lines = [f"{name}: {message[name]}" for name in _SHOWN if message[name]]
        return "\n".join([*lines, "", *_bodies(message)])


def _bodies(message: EmailMessage) -> Iterator[str]:
    """The texts in the order of a reader, and between them what is attached."""
    passed_over: set[int] = set()
    for number, part in enumerate(message.walk()):
        if number > _MOST_PARTS:
            raise Unreadable(Withheld.TOO_LARGE)
        kind, name = part.get_content_type(), part.get_filename()
        if kind in ("application/pkcs7-mime", "multipart/encrypted"):
            raise Unreadable(Withheld.ENCRYPTED)
        if kind == "multipart/alternative":  # the same matter in several ways
            chosen = part.get_body(("plain", "html"))
            passed_over |= {
                id(each) for each in part.walk() if each is not chosen and each.get_content_maintype() == "text"
            }
        elif part.get_content_maintype() == "message":
            passed_over |= {id(each) for each in part.walk() if each is not part}
        if id(part) in passed_over or (part.is_multipart() and part.get_content_maintype() == "multipart"):
            continue
        is_shown = kind in ("text/plain", "text/html") and not part.is_attachment()
        yield _text(part) if is_shown else f"Attached, not read: {name or kind}"


def _text(part: MIMEPart) -> str:
    try:
        content = part.get_content()
    except (LookupError, KeyError):  # an encoding that nobody knows
        raise Unreadable(Withheld.BROKEN) from None
    return html_to_text(str(content)) if part.get_content_subtype() == "html" else str(content)
