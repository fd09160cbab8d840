"""Replies as Server-Sent Events, piece by piece (https://html.spec.whatwg.org/multipage/server-sent-events.html).

`piece` events carry `{"text": ...}`; then comes one event `reply`, with the document that the JSON answer would have
been, or one event `error`, with a problem document: then the pieces are to be thrown away. A failure before the first
piece is an ordinary HTTP error. When the client goes away, the provider's call ends.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from raum.errors import RaumError
from raum.pipeline import Answer
from raum.web.problems import document_of, problem_of


class EventStream(Response):
    """The answer of a pipeline as it comes; `document` makes the last event of it."""

    media_type = "text/event-stream"

    def __init__(
        self, flow: AsyncGenerator[str | Answer, None], document: Callable[[Answer], dict[str, Any]], request_id: str
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._flow = flow
        self._document = document
        self._request_id = request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the answer is whole or the client is gone."""
        sending = asyncio.ensure_future(self._send(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled() and (error := sending.exception()):
            raise error

    async def _send(self, send: Send) -> None:
        async with aclosing(self._flow) as flow:
            piece = await anext(flow)  # what it raises is raised before anything is sent
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            try:
                await self._say(send, piece)
                async for each in flow:
                    await self._say(send, each)
            except RaumError as error:
                await _event(send, "error", document_of(problem_of(error), self._request_id))
        await send({"type": "http.response.body", "body": b""})

    async def _say(self, send: Send, piece: str | Answer) -> None:
        if isinstance(piece, Answer):
            await _event(send, "reply", self._document(piece))
        else:
            await _event(send, "piece", {"text": piece})


async def _event(send: Send, name: str, document: dict[str, Any]) -> None:
    body = f"event: {name}\ndata: {json.dumps(document)}\n\n".encode()
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
