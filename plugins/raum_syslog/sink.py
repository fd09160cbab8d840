"""The connection to the collector."""

import asyncio
import contextlib
import ssl
from typing import Final, Self

from attrs import field, frozen, validators

from raum.api import Checkpoint, Entry, OperatorError
from raum_syslog.message import framed, of_checkpoint, of_entry

_CONNECT_SECONDS: Final = 5.0


@frozen
class SyslogOptions:
    """Where the collector is, and how it is known.

    `ca_file` holds the certificates (PEM) that its own must be signed by, if the system's are not the ones; `cert_file`
    and `key_file` are the host's own, for a collector that asks for one. `facility` is 13, "log audit", unless the
    collector sorts by another (RFC 5424, 6.2.1). `sd_id` names the structured data: one's own enterprise number
    instead of the one that is reserved for examples (RFC 5612). `region` is where the collector is.
    """

    host: str
    port: int = field(default=6514, validator=[validators.ge(1), validators.le(65535)])
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    facility: int = field(default=13, validator=[validators.ge(0), validators.le(23)])
    region: str | None = None
    sd_id: str = field(default="raum@32473", validator=validators.matches_re(r"[!#-<>-\\^-~]{1,16}@[0-9.]{1,15}"))


class SyslogSink:
    """Sends one message after the other over one connection, which is opened when needed, and anew if it broke."""

    def __init__(self, options: SyslogOptions) -> None:
        self._options = options
        self._tls = _tls(options)
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        async with self._turn:
            await self._close()

    async def write(self, entry: Entry) -> None:
        """Send the entry's facts. Raises OSError if the collector cannot be reached."""
        await self._send(of_entry(entry, self._options.facility, self._options.sd_id))

    async def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Send the checkpoint. Raises OSError if the collector cannot be reached."""
        await self._send(of_checkpoint(checkpoint, self._options.facility, self._options.sd_id))

    async def _send(self, message: bytes) -> None:
        async with self._turn:
            try:
                _, writer = await self._connected()
                writer.write(framed(message))
                await writer.drain()
            except BaseException:  # half a message may be out: what comes next needs a connection of its own
                await self._close()
                raise

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection, anew if the collector closed the last one: it sends nothing, so that there is an end."""
        if self._streams is not None and (self._streams[0].at_eof() or self._streams[1].is_closing()):
            await self._close()
        if self._streams is None:
            async with asyncio.timeout(_CONNECT_SECONDS):
                self._streams = await asyncio.open_connection(self._options.host, self._options.port, ssl=self._tls)
        return self._streams

    async def _close(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    await streams[1].wait_closed()


def _tls(options: SyslogOptions) -> ssl.SSLContext:
    """TLS 1.2 or newer, and the collector's name is checked (RFC 5425, 5.2). Raises OperatorError for a bad file."""
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.cert_file:
            context.load_cert_chain(options.cert_file, options.key_file)
    except (OSError, ValueError) as error:
        raise OperatorError(f"syslog: a certificate or key cannot be read ({type(error).__name__})") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
