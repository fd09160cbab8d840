"""Attachments: what Zendesk says about them, and how their content is downloaded.

The address of a file is the account's own; with private attachments it takes the account's token and leads to another
host, which must not get the token (https://developer.zendesk.com/documentation/ticketing/managing-tickets/
accessing-end-user-uploaded-attachments/). So redirects are followed by hand, to known hosts alone.

An address has the name of the file in it. It is never given to `urllib.parse`, which keeps the addresses that it took
apart in a cache of the process.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, LiteralString

import httpx2
from attrs import frozen

from raum.api import Attachment, HelpdeskFailed, TicketNotFound, Unreadable, Withheld
from raum_zendesk.bodies import capped
from raum_zendesk.budget import retry_after_seconds
from raum_zendesk.client import Client, shape
from raum_zendesk.documents import Document, mapping, text

FILE_HOSTS: Final = ".zdusercontent.com"
"""Where Zendesk keeps files."""

_MOST_REDIRECTS: Final = 3
_WHAT: Final[LiteralString] = "downloading an attachment"
_SCANS: Final[Mapping[str, Withheld | None]] = {
    "malware_found": Withheld.MALWARE,
    "malware_not_found": None,
    "failed_to_scan": Withheld.NOT_SCANNED,
    "not_scanned": Withheld.NOT_SCANNED,
    "": None,
}


def attachment(file: Document, key: str) -> Attachment:
    """What is known about a file. Raises Malformed."""
    size = file.get("size")
    return Attachment(
        key=key,
        name=text(file.get("file_name"), "an attachment's 'file_name'"),
        content_type=text(file.get("content_type"), "an attachment's 'content_type'"),
        size=size if isinstance(size, int) else 0,
        handle=f"{file.get('id') or ''} {text(file.get('content_url'), 'content_url')}",
        withheld=_withheld(file),
    )


def _withheld(file: Document) -> Withheld | None:
    if file.get("deleted"):
        return Withheld.UNREACHABLE
    scan = text(file.get("malware_scan_result"), "'malware_scan_result'")
    # A scan takes seconds: what is not scanned yet is looked at again when it is downloaded.
    return None if scan == "not_scanned" else _SCANS.get(scan, Withheld.NOT_SCANNED)


@frozen
class Files:
    """Downloads for one account, whose Zendesk `client` calls. `scan_seconds` is how long a scan is waited for."""

    client: Client
    scan_seconds: float

    async def download(self, file: Attachment, most_bytes: int) -> bytes:
        """The content. Raises Unreadable, or HelpdeskFailed if it may be there later."""
        identifier, _, address = file.handle.partition(" ")
        await self._require_scanned(identifier)
        for _ in range(_MOST_REDIRECTS + 1):
            found = await self._step(address, most_bytes)
            if isinstance(found, bytes):
                return found
            address = found
        raise Unreadable(Withheld.UNREACHABLE)

    async def _require_scanned(self, identifier: str) -> None:
        """Look at the file as it is now: the list it was in may be older than the scan."""
        for wait in (0.0, self.scan_seconds):
            await asyncio.sleep(wait)
            document = await self._shown(identifier)
            with shape(_WHAT):
                scan = text(document.get("malware_scan_result"), "'malware_scan_result'")
                withheld = Withheld.UNREACHABLE if document.get("deleted") else _SCANS.get(scan, Withheld.NOT_SCANNED)
            if scan != "not_scanned":
                break
        if withheld is not None:
            raise Unreadable(withheld)

    async def _shown(self, identifier: str) -> Document:
        """What Zendesk says about the file. One that is gone by now is no reason to give the ticket up."""
        if not identifier:
            raise Unreadable(Withheld.UNREACHABLE)
        try:
            found = await self.client.get(f"attachments/{identifier}.json", _WHAT)
        except TicketNotFound:
            raise Unreadable(Withheld.UNREACHABLE) from None
        with shape(_WHAT):
            return mapping(found.get("attachment"), "'attachment'")

    async def _step(self, address: str, most_bytes: int) -> bytes | str:
        """The content, or where it is."""
        headers = await self._headers(address)
        try:
            async with (
                asyncio.timeout(self.client.timeout_seconds),
                self.client.http.stream("GET", address, headers=headers) as response,
            ):
                if response.is_redirect:
                    return _joined(address, response.headers.get("location", ""))
                return await _content(response, most_bytes)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError):
            raise _later(None) from None

    async def _headers(self, address: str) -> dict[str, str]:
        """The token for the account's own host, nothing for the file store. Raises Unreadable for any other host."""
        own, other = httpx2.URL(self.client.url), _url(address)
        if (other.scheme, other.netloc, other.userinfo) == (own.scheme, own.netloc, b""):
            return {"Authorization": await self.client.access.header()} if "/attachments/" in other.path else {}
        if (other.scheme, other.port, other.userinfo) == ("https", None, b"") and other.host.endswith(FILE_HOSTS):
            return {}
        raise Unreadable(Withheld.UNREACHABLE)


async def _content(response: httpx2.Response, most_bytes: int) -> bytes:
    if response.status_code in (408, 429) or response.status_code >= 500:
        raise _later(retry_after_seconds(response.headers))
    if response.status_code != httpx2.codes.OK:
        raise Unreadable(Withheld.UNREACHABLE)
    content = await capped(response, most_bytes)
    if content is None:
        raise Unreadable(Withheld.TOO_LARGE)
    return content


def _later(seconds: float | None) -> HelpdeskFailed:
    return HelpdeskFailed(
        "an attachment could not be downloaded from Zendesk; try again later",
        code="helpdesk_unavailable",
        retryable=True,
        retry_after_seconds=seconds,
    )


def _joined(address: str, location: str) -> str:
    """Where a redirect leads (RFC 9110, 10.2.2), if it is an address or a path. Raises Unreadable."""
    if location.startswith("/") and not location.startswith("//"):
        return str(_url(address).copy_with(raw_path=location.encode("ascii", "replace")))
    return location


def _url(address: str) -> httpx2.URL:
    """The address in its parts. Raises Unreadable for what is none."""
    try:
        return httpx2.URL(address)
    except httpx2.InvalidURL:
        raise Unreadable(Withheld.UNREACHABLE) from None
