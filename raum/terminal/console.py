"""What the host lends to the commands of plugins."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from attrs import frozen

from raum.api import AccountAtHand, Helpdesk, Login
from raum.assembly import assemble
from raum.audit.actions import action_entry
from raum.errors import OperatorError
from raum.host import Host, opened
from raum.model import Account, Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.logins import StoredLogin
from raum.secrets.secret import Secret

T = TypeVar("T")


def whoever_is_logged_in() -> Actor:
    """In whose name a command acts."""
    return Actor("operator", getpass.getuser())


@frozen
class _AtHand:
    """Implements `raum.api.AccountAtHand`: what is done is done, and recorded, in the name of whoever is logged in."""

    account: Account
    host: Host
    actor: Actor

    @property
    def helpdesk(self) -> Helpdesk:
        return self.host.helpdesk

    @property
    def login(self) -> Login:
        return StoredLogin(self.account.id, self.host.credentials, self.host.journal)

    @property
    def webhook_path(self) -> str:
        return f"/webhooks/zendesk/{self.account.webhook_key}"

    async def set_helpdesk_token(self, secret: Secret) -> None:
        await self._set(HELPDESK_TOKEN, secret)

    async def set_webhook_secret(self, secret: Secret) -> None:
        await self._set(WEBHOOK_SECRET, secret)

    async def record(self, operation: str) -> None:
        await self.host.journal.ready()
        await self.host.journal.write(action_entry(operation, self.account.id, self.actor))

    async def _set(self, name: str, secret: Secret) -> None:
        await self.host.administration(self.actor).set_credential(self.account.id, name, secret)


class HostConsole:
    """Implements `raum.api.Console`, on the host that a configuration describes."""

    def with_account(self, name: str, config: Path, work: Callable[[AccountAtHand], Awaitable[T]]) -> T:
        """Open the host, do the work for one account, and close the host."""

        async def run() -> T:
            async with opened(assemble(config)) as host:
                account = await host.store.account(name)
                if account is None:
                    raise OperatorError(f"there is no account '{name}'; `raum account list` shows all of them")
                return await work(_AtHand(account, host, whoever_is_logged_in()))

        return asyncio.run(run())
