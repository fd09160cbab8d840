"""What an administrator does to accounts and to jobs. Each action and its audit entry are one transaction."""

import secrets

from attrs import evolve, frozen

from raum.api import Queue, Store
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.credentials import Credentials
from raum.errors import OperatorError
from raum.model import Account, Actor, Delivery, Entry
from raum.secret import Secret
from raum.tokens import digest, new_token


@frozen
class Administration:
    """Administrative actions by one actor."""

    store: Store
    credentials: Credentials
    journal: Journal
    actor: Actor

    async def create_account(self, account_id: str, subdomain: str, reply_as: Delivery = Delivery.NOTE) -> Account:
        """A new account with a webhook key that nobody can guess. Raises OperatorError if the id is taken."""
        account = Account(account_id, subdomain, webhook_key=secrets.token_urlsafe(24), reply_as=reply_as)
        entry = action_entry("account_create", account_id, self.actor)
        await self.store.add_account(account, entry)
        await self.journal.tell(entry)
        return account

    async def create_token(self, account_id: str, label: str) -> Secret:
        """A new service token of the account. Only its digest is stored: this is the one time it can be read."""
        token = new_token()
        entry = action_entry("token_create", account_id, self.actor)
        await self.store.add_token(account_id, digest(token), label, entry)
        await self.journal.tell(entry)
        return token

    async def set_credential(self, account_id: str, name: str, secret: Secret) -> None:
        """Set or replace a credential of the account."""
        entry = action_entry("credential_set", account_id, self.actor)
        await self.credentials.set(account_id, name, secret, entry)
        await self.journal.tell(entry)


@frozen
class JobAdministration:
    """What an operator does about jobs that got stuck, by one actor."""

    queue: Queue
    journal: Journal
    actor: Actor

    async def retry(self, job_id: str) -> None:
        """Let a dead job be tried again. Raises OperatorError if there is none of this id."""
        entry = await self._entry("job_retry", job_id)
        await self.queue.retry(job_id, entry)
        await self.journal.tell(entry)

    async def drop(self, job_id: str) -> None:
        """End a waiting or dead job for good. Raises OperatorError if there is none of this id."""
        entry = await self._entry("job_drop", job_id)
        await self.queue.drop(job_id, entry)
        await self.journal.tell(entry)

    async def _entry(self, operation: str, job_id: str) -> Entry:
        found = await self.queue.find(job_id)
        if found is None:
            raise OperatorError("there is no job of this id; `raum jobs list` shows them")
        entry = action_entry(operation, found.job.account_id, self.actor)
        return evolve(entry, job_id=job_id, ticket_id=found.job.ticket_id)
