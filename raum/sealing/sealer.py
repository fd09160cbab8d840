"""Seals logs: on demand, and in the background of every host, of which one at a time does it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from raum.api import Store
from raum.audit.journal import Journal
from raum.errors import OperatorError, RaumError
from raum.ids import new_id, utc_now
from raum.log import where
from raum.sealing.chain import Checkpoint
from raum.sealing.keys import SigningKeys

_log = structlog.get_logger("raum.audit")

_LOOK_SECONDS: Final = 30.0
_LEASE: Final = timedelta(seconds=300)
_LEASE_NAME: Final = "audit-seal"


class Sealer:
    """Closes segments once their oldest entry is `seal_seconds` old, and tells the sinks of the checkpoints."""

    def __init__(self, store: Store, keys: SigningKeys, journal: Journal, seal_seconds: float) -> None:
        self._store = store
        self._keys = keys
        self._journal = journal
        self._age = timedelta(seconds=seal_seconds)
        self._stopping = asyncio.Event()

    async def seal(self, account_id: str | None = None) -> Sequence[Checkpoint]:
        """Seal all that is there now, of one account or of all; the checkpoints.

        Raises OperatorError if another process is at it.
        """
        async with self._lease() as leased:
            if not leased:
                raise OperatorError("another process seals the audit log at this moment; try again in a few seconds")
            accounts = await self._store.unsealed(utc_now()) if account_id is None else [account_id]
            return [checkpoint for account in accounts for checkpoint in await self._seal(account)]

    async def run(self) -> None:
        """Seal what is old enough, and bring the sinks what they missed, until stopped."""
        while not self._stopping.is_set():
            try:
                await self._journal.catch_up()
                await self.seal_old(utc_now() - self._age)
            except RaumError as error:
                _log.error("the audit log could not be sealed", problem=str(error))
            except Exception as error:  # noqa: BLE001 -- the next look may do better
                _log.error("bug in the sealing", error=type(error).__name__, where=where(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._stopping.wait()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    async def seal_old(self, before: datetime) -> None:
        """Seal the logs that have entries from before this time; nothing if another process is at it."""
        if accounts := await self._store.unsealed(before):
            async with self._lease() as leased:
                for account in accounts if leased else ():
                    await self._seal(account)

    @contextlib.asynccontextmanager
    async def _lease(self) -> AsyncIterator[bool]:
        owner, now = new_id(), utc_now()
        leased = await self._store.lock(_LEASE_NAME, owner, now, now + _LEASE)
        try:
            yield leased
        finally:
            if leased:
                await self._store.unlock(_LEASE_NAME, owner)

    async def _seal(self, account_id: str) -> Sequence[Checkpoint]:
        signer, now = await self._keys.signer(), utc_now()
        checkpoints = []
        while checkpoint := await self._store.seal(account_id, now, signer.close):
            await self._journal.tell_checkpoint(checkpoint)
            checkpoints.append(checkpoint)
        return checkpoints
