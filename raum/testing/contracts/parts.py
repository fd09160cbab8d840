"""What the suites of all kinds share."""

import traceback
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeVar

PartT = TypeVar("PartT")

MARK: Final = "SEVEN-LEMONS"
"""A piece of content that must not come back in an error."""


@asynccontextmanager
async def entered(part: PartT) -> AsyncIterator[PartT]:
    """The part as the host uses it: entered, if it is an async context manager."""
    if isinstance(part, AbstractAsyncContextManager):
        async with part:
            yield part
    else:
        yield part


def shown(error: BaseException) -> str:
    """All that a log could show of an error: its text, its notes and the errors that it is chained to."""
    return "".join(traceback.format_exception(error))
