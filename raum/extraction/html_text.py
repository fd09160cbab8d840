"""From HTML to plain text.

The HTML is that of mails and files from anybody, so it may be anything. Each step here is one pass over it:
`html.parser` of the standard library takes time that grows with the square of the length when tags are left open, which
a customer could use to stop the host.
"""

import html
import re
from urllib.parse import unquote

_TAG = re.compile(r"(<[^<>]*>)")
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_NEWLINE = re.compile(r"\r\n|\r|\n")
# int() refuses more than 4,300 digits, and no character has a number of more than seven.
_HUGE_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")

_DROPPED = frozenset({"script", "style", "title"})
_PARAGRAPHS = frozenset({"p", "blockquote", "pre", "ul", "ol", "dl", "table", "hr", "h1", "h2", "h3", "h4", "h5", "h6"})
_LINES = frozenset(
    {"address", "article", "aside", "body", "caption", "dd", "div", "dt", "figure", "footer", "form", "header", "li"}
    | {"main", "nav", "section", "tbody", "tfoot", "thead", "tr"}
)
_CELLS = frozenset({"td", "th"})
_MAX_QUOTE_DEPTH = 20


def html_to_text(source: str) -> str:
    """What a reader of the HTML sees, as lines.

    Paragraphs are set apart by an empty line, quotes start with `> `. The address of a mail or telephone link follows
    its text in brackets if it differs. Text in tags that are not closed stays.
    """
    writer = _Writer()
    for piece in _TAG.split(_without_comments(source)):
        tag = _TAG_NAME.match(piece)
        if tag:
            writer.tag(tag[2].lower(), piece, closing=bool(tag[1]))
        elif not (piece.startswith(("<!", "<?")) and piece.endswith(">")):
            writer.text(_decoded(piece))
    return writer.finished()


class _Writer:
    """Collects lines. `_line` is the line being written, `_apart` asks for an empty line before it."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._apart = False
        self._depth = 0
        self._line_depth = 0
        self._preformatted = 0
        self._dropping = ""
        self._link: tuple[str, int] | None = None

    def tag(self, name: str, source: str, *, closing: bool) -> None:
        if self._dropping or name in _DROPPED:
            self._drop(name, closing=closing)
        elif name == "br":
            self._end_line(keep_empty=True)
        elif name in _PARAGRAPHS or name in _LINES:
            self._block(name, closing=closing)
        elif name in _CELLS:
            self._line.append(" ")
        elif name == "a":
            self._close_link()
            if not closing:
                self._link = (_address(source), len(self._line))

    def text(self, text: str) -> None:
        if self._dropping or not text:
            return
        first, *rest = _NEWLINE.split(text) if self._preformatted else [text]
        self._line.append(first)
        for line in rest:
            self._end_line(keep_empty=True)
            self._line.append(line)

    def finished(self) -> str:
        self._close_link()
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _drop(self, name: str, *, closing: bool) -> None:
        if not self._dropping and not closing:
            self._dropping = name
        elif name == self._dropping and closing:
            self._dropping = ""

    def _block(self, name: str, *, closing: bool) -> None:
        self._end_line()
        self._apart = self._apart or name in _PARAGRAPHS
        step = -1 if closing else 1
        if name == "blockquote":
            self._depth = min(max(self._depth + step, 0), _MAX_QUOTE_DEPTH)
        elif name == "pre":
            self._preformatted = max(self._preformatted + step, 0)
        elif name == "li" and not closing:
            self._line.append("- ")

    def _end_line(self, *, keep_empty: bool = False) -> None:
        line = "".join(self._line)
        line = line if self._preformatted else _BLANKS.sub(" ", line).strip(" ")
        line = line.replace("\xa0", " ").rstrip()
        self._line.clear()
        if self._link:
            self._link = (self._link[0], 0)
        if not line and not keep_empty:
            return
        if self._apart and self._lines:
            self._lines.append(("> " * min(self._depth, self._line_depth)).rstrip())
        self._apart = False
        self._line_depth = self._depth
        self._lines.append(("> " * self._depth + line).rstrip())

    def _close_link(self) -> None:
        if self._link is None:
            return
        address, start = self._link
        self._link = None
        shown = "".join(self._line[start:]).strip()
        if address and not _same_address(address, shown):
            self._line.append(f" ({address})" if shown else address)


def _without_comments(source: str) -> str:
    before, *comments = source.split("<!--")
    return before + "".join(comment.partition("-->")[2] for comment in comments)


def _decoded(text: str) -> str:
    return html.unescape(_HUGE_REFERENCE.sub("\ufffd", text))


def _address(tag: str) -> str:
    """The mail address or telephone number that a link leads to; empty for other links."""
    href = _HREF.search(tag)
    if href is None:
        return ""
    scheme, _, address = _decoded(href[1] or href[2] or href[3] or "").strip().partition(":")
    return unquote(address.partition("?")[0]).strip() if scheme.lower() in ("mailto", "tel") else ""


def _same_address(address: str, shown: str) -> bool:
    return address.casefold() in shown.casefold() or _digits(address) == _digits(shown) != ""


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text)) if "@" not in text else ""
