"""What an administrator does to accounts. Each action and its audit entry are one transaction."""

import secrets

from attrs import frozen

from raum.api import Store
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.credentials import Credentials
from raum.model import Account, Actor, Delivery
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
