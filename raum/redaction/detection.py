"""Runs redaction beside the event loop, with a deadline."""

import asyncio
import contextlib
import threading
from collections.abc import Mapping

from raum.errors import RaumError, RedactionFailed
from raum.model import Ticket
from raum.redaction.redact import Find, Redaction, redact

_THREADS = 4


class Redactor:
    """Redacts tickets with a fixed set of detectors; fails closed (promise P9).

    Detectors are ordinary Python that cannot be interrupted. So each ticket gets a daemon thread: one that hangs fails
    its ticket at the deadline, does not keep the host from stopping, and takes up one of a few places; when hung
    detectors hold them all, every further ticket fails at its deadline too.
    """

    def __init__(
        self,
        detectors: Mapping[str, Find],
        *,
        seconds: float,
        characters: int,
        never_restored: frozenset[str] = frozenset(),
    ) -> None:
        self._never_restored = never_restored
        self._detectors = detectors
        self._seconds = seconds
        self._characters = characters
        self._places = asyncio.Semaphore(_THREADS)

    async def redact(self, ticket: Ticket) -> Redaction:
        """The redacted ticket. Raises RedactionFailed, or EgressBlocked if a value is still readable."""
        if ticket.length > self._characters:
            raise RedactionFailed(
                f"the ticket is longer than limits.ticket_characters ({self._characters}); no AI call was made",
                code="ticket_too_long",
            )
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
                return await self._in_thread(ticket)
        except TimeoutError:
            raise RedactionFailed(
                f"redaction took longer than limits.detection_seconds ({self._seconds:g} s); no AI call was made",
                code="detector_timeout",
                retryable=True,
            ) from None

    def _in_thread(self, ticket: Ticket) -> "asyncio.Future[Redaction]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Redaction] = loop.create_future()

        def settle(result: Redaction | RaumError) -> None:
            self._places.release()
            if future.done():
                return
            if isinstance(result, RaumError):
                future.set_exception(result)
            else:
                future.set_result(result)

        def work() -> None:
            result = _redacted(ticket, self._detectors, self._never_restored)
            with contextlib.suppress(RuntimeError):  # the loop is closed: the host has stopped, nobody waits
                loop.call_soon_threadsafe(settle, result)

        threading.Thread(target=work, name="raum-redaction", daemon=True).start()
        return future


def _redacted(ticket: Ticket, detectors: Mapping[str, Find], never_restored: frozenset[str]) -> Redaction | RaumError:
    try:
        return redact(ticket, detectors, never_restored)
    except RaumError as error:
        return error
