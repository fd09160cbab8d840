"""Word documents: XML in a zip archive (ECMA-376). An archive that unpacks to far more than it should is refused."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from raum.api import Unreadable, Withheld

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORDS: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STORY: Final = re.compile(r"word/(?:document|header[0-9]*|footer[0-9]*|footnotes|endnotes|comments)\.xml")
_MOST_MEMBERS: Final = 5_000
_MOST_BYTES: Final = 64 * 1024 * 1024
_PIECE: Final = 65_536


class Word:
    """Documents by the parts that their archive names; one that is encrypted is no archive any more."""

    def reads(self, name: str, head: bytes) -> bool:
        """Whether it is such a document."""
        is_named = name.lower().endswith((".docx", ".docm"))
        if head.startswith(_OLE):
            return is_named
        return head.startswith(b"PK\3\4") and (is_named or b"word/" in head)

    def extract(self, content: bytes) -> str:
        """The text of the document, its headers, footers, notes and comments."""
        if content.startswith(_OLE):
            raise Unreadable(Withheld.ENCRYPTED)
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return "\n".join(_lines(archive))
        except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError, OSError):
            raise Unreadable(Withheld.BROKEN) from None
        except (ParseError, DefusedXmlException):
            raise Unreadable(Withheld.BROKEN) from None


def _lines(archive: zipfile.ZipFile) -> Iterator[str]:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise Unreadable(Withheld.TOO_LARGE)
    stories = sorted((each for each in members if _STORY.fullmatch(each.filename)), key=_order)
    if not any(each.filename == "word/document.xml" for each in stories):
        raise Unreadable(Withheld.BROKEN)
    left = _MOST_BYTES
    for member in stories:
        if member.flag_bits & 1:
            raise Unreadable(Withheld.ENCRYPTED)
        unpacked = _unpacked(archive, member, left)
        left -= len(unpacked)
        yield from _paragraphs(fromstring(unpacked, forbid_dtd=True))


def _order(member: zipfile.ZipInfo) -> tuple[bool, str]:
    return member.filename != "word/document.xml", member.filename


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """The member, counted while it unpacks: what an archive says about its sizes may be a lie."""
    unpacked = bytearray()
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            unpacked += piece
            if len(unpacked) > most:
                raise Unreadable(Withheld.TOO_LARGE)
    return bytes(unpacked)


def _paragraphs(root: Element) -> Iterator[str]:
    line: list[str] = []
    for element in root.iter():
        if element.tag == f"{_WORDS}p":
            yield "".join(line)
            line.clear()
        elif element.tag in (f"{_WORDS}t", f"{_WORDS}delText"):
            line.append(element.text or "")
        elif element.tag in (f"{_WORDS}tab", f"{_WORDS}br", f"{_WORDS}cr"):
            line.append(" ")
    yield "".join(line)
