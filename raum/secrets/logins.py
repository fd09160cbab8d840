"""The credential by which a helpdesk is used, as the helpdesk part gets it: read, and renewed under a lock."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from attrs import frozen

from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import HelpdeskFailed
from raum.ids import new_id, utc_now
from raum.model import Actor
from raum.secrets.credentials import HELPDESK_TOKEN, Credentials
from raum.secrets.secret import Secret

_LEASE: Final = timedelta(seconds=90)
_PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.05


@frozen
class StoredLogin:
    """The login of one account. Implements `raum.api.Login`.

    The lock is a lease in the store: no two processes of the host are inside at once, and one that was killed inside
    holds the others up for 90 seconds at most.
    """

    account_id: str
    credentials: Credentials
    journal: Journal

    async def secret(self) -> Secret:
        """What is stored now. Raises OperatorError if nothing is."""
        return await self.credentials.get(self.account_id, HELPDESK_TOKEN)

    @contextlib.asynccontextmanager
    async def exclusively(self) -> AsyncIterator[None]:
        """Nobody else is inside for this account. Raises HelpdeskFailed if it takes too long to get in."""
        name, owner = f"helpdesk-login:{self.account_id}", new_id()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not await self._locked(name, owner):  # noqa: ASYNC110 -- the other owner may be another process
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise HelpdeskFailed(
                "the account's helpdesk login is being renewed elsewhere; try again later",
                code="helpdesk_busy",
                retryable=True,
            ) from None
        try:
            yield
        finally:
            await self.credentials.store.unlock(name, owner)

    async def replace(self, secret: Secret, operation: str) -> None:
        """Store another credential, and the entry that says what was done."""
        entry = action_entry(operation, self.account_id, Actor("system", "raum"))
        await self.credentials.set(self.account_id, HELPDESK_TOKEN, secret, entry)
        await self.journal.tell(entry)

    async def _locked(self, name: str, owner: str) -> bool:
        now = utc_now()
        return await self.credentials.store.lock(name, owner, now, now + _LEASE)
