"""What a part needs to call a service with a client library: a pool of connections, and failures without a trace.

A library brings habits along that a host of many customers cannot have: it reads keys, headers and addresses from the
environment, keeps cookies, sends what it knows of the machine, logs requests, and raises exceptions that hold them.
"""

import asyncio
import ipaddress
import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx2

from raum.dataflow.data_use import UNKNOWN_REGION, DataClass, DataUse
from raum.errors import DeadlineExceeded, KeyRejected, OperatorError, ProviderFailed
from raum.secrets.secret import Secret

T = TypeVar("T")

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
"""The most that is read of one answer; the longest completions are a hundredth of it."""

# What a library says of the machine, of traces and of itself stays here.
_HEADERS: Final = frozenset(
    (
        "accept", "anthropic-version", "authorization", "connection", "content-length", "content-type", "host",
        "transfer-encoding", "x-goog-api-key",
    )
)  # fmt: skip


def pool(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """The one pool of connections of a part, for all accounts; the caller closes it.

    It keeps no cookies, follows no redirects, does not look at the environment, sends no header but the few that a call
    needs, and stops reading an answer that has no end. `transport` takes the place of the network.
    """
    return httpx2.AsyncClient(
        transport=_Fence(transport or httpx2.AsyncHTTPTransport(trust_env=False)),
        follow_redirects=False,
        trust_env=False,
        # Cookies of one account must not reach the next, so none are kept.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def checked_url(url: str) -> str:
    """The address of a service, without a slash at its end. Raises OperatorError if it is neither TLS nor local."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", 0
    plain = not any((parts.query, parts.fragment, parts.username, parts.password)) if host else False
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)) if host else False
    if not plain or not safe or port == 0:
        raise OperatorError("base_url must be an https address without user, query or fragment; http on this machine")
    return url.rstrip("/")


def provider_use(base_url: str, own: Mapping[str, str], stated: str) -> DataUse:
    """Where a provider at an address takes data.

    `own` are the hosts whose regions the part knows; of any other host the operator has to state it. A server on this
    machine takes data nowhere.
    """
    host = urlsplit(base_url).hostname or ""
    local = is_loopback(host)
    return DataUse(
        {DataClass.REDACTED, DataClass.SECRETS, DataClass.SETTINGS},
        goes_to=f"{host}, with the account's own key",
        regions=() if local else (own.get(host) or stated or UNKNOWN_REGION,),
        kept="as the server on this machine does" if local else "as the account has agreed with the provider",
    )


def key_text(key: Secret | None) -> str:
    """The key as it goes into a header. Raises KeyRejected for what cannot be one."""
    text = key.reveal() if key else ""
    if not text or not all("!" <= character <= "~" for character in text):
        raise KeyRejected("got no key, or one with characters that no key has; store it again")
    return text


@contextmanager
def without_environment(*prefixes: str) -> Iterator[None]:
    """While a library is imported or a client is built: hide the environment variables that it would obey."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(prefixes)}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)


def silence(*names: str) -> None:
    """Stop the loggers of a library, and those below them, for good: they log requests, at DEBUG or on errors."""
    for name in names:
        top = logging.getLogger(name)
        top.addHandler(logging.NullHandler())
        top.propagate = False
        for known in list(logging.Logger.manager.loggerDict):
            if known == name or known.startswith(f"{name}."):
                logging.getLogger(known).disabled = True


async def answered(call: Awaitable[T], seconds: float, failure_of: Callable[[Exception], ProviderFailed]) -> T:
    """What a call gives, within a time. Raises ProviderFailed for all that it raises, with nothing of it attached.

    The exceptions of libraries, and the frames that they come through, hold the prompt and the key. So what is raised
    is raised here, when they are gone: `from None` alone would only hide them.
    """
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        failure: ProviderFailed = DeadlineExceeded()
    except ProviderFailed as error:
        failure = error
    except Exception as error:  # noqa: BLE001 -- libraries raise what they like
        failure = failure_of(error)
    failure.__context__ = failure.__cause__ = None
    raise failure.with_traceback(None)


async def streamed(
    pieces: AsyncGenerator[T], seconds: float, failure_of: Callable[[Exception], ProviderFailed]
) -> AsyncIterator[T]:
    """The pieces of a stream, all of them within a time, with failures as in `answered`. Closes the stream."""
    now = asyncio.get_running_loop().time
    deadline = now() + seconds
    async with aclosing(pieces):
        while (piece := await answered(anext(pieces, None), deadline - now(), failure_of)) is not None:
            yield piece


_opened: ContextVar[list[httpx2.AsyncByteStream] | None] = ContextVar("_opened", default=None)


@contextmanager
def opened_streams() -> Iterator[list[httpx2.AsyncByteStream]]:
    """The streams of answers that a call within opens: for a library that forgets to close them."""
    streams: list[httpx2.AsyncByteStream] = []
    token = _opened.set(streams)
    try:
        yield streams
    finally:
        _opened.reset(token)


class _Fence(httpx2.AsyncBaseTransport):
    """Lets a request out with the headers that it needs, and an answer in up to a limit."""

    def __init__(self, network: httpx2.AsyncBaseTransport) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        needed = [(name, value) for name, value in request.headers.raw if name.lower().decode("ascii") in _HEADERS]
        # Unpacked answers have the size that was counted.
        request.headers = httpx2.Headers([*needed, (b"user-agent", b"raum"), (b"accept-encoding", b"identity")])
        response = await self._network.handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Limited(response.stream)
            if (opened := _opened.get()) is not None:
                opened.append(response.stream)
        return response

    async def aclose(self) -> None:
        await self._network.aclose()


class _Limited(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._stream:
            count += len(chunk)
            if count > MAX_RESPONSE_BYTES:
                raise httpx2.ReadError("the answer is too long")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own: `localhost`, 127.0.0.0/8 or ::1 (RFC 6761, RFC 4291)."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
