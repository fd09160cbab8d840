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
    body = message.get_body(("plain", "html"))
    if body is not None:
        yield _text(body)
    for number, part in enumerate(message.walk()):
        if number > _MOST_PARTS:
            raise Unreadable(Withheld.TOO_LARGE)
        if part.get_content_type() in ("application/pkcs7-mime", "multipart/encrypted"):
            raise Unreadable(Withheld.ENCRYPTED)
        name = part.get_filename()
        if part is not body and (name or part.get_content_maintype() not in ("text", "multipart")):
            yield f"Attached, not read: {name or part.get_content_type()}"


def _text(part: MIMEPart) -> str:
    try:
        content = part.get_content()
    except (LookupError, KeyError):  # an encoding that nobody knows
        raise Unreadable(Withheld.BROKEN) from None
    return html_to_text(str(content)) if part.get_content_subtype() == "html" else str(content)
