"""Calls to Zendesk's REST API for one account.

No text of an answer gets into an exception: Zendesk repeats what the customer wrote in its error messages.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString

import httpx2
from attrs import field, frozen

from raum.api import HelpdeskFailed, Secret, TicketNotFound
from raum_zendesk.documents import Document, Malformed, listing, mapping, parse

PAGE_SIZE = 100
"""The most that Zendesk puts on one page."""


def authorization(token: Secret) -> str:
    """The header for a token: an OAuth access token, or a legacy API token as `email/token:token`.

    Raises HelpdeskFailed for what can be neither.
    """
    value = token.reveal()
    if not value or not all("!" <= character <= "~" for character in value):
        raise HelpdeskFailed(
            "the account's Zendesk token is empty or holds characters that no token has; store it again",
            code="helpdesk_unauthorized",
        )
    if "/token:" in value:
        return f"Basic {base64.b64encode(value.encode('ascii')).decode('ascii')}"
    return f"Bearer {value}"


@frozen
class Client:
    """One account's Zendesk. `what` in each call says what is being done, for the error messages."""

    http: httpx2.AsyncClient
    url: str
    authorization: str = field(repr=False)
    timeout_seconds: float
    max_response_bytes: int

    async def get(self, path: str, what: LiteralString, **params: str) -> Document:
        """The JSON object at a path. Raises HelpdeskFailed or TicketNotFound."""
        async with self._answer("GET", path, what, params=params) as response:
            body = await self._read(response, what)
        with shape(what):
            return parse(body)

    async def put(self, path: str, what: LiteralString, document: Document) -> None:
        """Change what is at a path. The answer's body is not read: once accepted, the change is made."""
        async with self._answer("PUT", path, what, json=document):
            pass

    async def pages(
        self, path: str, key: str, what: LiteralString, limit: int, **params: str
    ) -> AsyncIterator[Document]:
        """The pages of a listing, each with its items under `key`. Raises HelpdeskFailed beyond `limit` items.

        `meta.has_more` says whether there is a next page, `links.next` is filled on the last one as well
        (https://developer.zendesk.com/api-reference/introduction/pagination/). The address of the next page is built
        here, so that the token goes nowhere else.
        """
        params = {**params, "page[size]": str(PAGE_SIZE)}
        count = 0
        while True:
            page = await self.get(path, what, **params)
            with shape(what):
                items = listing(page.get(key), "a page of a listing")
                cursor = _next_cursor(page)
            count += len(items)
            if count > limit:
                raise HelpdeskFailed(
                    f"Zendesk has more than {limit} items; stopped while {what}", code="ticket_too_large"
                )
            yield page
            if cursor is None:
                return
            if not items or cursor == params.get("page[after]"):
                raise _malformed(what)
            params["page[after]"] = cursor

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, what: LiteralString, **content: Any
    ) -> AsyncIterator[httpx2.Response]:
        """An accepted answer, its body not yet read. The timeout is for all of it, however slowly it drips."""
        headers = {"Authorization": self.authorization}
        try:
            async with (
                asyncio.timeout(self.timeout_seconds),
                self.http.stream(method, f"{self.url}/api/v2/{path}", headers=headers, **content) as response,
            ):
                if response.status_code != httpx2.codes.OK:
                    raise _failure(response.status_code, what)
                yield response
        except (httpx2.HTTPError, TimeoutError):
            raise HelpdeskFailed(
                f"Zendesk could not be reached or broke off while {what}; try again later",
                code="helpdesk_unavailable",
                retryable=True,
            ) from None

    async def _read(self, response: httpx2.Response, what: LiteralString) -> bytes:
        # Counted after decompression: a small answer may unpack to a very large one.
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self.max_response_bytes:
                raise HelpdeskFailed(
                    f"Zendesk's answer is larger than {self.max_response_bytes} bytes; stopped while {what}",
                    code="ticket_too_large",
                )
        return bytes(body)


def _failure(status: int, what: LiteralString) -> HelpdeskFailed:
    """Statuses: https://developer.zendesk.com/api-reference/introduction/requests/#response-format."""
    if status in (401, 403):
        return HelpdeskFailed(
            f"Zendesk refused the account's token while {what} (status {status}); "
            "store one that may read and write tickets",
            code="helpdesk_unauthorized",
        )
    if status == 404:
        return TicketNotFound("Zendesk has no such ticket, or the account's token may not see it")
    if status == 409:
        return HelpdeskFailed(
            "the ticket changed in Zendesk since it was read; read it again", code="ticket_changed", retryable=True
        )
    if status in (408, 429) or status >= 500:
        return HelpdeskFailed(
            f"Zendesk is not available while {what} (status {status}); try again later",
            code="helpdesk_unavailable",
            retryable=True,
        )
    return HelpdeskFailed(
        f"Zendesk refused the call while {what} (status {status}); a closed ticket takes no reply",
        code="helpdesk_refused",
    )


def _next_cursor(page: Document) -> str | None:
    meta = mapping(page.get("meta"), "'meta'")
    if not meta.get("has_more"):
        return None
    cursor = meta.get("after_cursor")
    if not isinstance(cursor, str) or not cursor:
        raise Malformed("'meta.after_cursor' must be a string")
    return cursor


@contextmanager
def shape(what: LiteralString) -> Iterator[None]:
    """Turns Malformed into the HelpdeskFailed that says so."""
    try:
        yield
    except Malformed:
        raise _malformed(what) from None


def _malformed(what: LiteralString) -> HelpdeskFailed:
    return HelpdeskFailed(
        f"Zendesk's answer is not in the shape of its API while {what}; try again later",
        code="helpdesk_malformed",
        retryable=True,
    )
