"""Comments are HTML in Zendesk and plain text in raum."""

import html
import re

from raum.api import html_to_text
from raum_zendesk import documents
from raum_zendesk.documents import Document

_NEWLINE = re.compile(r"\r\n|\r|\n")
_PARAGRAPH_END = re.compile(r"\n{2,}")


def body_text(comment: Document) -> str:
    """What a comment or message says: its HTML, or else the plain forms that Zendesk makes of it. Raises Malformed."""
    plain = documents.text(comment.get("plain_body"), "a comment's 'plain_body'").replace("&nbsp;", " ")
    return (
        html_to_text(documents.text(comment.get("html_body"), "a comment's 'html_body'"))
        or plain.strip()
        or documents.text(comment.get("body"), "a comment's 'body'").strip()
    )


def from_text(text: str) -> str:
    """Plain text as HTML: everything escaped, an empty line as a new paragraph, a line end as `<br>`."""
    paragraphs = _PARAGRAPH_END.split(_NEWLINE.sub("\n", text).strip("\n"))
    return "".join(f"<p>{html.escape(paragraph).replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)
