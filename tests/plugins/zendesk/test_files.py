"""Downloading attachments: from known hosts, without the token where it does not belong, up to a limit."""

import gzip

import httpx2
import pytest

from raum.api import Attachment, HelpdeskFailed, Unreadable, Withheld
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.standin import File

STORE = "https://p16.zdusercontent.com"


@pytest.fixture
async def attach(desk, standin, account, login):
    """Puts a file on a ticket, and gives it as the ticket has it."""

    async def attach(content=b"A green hat.", **fields):
        ada = standin.add_user("Ada Quill")
        ticket_id = standin.add_ticket("Hats", ada, "Hello", files=[File("hat.txt", content, **fields)])
        (attachment,) = (await desk.fetch(account, login, ticket_id)).attachments
        standin.requests.clear()
        return attachment

    return attach


async def refusal_of(desk, account, login, attachment, most_bytes=1000):
    with pytest.raises(Unreadable) as caught:
        await desk.download(account, login, attachment, most_bytes)
    return caught.value.withheld


async def test_content_comes_from_the_file_store_without_the_token(desk, standin, account, login, attach):
    standin.keep_files_at(STORE)
    attachment = await attach()
    assert await desk.download(account, login, attachment, 1000) == b"A green hat."
    assert [(request.host, bool(request.authorization)) for request in standin.requests] == [
        ("acme-help.zendesk.com", True),
        ("acme-help.zendesk.com", True),
        ("p16.zdusercontent.com", False),
    ]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://files.example.com",
        "http://p16.zdusercontent.com",
        "https://zdusercontent.com.example.com",
        "https://evilzdusercontent.com",
        "https://p16.zdusercontent.com:8443",
        "https://acme-help.zendesk.com@example.com",
        "https://user@p16.zdusercontent.com",
        "https://169.254.169.254",
        "https://[::1",
        "http://acme-help.zendesk.com",
        "ftp://p16.zdusercontent.com",
    ],
)
async def test_a_redirect_to_any_other_host_is_not_followed(desk, standin, account, login, attach, elsewhere):
    standin.keep_files_at(elsewhere)
    attachment = await attach()
    assert await refusal_of(desk, account, login, attachment) is Withheld.UNREACHABLE
    assert {request.host for request in standin.requests} == {"acme-help.zendesk.com"}


async def test_an_address_on_another_host_is_not_called_at_all(desk, standin, account, login, attach):
    real = await attach()
    foreign = Attachment("key", "x", "", 1, handle=real.handle.replace("acme-help.zendesk.com", "evil.example.com"))
    assert await refusal_of(desk, account, login, foreign) is Withheld.UNREACHABLE
    assert {request.host for request in standin.requests} == {"acme-help.zendesk.com"}


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/second?name=a%20hat.txt", "/second?name=a%20hat.txt"),
        (f"{STORE}/second", "/second"),
        (f"{STORE}:443/second", "/second"),
        ("second", None),
        ("//p16.zdusercontent.com/second", None),
        ("", None),
    ],
)
async def test_a_redirect_leads_to_an_address_or_a_path(account, login, location, leads_to):
    asked = []

    def answer(request):
        if "/api/" in request.url.path:
            return httpx2.Response(200, json={"attachment": {"malware_scan_result": "malware_not_found"}})
        asked.append(request.url.raw_path.decode())
        return httpx2.Response(200, content=b"A hat.") if len(asked) > 1 else httpx2.Response(302, headers=headers)

    headers = {"Location": location}
    async with Zendesk(ZendeskOptions(), transport=httpx2.MockTransport(answer)) as desk:
        attachment = Attachment("key", "x", "", 1, handle=f"7 {STORE}/first")
        if leads_to is None:
            assert await refusal_of(desk, account, login, attachment) is Withheld.UNREACHABLE
        else:
            assert await desk.download(account, login, attachment, 1000) == b"A hat."
    assert asked == ["/first", *([leads_to] if leads_to else [])]


async def test_redirects_come_to_an_end(account, login):
    def answer(request):
        if "/api/" in request.url.path:
            return httpx2.Response(200, json={"attachment": {"malware_scan_result": "malware_not_found"}})
        return httpx2.Response(302, headers={"Location": f"{STORE}/again"})

    async with Zendesk(ZendeskOptions(), transport=httpx2.MockTransport(answer)) as desk:
        attachment = Attachment("key", "x", "", 1, handle=f"7 {STORE}/first")
        assert await refusal_of(desk, account, login, attachment) is Withheld.UNREACHABLE


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}, {"Content-Length": "5"}])
async def test_bytes_are_counted_while_they_are_read(account, login, headers):
    content = b"x" * 2_000_000

    def answer(request):
        if "/api/" in request.url.path:
            return httpx2.Response(200, json={"attachment": {"malware_scan_result": "malware_not_found"}})
        body = gzip.compress(content) if "Content-Encoding" in headers else content
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(body))

    async with Zendesk(ZendeskOptions(), transport=httpx2.MockTransport(answer)) as desk:
        attachment = Attachment("key", "x", "", 5, handle=f"7 {STORE}/first")
        assert await refusal_of(desk, account, login, attachment, 1_000_000) is Withheld.TOO_LARGE


async def test_malware_is_not_downloaded(desk, standin, account, login, attach):
    attachment = await attach(malware="malware_found")
    assert attachment.withheld is Withheld.MALWARE
    assert await refusal_of(desk, account, login, attachment) is Withheld.MALWARE
    assert all("/attachments/token/" not in request.path for request in standin.requests)


@pytest.mark.parametrize(
    ("result", "withheld"),
    [("malware_found", Withheld.MALWARE), ("failed_to_scan", Withheld.NOT_SCANNED), ("odd", Withheld.NOT_SCANNED)],
)
async def test_a_scan_that_ends_after_the_ticket_was_read_counts(
    desk, standin, account, login, attach, result, withheld
):
    attachment = await attach(malware="not_scanned")
    assert attachment.withheld is None
    standin.scan(int(attachment.handle.split()[0]), result)
    assert await refusal_of(desk, account, login, attachment) is withheld


async def test_a_file_that_is_never_scanned_is_withheld(standin, account, login, attach):
    attachment = await attach(malware="not_scanned")
    options = ZendeskOptions(scan_seconds=0)
    async with Zendesk(options, transport=httpx2.ASGITransport(standin.app)) as desk:
        assert await refusal_of(desk, account, login, attachment) is Withheld.NOT_SCANNED


@pytest.mark.parametrize(("status", "retryable"), [(404, False), (403, False), (500, True), (429, True)])
async def test_what_may_pass_is_tried_again_and_what_may_not_is_withheld(account, login, status, retryable):
    def answer(request):
        if "/api/" in request.url.path:
            return httpx2.Response(200, json={"attachment": {"malware_scan_result": "malware_not_found"}})
        return httpx2.Response(status, headers={"Retry-After": "7"})

    async with Zendesk(ZendeskOptions(), transport=httpx2.MockTransport(answer)) as desk:
        attachment = Attachment("key", "x", "", 1, handle=f"7 {STORE}/first")
        if not retryable:
            assert await refusal_of(desk, account, login, attachment) is Withheld.UNREACHABLE
            return
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.download(account, login, attachment, 1000)
    assert (caught.value.retryable, caught.value.retry_after_seconds) == (True, 7)


def test_a_ticket_that_is_handed_over_has_no_files_to_fetch(desk):
    comment = {"id": 1, "attachments": [{"id": 2, "file_name": "hat.txt", "content_url": "https://evil.example.com/"}]}
    (attachment,) = desk.ticket_from({"id": 7, "comments": [comment]}).attachments
    assert attachment.withheld is Withheld.NO_CONTENT


async def test_a_file_that_is_gone_by_now_is_withheld_and_does_not_stop_the_ticket(
    desk, standin, account, login, attach
):
    attachment = await attach()
    standin.fail_next(404, body=b'{"error": "RecordNotFound", "description": "Not found"}')
    assert await refusal_of(desk, account, login, attachment) is Withheld.UNREACHABLE
    _, _, address = attachment.handle.partition(" ")
    without_id = Attachment("key", "x", "", 1, handle=f" {address}")
    assert await refusal_of(desk, account, login, without_id) is Withheld.UNREACHABLE


async def test_inline_images_are_named(attach):
    attachment = await attach(content_type="image/png", inline=True)
    assert (attachment.name, attachment.content_type) == ("hat.txt", "image/png")


def test_nothing_shows_what_a_file_is_called_and_where_it_is():
    assert "hat" not in repr(Attachment("key", "hat.txt", "text/hat", 1, handle="7 https://hat.example.com"))
