"""Runs redaction beside the event loop, with a deadline."""

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from raum.errors import RaumError, RedactionFailed
from raum.findings import Finding
from raum.model import Ticket
from raum.redaction.own_patterns import OwnPatterns
from raum.redaction.redact import Find, FindTogether, Redaction, redact
from raum.settings import NOTHING_OWN, OwnRedaction
from raum.values.folding import fold

_THREADS = 4
_OWN = "patterns of the account"


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
        """`detectors` are those of the host; an account can add to them, and takes none away."""
        self._never_restored = never_restored
        self._detectors = detectors
        self._seconds = seconds
        self._characters = characters
        self._places = asyncio.Semaphore(_THREADS)

    async def redact(self, ticket: Ticket, own: OwnRedaction = NOTHING_OWN) -> Redaction:
        """The redacted ticket, with what the account adds to the host's redaction.

        Raises RedactionFailed, or EgressBlocked if a value is still readable.
        """
        if ticket.length > self._characters:
            raise RedactionFailed(
                f"the ticket is longer than limits.ticket_characters ({self._characters}); no AI call was made",
                code="ticket_too_long",
            )
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
                return await self._in_thread(ticket, own)
        except TimeoutError:
            raise RedactionFailed(
                f"redaction took longer than limits.detection_seconds ({self._seconds:g} s); no AI call was made",
                code="detector_timeout",
                retryable=True,
            ) from None

    def _in_thread(self, ticket: Ticket, own: OwnRedaction) -> "asyncio.Future[Redaction]":
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
            result = _redacted(ticket, self._detectors, self._never_restored, own)
            with contextlib.suppress(RuntimeError):  # the loop is closed: the host has stopped, nobody waits
                loop.call_soon_threadsafe(settle, result)

        try:
            threading.Thread(target=work, name="raum-redaction", daemon=True).start()
        except RuntimeError:
            self._places.release()
            text = "redaction could not begin: the machine has no thread to spare; no AI call was made"
            raise RedactionFailed(text, retryable=True) from None
        return future


def unless(allowed: Iterable[str], detectors: Mapping[str, Find]) -> dict[str, Find]:
    """The detectors without what they find of these words, which are never personal data, in whatever case."""
    folded = frozenset(map(fold, allowed))
    return {name: _unless(folded, find) if folded else find for name, find in detectors.items()}


def _unless(allowed: frozenset[str], search: Find) -> Find:
    alone = partial(_find_unless, allowed, search)
    return (
        FindTogether(alone, partial(_find_all_unless, allowed, search)) if isinstance(search, FindTogether) else alone
    )


def _find_unless(allowed: frozenset[str], find: Find, text: str) -> list[Finding]:
    return _kept(allowed, text, find(text))


def _find_all_unless(allowed: frozenset[str], search: FindTogether, texts: Sequence[str]) -> list[list[Finding]]:
    return [_kept(allowed, text, found) for text, found in zip(texts, search.find_all(texts), strict=True)]


def _kept(allowed: frozenset[str], text: str, findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if fold(finding.of(text)) not in allowed]


def _redacted(
    ticket: Ticket, detectors: Mapping[str, Find], never_restored: frozenset[str], own: OwnRedaction
) -> Redaction | RaumError:
    try:
        every = {**detectors, _OWN: OwnPatterns(own.patterns).find} if own.patterns else detectors
        return redact(ticket, unless(own.allow, every), never_restored | frozenset(own.never_restore))
    except RaumError as error:
        return error
