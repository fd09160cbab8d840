"""What every provider makes of the faults of its service."""

import logging
import traceback
from collections.abc import AsyncIterator, Mapping
from typing import ClassVar, Final

import pytest
import pytest_asyncio
from attrs import frozen

from raum.api import (
    CallOptions,
    DeadlineExceeded,
    KeyRejected,
    MalformedAnswer,
    Prompt,
    Provider,
    ProviderBusy,
    ProviderDown,
    ProviderFailed,
    QuotaExhausted,
    RefusedBySafety,
    RequestRejected,
    Secret,
    TooLong,
)
from raum.testing.contracts.parts import MARK, entered, shown
from raum.testing.contracts.provider import sample_prompt


@frozen
class Fault:
    """What a fault must become: the kind, the status that it tells, and how long the service asked to be left alone.

    `ways` are the calls that can meet it. A `retry_after` of None says that the service named no time.
    """

    kind: type[ProviderFailed]
    status: int | None = None
    retry_after: float | None = None
    ways: tuple[str, ...] = ("complete", "stream")


_STREAM: Final = ("stream",)

FAULTS: Final[Mapping[str, Fault]] = {
    "400": Fault(RequestRejected, 400),
    "401": Fault(KeyRejected, 401),
    "402": Fault(QuotaExhausted, 402),
    "403": Fault(KeyRejected, 403),
    "404": Fault(RequestRejected, 404),
    "408": Fault(ProviderDown, 408),
    "413": Fault(TooLong, 413),
    "429": Fault(ProviderBusy, 429),
    "429 retry-after 2": Fault(ProviderBusy, 429, 2),
    "429 retry-after 130": Fault(ProviderBusy, 429, 130),
    "429 retry-after date in 60": Fault(ProviderBusy, 429, 60),
    "insufficient quota": Fault(QuotaExhausted),
    "500": Fault(ProviderDown, 500),
    "503": Fault(ProviderBusy, 503),
    "529": Fault(ProviderBusy, 529),
    "timeout": Fault(DeadlineExceeded),
    "connection refused": Fault(ProviderDown),
    "reset in mid-stream": Fault(ProviderDown, ways=_STREAM),
    "clean truncation": Fault(MalformedAnswer, ways=_STREAM),
    "mid-stream error event": Fault(ProviderFailed, ways=_STREAM),
    "html with 200": Fault(MalformedAnswer),
    "empty object": Fault(MalformedAnswer),
    "broken json chunk": Fault(MalformedAnswer, ways=_STREAM),
    "safety block": Fault(RefusedBySafety),
    "length cut": Fault(TooLong),
    "empty answer": Fault(MalformedAnswer),
}
"""Each fault that a service can show, and what the host must be told of it.

The services' answers quote the prompt and the key wherever a text stands in them, so that a part that passes a text on
is found out. "timeout" is a service that never answers; the date of "429 retry-after date in 60" is 60 s from now.
"""

_CALLS: Final = [(name, way) for name, fault in FAULTS.items() for way in fault.ways]


class ProviderFaultContract:
    """Subclass it and give the fixture `failing`: a function from the name of a fault to a provider, not yet entered,
    whose stand-in shows that fault to every call. `attempts`, a fixture too, counts the requests that it got.
    """

    pytestmark = pytest.mark.asyncio

    key: ClassVar[Secret] = Secret("sk-contract-5c1f0a")
    options: ClassVar[CallOptions] = CallOptions("model-1", seconds=20)
    impatient: ClassVar[CallOptions] = CallOptions("model-1", seconds=0.3)

    @pytest.fixture(params=_CALLS, ids=lambda call: f"{call[0]}, {call[1]}")
    def call(self, request: pytest.FixtureRequest) -> tuple[str, str]:
        """A fault, and the way in which the provider is asked."""
        name, way = request.param
        return name, way

    @pytest_asyncio.fixture(loop_scope="function")
    async def failure(
        self, failing: object, call: tuple[str, str], caplog: pytest.LogCaptureFixture
    ) -> AsyncIterator[ProviderFailed]:
        """What the call raised."""
        caplog.set_level(logging.DEBUG)
        name, way = call
        assert callable(failing)
        options = self.impatient if name == "timeout" else self.options
        async with entered(failing(name)) as provider:
            with pytest.raises(ProviderFailed) as raised:
                await self._ask(provider, way, sample_prompt(), options)
            yield raised.value

    async def _ask(self, provider: Provider, way: str, prompt: Prompt, options: CallOptions) -> None:
        if way == "complete":
            await provider.complete(prompt, key=self.key, options=options)
        else:
            [piece async for piece in provider.stream(prompt, key=self.key, options=options)]

    async def test_a_fault_is_told_as_what_it_is_after_one_request_and_without_prompt_or_key(
        self, failure: ProviderFailed, call: tuple[str, str], attempts: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        fault = FAULTS[call[0]]
        assert isinstance(failure, fault.kind)
        assert fault.status in (None, failure.status)
        assert failure.retry_after_seconds == (fault.retry_after and pytest.approx(fault.retry_after, abs=5))
        assert attempts == (0 if call[0] == "connection refused" else 1)
        assert failure.__cause__ is None
        assert failure.__context__ is None or failure.__suppress_context__
        told = shown(failure) + with_locals(failure) + repr(vars(failure)) + caplog.text
        assert MARK not in told
        assert self.key.reveal() not in told


def with_locals(error: BaseException) -> str:
    """What a tool for crash reports could send of an error: its frames with all their variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
