"""Sends deliveries as Zendesk sends them: it tries again after some answers, twice at times, and not in order.

What is tried again, and how often, is what Zendesk's pages and people's records say: 409 up to three times, 429 and 503
with a Retry-After below 60 seconds, no answer up to five times; any other status is final. The circuit breaker opens
when 70 % of the attempts of late have failed.
"""

import asyncio
import random
from collections import deque
from collections.abc import Iterable
from typing import Final

import httpx2
from attrs import define, evolve, field, frozen

from raum.api import Secret
from raum_zendesk.standin.deliveries import WebhookRequest, resigned

_TIMEOUT_SECONDS: Final = 12.0
_PAUSE_SECONDS: Final = 5.0
_OPEN_SECONDS: Final = 60.0
_REMEMBERED: Final = 100
_FEWEST: Final = 10
_SHARE: Final = 0.7
_TRIES: Final = {409: 3, 429: 3, 503: 3, 0: 5}


@frozen
class Attempt:
    """One attempt: when it was signed, and the status of the answer, 0 if there was none."""

    timestamp: str
    status: int


@define
class Invocation:
    """A delivery under way, as `GET /api/v2/webhooks/{id}/invocations` shows it."""

    id: str
    status: str = "pending"
    attempts: list[Attempt] = field(factory=list)


class Sender:
    """Sends to one endpoint. Its seconds last `second` real ones, so that tests need not wait for its pauses."""

    def __init__(
        self, endpoint: str, signing_secret: Secret, *, second: float = 0.001,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._endpoint = endpoint
        self._secret = signing_secret
        self._second = second
        self._transport = transport
        self._failed: deque[bool] = deque(maxlen=_REMEMBERED)
        self.invocations: list[Invocation] = []

    async def send(self, delivery: WebhookRequest) -> Invocation:
        """Make attempts until the answer is final."""
        invocation = Invocation(delivery.headers["X-Zendesk-Webhook-Invocation-Id"])
        self.invocations.append(invocation)
        async with httpx2.AsyncClient(transport=self._transport, trust_env=False, timeout=_TIMEOUT_SECONDS) as client:
            while True:
                if self._is_open():
                    invocation.status = "circuit broken"
                    self._failed.clear()
                    await self._pause(_OPEN_SECONDS)
                    continue
                pause = await self._attempt(client, delivery, invocation)
                if pause is None:
                    return invocation
                invocation.status = "throttled"
                await self._pause(pause)

    async def send_all(
        self,
        deliveries: Iterable[WebhookRequest],
        *,
        times: int = 1,
        chance: random.Random | None = None,
        latest: float = 0.0,
    ) -> list[Invocation]:
        """Send each so many times, all at once; with `chance` in another order, each up to `latest` seconds late."""
        queue = [(delivery, 0.0) for delivery in deliveries for _ in range(times)]
        if chance is not None:
            chance.shuffle(queue)
            queue = [(delivery, chance.uniform(0, latest)) for delivery, _ in queue]
        return list(await asyncio.gather(*(self._send_late(delivery, seconds) for delivery, seconds in queue)))

    async def _send_late(self, delivery: WebhookRequest, seconds: float) -> Invocation:
        await self._pause(seconds)
        return await self.send(delivery)

    async def _attempt(
        self, client: httpx2.AsyncClient, delivery: WebhookRequest, invocation: Invocation
    ) -> float | None:
        """Make one attempt; the seconds until the next one, None if it was the last."""
        signed = resigned(delivery, self._secret.reveal())
        try:
            response = await client.post(self._endpoint, content=signed.body, headers=dict(signed.headers))
            status, retry_after = response.status_code, response.headers.get("retry-after", "")
        except httpx2.HTTPError:
            status, retry_after = 0, ""
        invocation.attempts.append(Attempt(signed.headers["X-Zendesk-Webhook-Signature-Timestamp"], status))
        self._failed.append(not 200 <= status < 300)
        if 200 <= status < 300:
            invocation.status = "success"
            return None
        invocation.status = "terminated"
        tries = sum(each.status == status for each in invocation.attempts)
        if tries > _TRIES.get(status, 0):
            return None
        if status in (429, 503):
            return float(retry_after) if retry_after.isdecimal() and int(retry_after) < 60 else None
        return _PAUSE_SECONDS

    def _is_open(self) -> bool:
        return len(self._failed) >= _FEWEST and sum(self._failed) > _SHARE * len(self._failed)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._second)


def with_bad_utf8(delivery: WebhookRequest) -> WebhookRequest:
    """The delivery as a trigger makes it whose placeholders were cut in the middle of a character."""
    return evolve(delivery, body=delivery.body.rstrip()[:-1] + b', "note": "\xc3"}\n')
