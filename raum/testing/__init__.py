"""For plugin authors: fakes of every kind of part, and in `raum.testing.contracts` a test suite for every kind."""

from raum.testing.fakes import (
    FakeAuditSink,
    FakeDetector,
    FakeExtractor,
    FakeHelpdesk,
    FakeKeyManager,
    FakeLogin,
    FakeProvider,
    FakeStandIn,
)
from raum.testing.queue import FakeQueue
from raum.testing.store import FakeStore

__all__ = [
    "FakeAuditSink",
    "FakeDetector",
    "FakeExtractor",
    "FakeHelpdesk",
    "FakeKeyManager",
    "FakeLogin",
    "FakeProvider",
    "FakeQueue",
    "FakeStandIn",
    "FakeStore",
]
