"""The accounts and entries that the contract of stores works with."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest

from raum.api import Account, Entry, OperatorError
from raum.testing.contracts.parts import MARK, shown

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
ACME: Final = Account("acme", "acme-help", "hook-acme")
BETA: Final = Account("beta", "beta-help", "hook-beta")
_numbers = count(1)


def make_entry(**fields: Any) -> Entry:
    """An entry of the account acme with these fields; its id is new."""
    defaults: dict[str, Any] = {
        "id": f"entry-{next(_numbers)}",
        "time": NOON,
        "account_id": "acme",
        "operation": "generate",
        "actor": "system:worker",
        "outcome": "posted_note",
    }
    return Entry(**(defaults | fields))


async def refused(change: Awaitable[object]) -> None:
    """The change must raise OperatorError, which shows nothing of the data."""
    with pytest.raises(OperatorError) as refusal:
        await change
    assert MARK not in shown(refusal.value)
