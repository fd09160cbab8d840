"""A process that serves does not stop for its garbage."""

import gc

import pytest

from raum.garbage import collect_briefly


@pytest.fixture
def _as_before():
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("_as_before")
def test_what_is_loaded_is_not_looked_at_again_and_no_ticket_starts_a_full_collection():
    collect_briefly()
    full = gc.get_stats()[2]["collections"]
    ticket = [[number] for number in range(500_000)]
    assert gc.get_freeze_count() > 10_000
    assert gc.get_stats()[2]["collections"] == full
    assert gc.isenabled()
    assert len(ticket) == 500_000
