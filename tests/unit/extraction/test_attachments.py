"""What the AI gets to see of attachments, and what it is told about the others."""

import pytest

from raum.api import PRIVATE, Account, Attachment, HelpdeskFailed, Secret, Ticket, TicketText, Withheld
from raum.extraction.attachments import Attachments
from raum.extraction.reader import Bounds, Reader
from raum.testing import FakeExtractor, FakeHelpdesk, FakeLogin

ACCOUNT, LOGIN = Account("acme", "acme-help", "hook"), FakeLogin(Secret("token"))


def file(name, kind="text/plain", size=10, **fields):
    return Attachment(f"file:{name}", name, kind, size, handle=name, **fields)


async def read(*files, contents=None, most_files=20, desk=None):
    desk = desk or FakeHelpdesk()
    desk.files.update(contents or {})
    texts = [TicketText("subject", "Subject", "Hats")]
    texts += [TicketText(each.key, "Attachment", each.name, PRIVATE) for each in files]
    stage = Attachments(desk, Reader([FakeExtractor()], Bounds()), most_files, 100)
    ticket = await stage.read(ACCOUNT, LOGIN, Ticket(7, tuple(texts), attachments=files))
    assert ticket.attachments == ()
    return [(text.key, text.label, text.text, text.audience) for text in ticket.texts[1:]]


async def test_the_content_stands_behind_the_name_for_the_same_readers():
    assert await read(file("a.txt"), contents={"a.txt": b"text:A green hat"}) == [
        ("file:a.txt", "Attachment", "a.txt", PRIVATE),
        ("file:a.txt:content", "Content of the attachment", "A green hat", PRIVATE),
    ]


@pytest.mark.parametrize(
    ("attachment", "content", "reason"),
    [
        (file("a", kind="image/png"), b"text:x", Withheld.IMAGE),
        (file("a", kind="audio/ogg"), b"text:x", Withheld.AUDIO),
        (file("a", kind="video/mp4"), b"text:x", Withheld.AUDIO),
        (file("a", withheld=Withheld.MALWARE), b"text:x", Withheld.MALWARE),
        (file("a", size=101), b"text:x", Withheld.TOO_LARGE),
        (file("a"), b"text:" + b"x" * 100, Withheld.TOO_LARGE),
        (file("a"), b"PK\3\4", Withheld.ARCHIVE),
        (file("a"), b"\x89PNG", Withheld.IMAGE),
        (file("a"), b"other", Withheld.KIND),
        (file("a"), b"text:\xff", Withheld.BROKEN),
        (file("a"), b"text:", Withheld.EMPTY),
        (file("a"), None, Withheld.UNREACHABLE),
    ],
)
async def test_what_is_not_read_is_named_with_the_reason(attachment, content, reason):
    contents = {} if content is None else {"a": content}
    assert await read(attachment, contents=contents) == [("file:a", f"Attachment, not read ({reason})", "a", PRIVATE)]


async def test_beyond_the_limit_files_are_named_alone():
    texts = await read(file("a"), file("b"), contents={"a": b"text:x", "b": b"text:x"}, most_files=1)
    assert [label for _, label, _, _ in texts] == [
        "Attachment", "Content of the attachment", "Attachment, not read (one of too many)",
    ]  # fmt: skip


async def test_a_helpdesk_that_fails_for_now_stops_the_run():
    class Away(FakeHelpdesk):
        async def download(self, *_):
            raise HelpdeskFailed("away", retryable=True)

    with pytest.raises(HelpdeskFailed):
        await read(file("a"), desk=Away())
