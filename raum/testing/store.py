"""A store in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from raum.api import Account, Entry, OperatorError
from raum.testing.audit import FakeAudit
from raum.testing.identities import FakeIdentities
from raum.testing.retention import FakeRetention


class FakeStore(FakeAudit, FakeIdentities, FakeRetention):
    """Keeps everything in dictionaries. A failure put into `fails` is raised by the next write, save of locks."""

    upgrades_itself = True

    def __init__(self, *known: Account) -> None:
        super().__init__()
        self._accounts = {account.id: account for account in known}
        self._credentials: dict[tuple[str, str], bytes] = {}
        self._settings: dict[str, dict[str, str]] = {}
        self._locks: dict[str, tuple[str, datetime]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def migrate(self) -> None:
        """There is no schema."""

    async def is_current(self) -> bool:
        """There is no schema."""
        return True

    async def add_account(self, account: Account, entry: Entry) -> None:
        """Add an account."""
        keys = {known.webhook_key for known in self._accounts.values()}
        if account.id in self._accounts or account.webhook_key in keys:
            raise OperatorError("an account with this id or this webhook key exists already")
        self.write(entry)
        self._accounts[account.id] = account

    async def account(self, account_id: str) -> Account | None:
        """The account with this id."""
        return self._accounts.get(account_id)

    async def account_of_webhook(self, webhook_key: str) -> Account | None:
        """The account with this webhook key."""
        return next((known for known in self._accounts.values() if known.webhook_key == webhook_key), None)

    async def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""
        return sorted(self._accounts.values(), key=lambda account: account.id)

    async def put_credential(self, account_id: str, name: str, ciphertext: bytes, entry: Entry) -> None:
        """Set or replace a credential."""
        if account_id not in self._accounts:
            raise OperatorError("there is no such account")
        self.write(entry)
        self._credentials[account_id, name] = ciphertext

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""
        return self._credentials.get((account_id, name))

    async def ciphertexts(self, account_id: str) -> Mapping[str, bytes]:
        """The ciphertexts of all credentials of an account."""
        return {name: kept for (owner, name), kept in sorted(self._credentials.items()) if owner == account_id}

    async def swap_credential(self, account_id: str, name: str, old: bytes, new: bytes, entry: Entry) -> bool:
        """Put a ciphertext in the place of another."""
        if self._credentials.get((account_id, name)) != old:
            return False
        self.write(entry)
        self._credentials[account_id, name] = new
        return True

    async def settings(self, account_id: str) -> Mapping[str, str]:
        """The settings of an account."""
        return dict(self._settings.get(account_id, {}))

    async def change_settings(self, account_id: str, values: Mapping[str, str | None], entry: Entry) -> None:
        """Set and remove settings."""
        if account_id not in self._accounts:
            raise OperatorError("there is no such account")
        self.write(entry)
        changed = {**self._settings.get(account_id, {}), **values}
        self._settings[account_id] = {name: value for name, value in changed.items() if value}

    async def lock(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        """Take a lock."""
        held_by, ends = self._locks.get(name, (owner, now))
        if held_by != owner and ends > now:
            return False
        self._locks[name] = (owner, until)
        return True

    async def unlock(self, name: str, owner: str) -> None:
        """Give a lock back."""
        if self._locks.get(name, ("", None))[0] == owner:
            del self._locks[name]
