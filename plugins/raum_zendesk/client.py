"""Calls to Zendesk's REST API for one account.

No text of an answer gets into an exception: Zendesk repeats what the customer wrote in its error messages.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, LiteralString

import httpx2
from attrs import frozen

from raum.api import HelpdeskFailed
from raum_zendesk.access import Access
from raum_zendesk.bodies import capped
from raum_zendesk.budget import Budget, closed_seconds
from raum_zendesk.documents import Document, Malformed, listing, mapping, parse
from raum_zendesk.refusals import failure

PAGE_SIZE = 100
"""The most that Zendesk puts on one page."""

_ACCEPTED: Final = (200, 201, 204)
_MAX_ERROR_BYTES: Final = 65_536


@frozen
class Client:
    """One account's Zendesk. `what` in each call says what is being done, for the error messages.

    A call waits for its turn in the budget, `patience_seconds` at most; a longer wait is the failure's to tell. A token
    that Zendesk takes no more is renewed once.
    """

    http: httpx2.AsyncClient
    url: str
    access: Access
    budget: Budget
    timeout_seconds: float
    patience_seconds: float
    max_response_bytes: int

    async def get(self, path: str, what: LiteralString, **params: str) -> Document:
        """The JSON object at a path. Raises HelpdeskFailed or TicketNotFound."""
        async with self._answer("GET", path, what, params=params) as response:
            body = await self._read(response, what)
        with shape(what):
            return parse(body)

    async def raw(self, path: str, what: LiteralString) -> bytes:
        """What is at a path, as it is."""
        async with self._answer("GET", path, what) as response:
            return await self._read(response, what)

    async def send(self, method: str, path: str, what: LiteralString, document: Document) -> Document:
        """Send a document, and return the JSON object that comes back."""
        async with self._answer(method, path, what, json=document) as response:
            body = await self._read(response, what)
        with shape(what):
            return parse(body)

    async def put(self, path: str, what: LiteralString, document: Document) -> None:
        """Change what is at a path. The answer's body is not read: once accepted, the change is made."""
        async with self._answer("PUT", path, what, json=document):
            pass

    async def delete(self, path: str, what: LiteralString) -> None:
        """Delete what is at a path."""
        async with self._answer("DELETE", path, what):
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

    async def listed(self, path: str, key: str, what: LiteralString, limit: int, **params: str) -> list[Document]:
        """All items of a listing."""
        return [item async for page in self.pages(path, key, what, limit, **params) for item in page.get(key) or ()]

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, what: LiteralString, **content: Any
    ) -> AsyncIterator[httpx2.Response]:
        """An accepted answer, its body not yet read."""
        mended: set[int] = set()
        while True:
            await self._wait(what)
            async with self._sent(method, path, what, **content) as response:
                if response.status_code in _ACCEPTED:
                    yield response
                    return
                refusal = failure(response.status_code, response.headers, await self._error_body(response), what)
            if response.status_code in mended or not await self._mend(response):
                raise refusal
            mended.add(response.status_code)

    async def _mend(self, response: httpx2.Response) -> bool:
        """Do something about a refusal, if the same call can succeed after that."""
        if response.status_code == httpx2.codes.TOO_MANY_REQUESTS:
            seconds = closed_seconds(response.headers)
            self.budget.close(seconds)
            return seconds <= self.patience_seconds
        return response.status_code == httpx2.codes.UNAUTHORIZED and await self.access.renew()

    async def _wait(self, what: LiteralString) -> None:
        seconds = self.budget.wait_seconds()
        if seconds > self.patience_seconds:
            raise HelpdeskFailed(
                f"the account's Zendesk has no calls left for {seconds:.0f} s; stopped while {what}; try again later",
                code="helpdesk_busy",
                retryable=True,
                retry_after_seconds=seconds,
            )
        if seconds > 0:
            await asyncio.sleep(seconds)
        self.budget.spend()

    @asynccontextmanager
    async def _sent(
        self, method: str, path: str, what: LiteralString, **content: Any
    ) -> AsyncIterator[httpx2.Response]:
        """An answer. The timeout is for all of it, however slowly it drips."""
        headers = {"Authorization": await self.access.header()}
        try:
            async with (
                asyncio.timeout(self.timeout_seconds),
                self.http.stream(method, f"{self.url}/api/v2/{path}", headers=headers, **content) as response,
            ):
                self.budget.told(response.headers)
                yield response
        except (httpx2.HTTPError, TimeoutError):
            raise HelpdeskFailed(
                f"Zendesk could not be reached or broke off while {what}; try again later",
                code="helpdesk_unavailable",
                retryable=True,
            ) from None

    async def _read(self, response: httpx2.Response, what: LiteralString) -> bytes:
        body = await capped(response, self.max_response_bytes)
        if body is None:
            raise HelpdeskFailed(
                f"Zendesk's answer is larger than {self.max_response_bytes} bytes; stopped while {what}",
                code="ticket_too_large",
            )
        return body

    @staticmethod
    async def _error_body(response: httpx2.Response) -> bytes:
        try:
            return await capped(response, _MAX_ERROR_BYTES) or b""
        except httpx2.HTTPError:  # the status says enough
            return b""


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
