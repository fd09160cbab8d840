"""What an account may ask for. It is looked at before anything else of a run, and whoever is over it asks no AI.

Tokens and money are those of the entries of this calendar month (UTC), so what runs at the same moment is not counted
yet: an account can be over its budget by the operations that are under way when it gets there.
"""

from datetime import datetime, timedelta
from typing import Final

from raum.api import Store
from raum.errors import LimitReached
from raum.settings import OwnLimits

_NANO: Final = 1_000_000_000
_MINUTE: Final = 60


async def admit(store: Store, account_id: str, limits: OwnLimits, now: datetime) -> None:
    """Count one operation of the account. Raises LimitReached if it may ask for no more."""
    if limits.tokens_per_month is not None or limits.budget_usd_per_month is not None:
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        spent = await store.spent(account_id, month)
        left = (_next_month(month) - now).total_seconds()
        if limits.budget_usd_per_month is not None and spent.nanousd >= limits.budget_usd_per_month * _NANO:
            raise LimitReached("the account's budget for this month is used up", "budget_exhausted", left)
        if limits.tokens_per_month is not None and spent.tokens >= limits.tokens_per_month:
            raise LimitReached("the account's tokens for this month are used up", "tokens_exhausted", left)
    if limits.requests_per_minute is not None:
        minute, second = divmod(int(now.timestamp()), _MINUTE)
        if not await store.count_request(account_id, minute, limits.requests_per_minute):
            text = "the account has asked for as many operations as it may in a minute"
            raise LimitReached(text, "rate_limited", _MINUTE - second, retryable=True)


def _next_month(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)
