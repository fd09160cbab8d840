"""An HTTP server on the loopback interface that does what it is told, down to the bytes and the end of a connection."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from attrs import field, frozen


@frozen
class Request:
    """A request as it arrived; the names of headers are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def is_stream(self) -> bool:
        return "streamGenerateContent" in self.path or bool(self.document.get("stream"))

    @property
    def key(self) -> str:
        """The key that it brought."""
        return self.headers.get("x-goog-api-key") or self.headers["authorization"].removeprefix("Bearer ")


@frozen
class Answer:
    """What the server does: it sends `chunks`, each at once, and then ends the answer as `ending` says.

    `whole`: as HTTP asks. `reset`: the connection is cut. `hang`: nothing more is sent. `never`: nothing at all.
    """

    chunks: Sequence[bytes] = ()
    status: int = 200
    type: str = "application/json"
    headers: Mapping[str, str] = field(factory=dict)
    ending: str = "whole"


def document(value: object, status: int = 200, **headers: str) -> Answer:
    """An answer of one JSON document."""
    return Answer([json.dumps(value).encode()], status, headers={k.replace("_", "-"): v for k, v in headers.items()})


class Peer:
    """The server. `requests` are those that arrived, `connections` is how many were opened.

    `arrived` is set by the first request, `gone` by the first connection that ends.
    """

    def __init__(self) -> None:
        self.answer: Callable[[Request], Answer] = lambda request: Answer()
        self.requests: list[Request] = []
        self.connections = 0
        self.arrived = asyncio.Event()
        self.gone = asyncio.Event()
        self.url = ""
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                self.arrived.set()
                if not await self._send(self.answer(request), reader, writer):
                    break
        except ConnectionError:
            pass
        finally:
            self.gone.set()
            self._writers.discard(writer)
            writer.close()

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _send(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if answer.ending == "never":
            await reader.read()
            return False
        lines = [f"HTTP/1.1 {answer.status} X", f"Content-Type: {answer.type}", "Transfer-Encoding: chunked"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        for chunk in answer.chunks:
            writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            await writer.drain()
        if answer.ending == "reset":
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        if answer.ending == "hang":
            await reader.read()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(first.split()[1], headers, body)


@asynccontextmanager
async def listening():
    """A peer that listens."""
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield peer
    finally:
        server.close()
        peer.close()
        await asyncio.sleep(0)
