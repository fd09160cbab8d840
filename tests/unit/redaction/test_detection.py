"""Redaction runs beside the event loop, and fails closed (promise P9)."""

import asyncio
import threading

import pytest

from raum.errors import RedactionFailed
from raum.findings import Finding
from raum.model import Ticket, TicketText
from raum.redaction.detection import Redactor

TICKET = Ticket(1, (TicketText("subject", "Subject", "Hello Jane"),))


def redactor(*, seconds=5.0, characters=1000, **detectors):
    return Redactor(detectors, seconds=seconds, characters=characters)


async def test_a_ticket_is_redacted_in_a_thread_of_its_own():
    threads = []

    def names(text):
        threads.append(threading.current_thread())
        return [Finding("NAME", 6, 10)]

    redaction = await redactor(names=names).redact(TICKET)
    assert str(redaction.texts[0].text) == "Hello [REDACTED_NAME]"
    assert threading.main_thread() not in threads


async def test_a_ticket_over_the_limit_is_not_even_looked_at():
    with pytest.raises(RedactionFailed) as caught:
        await redactor(characters=9, names=pytest.fail).redact(TICKET)
    assert (caught.value.code, caught.value.retryable) == ("ticket_too_long", False)
    assert str(caught.value) == "the ticket is longer than limits.ticket_characters (9); no AI call was made"


async def test_a_detector_that_takes_too_long_fails_its_ticket():
    release = threading.Event()
    try:
        with pytest.raises(RedactionFailed) as caught:
            await redactor(seconds=0.02, slow=lambda text: release.wait(10) and []).redact(TICKET)
    finally:
        release.set()
    assert (caught.value.code, caught.value.retryable) == ("detector_timeout", True)
    message = "redaction took longer than limits.detection_seconds (0.02 s); no AI call was made"
    assert message == str(caught.value)


async def test_hung_detectors_take_up_places_and_further_tickets_fail_too():
    release = threading.Event()
    started = []

    def hangs(text):
        started.append(text)
        release.wait(10)
        return []

    hung = redactor(seconds=0.02, hangs=hangs)
    try:
        results = await asyncio.gather(*(hung.redact(TICKET) for _ in range(9)), return_exceptions=True)
    finally:
        release.set()
    assert [getattr(result, "code", None) for result in results] == ["detector_timeout"] * 9
    assert len(started) < 9


async def test_places_are_free_again_when_detectors_end():
    quick = redactor(names=lambda text: [])
    results = await asyncio.gather(*(quick.redact(TICKET) for _ in range(20)))
    assert len(results) == 20


def _exits(text):
    raise SystemExit(text)


async def test_a_detector_that_exits_fails_its_ticket_and_takes_up_no_place():
    one = redactor(exits=_exits)
    for _ in range(9):  # more than there are places
        with pytest.raises(RedactionFailed, match="detector 'exits' raised SystemExit; no AI call was made"):
            await one.redact(TICKET)


async def test_a_machine_without_threads_fails_tickets_for_as_long_as_it_has_none(monkeypatch):
    def refused(thread):
        raise RuntimeError("can't start new thread")

    one = redactor(names=lambda text: [])
    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", refused)
        for _ in range(9):
            with pytest.raises(RedactionFailed, match="no thread to spare") as caught:
                await one.redact(TICKET)
            assert caught.value.retryable
    assert (await one.redact(TICKET)).texts


async def test_the_error_of_a_detector_is_told_without_its_text():
    def broken(text):
        raise RuntimeError(text)

    with pytest.raises(RedactionFailed) as caught:
        await redactor(mine=broken).redact(TICKET)
    assert str(caught.value) == "detector 'mine' raised RuntimeError; no AI call was made"
