"""What protects calls with client libraries, by itself."""

import asyncio
import logging
import os

import httpx2
import pytest

from raum.api import (
    DeadlineExceeded,
    KeyRejected,
    OperatorError,
    ProviderDown,
    Secret,
    answered,
    checked_url,
    key_text,
    pool,
    silence,
    streamed,
    without_environment,
)
from raum.testing.contracts.provider_faults import with_locals

PROMPT = "SEVEN-LEMONS"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "https://example.com:8443",
        "http://127.0.0.1:11434/v1",
        "http://[::1]/",
        "http://localhost:1",
    ],
)
def test_an_address_is_tls_or_on_this_machine(url):
    assert checked_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["", "api.example.com", "http://api.example.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://", "https://u:p@a.example",
     "https://a.example?key=1", "https://a.example#x", "http://127.0.0.1.example.com", "https://a.example:x", "https://[::1"],
)  # fmt: skip
def test_any_other_is_refused_without_being_quoted(url):
    with pytest.raises(OperatorError) as refusal:
        checked_url(url)
    assert not url or url not in str(refusal.value)


def test_a_key_is_of_visible_characters():
    assert key_text(Secret("sk-a_B.9")) == "sk-a_B.9"
    for key in (None, Secret(""), Secret("a b"), Secret("a\n"), Secret("ä")):
        with pytest.raises(KeyRejected):
            key_text(key)


def test_variables_are_hidden_and_come_back(monkeypatch):
    monkeypatch.setenv("VENDOR_KEY", "x")
    monkeypatch.setenv("OTHER", "y")
    with without_environment("VENDOR_"):
        assert "VENDOR_KEY" not in os.environ
        assert os.environ["OTHER"] == "y"
    assert os.environ["VENDOR_KEY"] == "x"


def test_a_silenced_library_stays_silent(caplog):
    log, later = logging.getLogger("chatty.inner"), "chatty.later"
    silence("chatty")
    caplog.set_level(logging.DEBUG)
    for name in ("chatty", "chatty.inner", later):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).error(PROMPT)
    log.debug(PROMPT)
    assert caplog.text == ""


async def test_of_an_exception_nothing_is_left():
    async def call():
        held = PROMPT
        try:
            int(held)
        except ValueError as error:
            raise RuntimeError(held) from error

    with pytest.raises(ProviderDown) as raised:
        await answered(call(), 5, lambda error: ProviderDown())
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None
    assert [entry.name for entry in raised.traceback][-1] == "answered"
    assert PROMPT not in with_locals(raised.value)


async def test_a_failure_that_a_part_raised_itself_comes_without_its_frames():
    async def call():
        raise KeyRejected

    with pytest.raises(KeyRejected) as raised:
        await answered(call(), 5, lambda error: ProviderDown())
    assert [entry.name for entry in raised.traceback][-1] == "answered"


async def test_a_call_that_takes_too_long_is_ended():
    ended = asyncio.Event()

    async def call():
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(DeadlineExceeded):
        await answered(call(), 0.01, lambda error: ProviderDown())
    assert ended.is_set()


async def test_the_time_of_a_stream_is_for_all_of_it():
    async def pieces():
        while True:
            yield "x"
            await asyncio.sleep(0.01)

    with pytest.raises(DeadlineExceeded):
        [piece async for piece in streamed(pieces(), 0.1, lambda error: ProviderDown())]


async def test_a_stream_that_nobody_reads_on_is_closed():
    closed = asyncio.Event()

    async def pieces():
        try:
            yield "x"
            yield "y"
        finally:
            closed.set()

    reading = streamed(pieces(), 5, lambda error: ProviderDown())
    assert await anext(reading) == "x"
    await reading.aclose()
    assert closed.is_set()


async def test_only_what_a_call_needs_gets_out():
    seen = []

    def answer(request):
        seen.append(request.headers)
        return httpx2.Response(200, headers={"Set-Cookie": "a=b; Path=/"}, text="fine")

    headers = {
        "Authorization": "Bearer k",
        "traceparent": "00-1",
        "OpenAI-Organization": "o",
        "X-Stainless-OS": "Linux",
    }
    async with pool(httpx2.MockTransport(answer)) as http:
        for _ in range(2):
            await http.post("https://a.example/v1", json={}, headers=headers)
    for sent in seen:
        assert set(sent) == {
            "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host",
            "user-agent",
        }  # fmt: skip
        assert sent["user-agent"] == "raum"
