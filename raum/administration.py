"""What an administrator does to accounts and to jobs. Each action and its audit entry are one transaction."""

import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from raum.api import Queue, Store
from raum.asking.settings import checked
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.credentials import Credentials
from raum.errors import OperatorError
from raum.identity.actors import Scope
from raum.identity.users import ServiceToken
from raum.ids import new_id, utc_now
from raum.model import NOWHERE, Account, Actor, Change, Delivery, Entry, Origin
from raum.secret import Secret
from raum.tokens import digest, new_token

TOKEN_DAYS: Final = 90
"""How long a service token is good, unless it is said."""


@frozen
class Administration:
    """Administrative actions by one actor."""

    store: Store
    credentials: Credentials
    journal: Journal
    actor: Actor
    providers: Collection[str] = ()
    origin: Origin = NOWHERE

    async def create_account(self, account_id: str, subdomain: str, reply_as: Delivery = Delivery.NOTE) -> Account:
        """A new account with a webhook key that nobody can guess. Raises OperatorError if the id is taken."""
        account = Account(account_id, subdomain, webhook_key=secrets.token_urlsafe(24), reply_as=reply_as)
        entry = action_entry("account_create", account_id, self.actor, origin=self.origin)
        async with self.journal.recording(entry):
            await self.store.add_account(account, entry)
        return account

    async def create_token(
        self, account_id: str, label: str, scopes: Collection[Scope] = (Scope.OPERATIONS,), days: int = TOKEN_DAYS
    ) -> Secret:
        """A new service token of the account. Only its digest is stored: this is the one time it can be read."""
        now = utc_now()
        try:
            known = ServiceToken(new_id(), account_id, label, frozenset(scopes), now, now + timedelta(days=days))
        except ValueError:
            raise OperatorError("a label is of letters, digits, blanks, dots, _ and -, 64 at most") from None
        token = new_token()
        changes = (
            Change("label", None, known.label),
            Change("scopes", None, " ".join(sorted(known.scopes))),
            Change("expires_at", None, known.expires_at.isoformat()),
        )
        entry = action_entry("token_create", account_id, self.actor, changes, target=label, origin=self.origin)
        async with self.journal.recording(entry):
            await self.store.add_token(known, digest(token), entry)
        return token

    async def revoke_token(self, account_id: str, token_id: str) -> None:
        """Take a service token no more."""
        entry = action_entry("token_revoke", account_id, self.actor, target=token_id, origin=self.origin)
        async with self.journal.recording(entry):
            await self.store.remove_token(account_id, token_id, entry)

    async def set_credential(self, account_id: str, name: str, secret: Secret) -> None:
        """Set or replace a credential of the account."""
        entry = action_entry("credential_set", account_id, self.actor, target=name, origin=self.origin)
        async with self.journal.recording(entry):
            await self.credentials.set(account_id, name, secret, entry)

    async def settings(self, account_id: str) -> Mapping[str, str]:
        """What the account chose. Raises OperatorError if there is no such account."""
        if await self.store.account(account_id) is None:
            raise OperatorError("there is no such account")
        return await self.store.settings(account_id)

    async def change_setting(self, account_id: str, name: str, value: str | None) -> Change:
        """Set a setting, or remove it with None. Raises OperatorError for a name or value that is not allowed."""
        before = (await self.settings(account_id)).get(name)
        after = None if value is None else checked(name, value, self.providers)
        change = Change(name, before, after)
        if before != after:
            entry = action_entry("admin_settings_change", account_id, self.actor, (change,), origin=self.origin)
            async with self.journal.recording(entry):
                await self.store.change_settings(account_id, {name: after}, entry)
        return change


@frozen
class JobAdministration:
    """What an operator does about jobs that got stuck, by one actor."""

    queue: Queue
    journal: Journal
    actor: Actor

    async def retry(self, job_id: str) -> None:
        """Let a dead job be tried again. Raises OperatorError if there is none of this id."""
        entry = await self._entry("job_retry", job_id)
        async with self.journal.recording(entry):
            await self.queue.retry(job_id, entry)

    async def drop(self, job_id: str) -> None:
        """End a waiting or dead job for good. Raises OperatorError if there is none of this id."""
        entry = await self._entry("job_drop", job_id)
        async with self.journal.recording(entry):
            await self.queue.drop(job_id, entry)

    async def _entry(self, operation: str, job_id: str) -> Entry:
        found = await self.queue.find(job_id)
        if found is None:
            raise OperatorError("there is no job of this id; `raum jobs list` shows them")
        entry = action_entry(operation, found.job.account_id, self.actor)
        return evolve(entry, job_id=job_id, ticket_id=found.job.ticket_id or None)
