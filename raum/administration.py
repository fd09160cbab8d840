"""What an administrator does to accounts and to jobs. Each action and its audit entry are one transaction."""

import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from raum.api import Provider, Queue, Store
from raum.asking.trial import Trial, try_key
from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import ChangedMeanwhile, InvalidSettings, OperatorError
from raum.identity.actors import Scope
from raum.identity.tokens import digest, new_token
from raum.identity.users import ServiceToken
from raum.ids import new_id, utc_now
from raum.model import NOWHERE, Account, Actor, Change, Delivery, Entry, KeptCredential, Origin
from raum.secrets.credentials import Credentials
from raum.secrets.secret import Secret
from raum.settings import Settings, changes, chosen_of, merged, parsed, stored_settings
from raum.toml.lines import KeyPath

TOKEN_DAYS: Final = 90
"""How long a service token is good, unless it is said."""


@frozen
class Administration:
    """Administrative actions by one actor, and where the request for them came from."""

    store: Store
    credentials: Credentials
    journal: Journal
    actor: Actor
    providers: Mapping[str, Provider] = field(factory=dict)
    origin: Origin = NOWHERE

    async def create_account(self, account_id: str, subdomain: str, reply_as: Delivery = Delivery.NOTE) -> Account:
        """A new account with a webhook key that nobody can guess. Raises OperatorError if the id is taken."""
        account = Account(account_id, subdomain, webhook_key=secrets.token_urlsafe(24))
        entry = self._entry("account_create", account_id)
        async with self.journal.recording(entry):
            await self.store.add_account(account, entry)
        if reply_as is Delivery.PUBLIC:
            await self.change_settings(account_id, {"reply_as": "public"})
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
        told = (
            Change("label", None, known.label),
            Change("scopes", None, " ".join(sorted(known.scopes))),
            Change("expires_at", None, known.expires_at.isoformat()),
        )
        entry = self._entry("token_create", account_id, *told, target=label)
        async with self.journal.recording(entry):
            await self.store.add_token(known, digest(token), entry)
        return token

    async def revoke_token(self, account_id: str, token_id: str) -> None:
        """Take a service token no more."""
        entry = self._entry("token_revoke", account_id, target=token_id)
        async with self.journal.recording(entry):
            await self.store.remove_token(account_id, token_id, entry)

    async def set_credential(self, account_id: str, name: str, secret: Secret) -> None:
        """Set or replace a credential of the account."""
        await self._keep(account_id, name, secret, "credential_set", await self.credential(account_id, name))

    async def rotate_credential(self, account_id: str, name: str, secret: Secret) -> bool:
        """Put another secret in the place of the one that is stored; False if none is."""
        before = await self.credential(account_id, name)
        if before is not None:
            await self._keep(account_id, name, secret, "api_key_rotation", before)
        return before is not None

    async def delete_credential(self, account_id: str, name: str) -> bool:
        """Delete a credential; False if there is none."""
        before = await self.credential(account_id, name)
        change = Change(f"credentials.{name}", masked(before), None)
        entry = self._entry("credential_delete", account_id, change, target=name)
        await self.journal.ready()
        deleted = await self.store.delete_credential(account_id, name, entry)
        if deleted:
            await self.journal.tell(entry)
        return deleted

    async def credential(self, account_id: str, name: str) -> KeptCredential | None:
        """What may be shown of a credential of the account."""
        return next((each for each in await self.store.credentials(account_id) if each.name == name), None)

    async def test_credential(self, account_id: str, name: str) -> tuple[Trial, Entry]:
        """Ask a provider for one word with the account's key. Raises OperatorError if there is no such key."""
        provider = self.providers.get(name)
        if provider is None or not provider.needs_key:
            raise OperatorError(f"no provider of the host has a key of the name '{name}'")
        await self.journal.ready()
        key = await self.credentials.get(account_id, name)
        chosen, _ = await self.settings(account_id)
        trial = await try_key(name, provider, key, chosen)
        outcome = "done" if trial.works else "failed"
        entry = evolve(
            self._entry("credential_test", account_id, target=name),
            outcome=outcome,
            reason=trial.code,
            provider=name,
            model=trial.model,
        )
        await self.journal.write(entry)
        return trial, entry

    async def settings(self, account_id: str) -> tuple[Settings, int]:
        """What the account chose, and the version of it. Raises OperatorError if there is no such account."""
        if await self.store.account(account_id) is None:
            raise OperatorError("there is no such account")
        stored = await self.store.settings(account_id)
        return stored_settings(stored), stored.version

    async def change_settings(
        self, account_id: str, patch: Mapping[str, Any], version: int | None = None
    ) -> tuple[Settings, int, tuple[Change, ...]]:
        """Apply a JSON merge patch (RFC 7396): the settings, their version, and what changed.

        Raises InvalidSettings with every fault, and ChangedMeanwhile if the version is another one by now. Without a
        version, what another one changed in the meantime stays. A patch that changes nothing leaves no entry.
        """
        before, found = await self.settings(account_id)
        if version not in (None, found):
            raise ChangedMeanwhile("the settings are not those of that version any more")
        after = self._patched(before, patch)
        changed = changes(before, after)
        if not changed:
            return after, found, changed
        entry = self._entry("admin_settings_change", account_id, *changed)
        await self.journal.ready()
        if await self.store.change_settings(account_id, found, chosen_of(after), entry):
            await self.journal.tell(entry)
            return after, found + 1, changed
        if version is None:
            return await self.change_settings(account_id, patch)
        raise ChangedMeanwhile("the settings are not those of that version any more")

    def _patched(self, before: Settings, patch: Mapping[str, Any]) -> Settings:
        faults: list[tuple[KeyPath, str]] = []
        after = parsed(merged(chosen_of(before), patch), faults)
        if after is not None:
            known = before.strangers(self.providers)  # what the host had once, and has not any more, may stay
            faults += [fault for fault in after.strangers(self.providers) if fault not in known]
        if after is None or faults:
            raise InvalidSettings(faults)
        return after

    async def _keep(
        self, account_id: str, name: str, secret: Secret, operation: str, before: KeptCredential | None
    ) -> None:
        change = Change(f"credentials.{name}", masked(before), mask(secret.last_four))
        entry = self._entry(operation, account_id, change, target=name)
        async with self.journal.recording(entry):
            await self.credentials.set(account_id, name, secret, entry)

    def _entry(self, operation: str, account_id: str, *changed: Change, target: str | None = None) -> Entry:
        return action_entry(operation, account_id, self.actor, changed, target=target, origin=self.origin)


def mask(last_four: str) -> str:
    """How a secret is shown."""
    return f"****{last_four}"


def masked(credential: KeptCredential | None) -> str | None:
    """How a credential is shown; None if there is none."""
    return mask(credential.last_four) if credential else None


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
