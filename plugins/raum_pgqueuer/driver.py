"""PgQueuer's driver, over a connection of SQLAlchemy: what the engine does is part of the transaction there."""

import asyncio
from typing import NoReturn, Self

from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver, NotifyCallback
from sqlalchemy.ext.asyncio import AsyncConnection


class TransactionDriver(Driver):
    """Runs the engine's queries on a connection. Listening is the engine's loop's business, and that is not used."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """The rows of a query."""
        result = await self._connection.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        await self._connection.exec_driver_sql(query, args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        """Send a notification."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> NoReturn:
        """Not here."""
        raise NotImplementedError

    @property
    def shutdown(self) -> asyncio.Event:
        """Never set."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """No tasks."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None
