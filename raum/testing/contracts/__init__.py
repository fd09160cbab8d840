"""A test suite for each kind of part, for first-party and outside plugins alike.

A plugin's own test subclasses the class of its kind in a class named `Test...`, and gives the fixture `part`, which
builds the part as its plugin does, and the few things that the class asks for. pytest runs the rest. The suites need
pytest, pytest-asyncio (in either mode) and hypothesis.
"""
# ruff: noqa: E402 - pytest rewrites the asserts of modules that are imported after it was told so

import pytest

_MODULES = (
    "detector", "entries", "extractor", "helpdesk", "identities", "keys", "parts", "provider", "provider_faults",
    "queue", "sink", "store",
)  # fmt: skip
pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in _MODULES))

from raum.testing.contracts.detector import DetectorContract
from raum.testing.contracts.extractor import ExtractorContract
from raum.testing.contracts.helpdesk import HelpdeskContract
from raum.testing.contracts.keys import KeyManagerContract
from raum.testing.contracts.provider import ProviderContract
from raum.testing.contracts.provider_faults import FAULTS, ProviderFaultContract
from raum.testing.contracts.queue import QueueContract
from raum.testing.contracts.sink import AuditSinkContract
from raum.testing.contracts.store import StoreContract

__all__ = [
    "FAULTS",
    "AuditSinkContract",
    "DetectorContract",
    "ExtractorContract",
    "HelpdeskContract",
    "KeyManagerContract",
    "ProviderContract",
    "ProviderFaultContract",
    "QueueContract",
    "StoreContract",
]
