"""A store in memory."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from raum.api import Account, Entry, KeptCredential, OperatorError, Spent, Stored
from raum.ids import utc_now
from raum.testing.identities import FakeIdentities


class FakeStore(FakeIdentities):
    """Keeps everything in dictionaries. A failure put into `fails` is raised by the next write, save of locks."""

    upgrades_itself = True

    def __init__(self, *known: Account) -> None:
        super().__init__()
        self.fails: Exception | None = None
        self._accounts = {account.id: account for account in known}
        self._credentials: dict[tuple[str, str], tuple[bytes, KeptCredential]] = {}
        self._settings: dict[str, Stored] = {}
        self._requests: dict[str, tuple[int, int]] = {}
        self._entries: list[Entry] = []
        self._locks: dict[str, tuple[str, datetime]] = {}
        self._erasures: dict[tuple[str, int | None], datetime] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def migrate(self) -> None:
        """There is no schema."""

    async def is_current(self) -> bool:
        """There is no schema."""
        return True

    def write(self, entry: Entry) -> Entry:
        """Write an entry, without content if its ticket was erased; or fail, if it is told to."""
        self.fail_if_told()
        if entry.id in {kept.id for kept in self._entries}:
            raise OperatorError("the store refused a change that contradicts what it holds")
        if (entry.account_id, entry.ticket_id) in self._erasures:
            entry = entry.without_content()
        self._entries.append(entry)
        return entry

    def fail_if_told(self) -> None:
        """What every write begins with."""
        failure, self.fails = self.fails, None
        if failure is not None:
            raise failure

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

    async def put_credential(
        self, account_id: str, name: str, ciphertext: bytes, entry: Entry, last_four: str = ""
    ) -> None:
        """Set or replace a credential."""
        if account_id not in self._accounts:
            raise OperatorError("there is no such account")
        self.write(entry)
        self._credentials[account_id, name] = ciphertext, KeptCredential(name, entry.time, last_four)

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""
        found = self._credentials.get((account_id, name))
        return found[0] if found else None

    async def ciphertexts(self, account_id: str) -> Mapping[str, bytes]:
        """The ciphertexts of all credentials of an account."""
        return {name: kept[0] for (owner, name), kept in sorted(self._credentials.items()) if owner == account_id}

    async def swap_credential(self, account_id: str, name: str, old: bytes, new: bytes, entry: Entry) -> bool:
        """Put a ciphertext in the place of another."""
        kept = self._credentials.get((account_id, name))
        if kept is None or kept[0] != old:
            return False
        self.write(entry)
        self._credentials[account_id, name] = new, kept[1]
        return True

    async def credentials(self, account_id: str) -> Sequence[KeptCredential]:
        """Which credentials an account has."""
        kept = [each for (owner, _), (_, each) in self._credentials.items() if owner == account_id]
        return sorted(kept, key=lambda credential: credential.name)

    async def delete_credential(self, account_id: str, name: str, entry: Entry) -> bool:
        """Delete a credential."""
        if (account_id, name) not in self._credentials:
            return False
        self.write(entry)
        del self._credentials[account_id, name]
        return True

    async def settings(self, account_id: str) -> Stored:
        """The settings of an account."""
        return self._settings.get(account_id, Stored())

    async def change_settings(self, account_id: str, version: int, document: Mapping[str, Any], entry: Entry) -> bool:
        """Replace the settings."""
        if account_id not in self._accounts:
            raise OperatorError("there is no such account")
        if version != self._settings.get(account_id, Stored()).version:
            return False
        self.write(entry)
        self._settings[account_id] = Stored(version + 1, json.loads(json.dumps(document)))
        return True

    async def count_request(self, account_id: str, minute: int, most: int) -> bool:
        """Count a request."""
        last, requests = self._requests.get(account_id, (minute, 0))
        requests = requests if last == minute else 0
        if requests >= most:
            return False
        self._requests[account_id] = minute, requests + 1
        return True

    async def spent(self, account_id: str, since: datetime) -> Spent:
        """What the entries say."""
        own = [entry for entry in self._entries if entry.account_id == account_id and entry.time >= since]
        tokens = sum(entry.input_tokens + entry.output_tokens for entry in own)
        return Spent(tokens, sum(entry.cost_nanousd or 0 for entry in own))

    async def erase_tickets(self, account_id: str, ticket_ids: Sequence[int]) -> int:
        """Forget what the entries about these tickets say."""
        self.fail_if_told()
        self._erasures |= {(account_id, ticket_id): utc_now() for ticket_id in ticket_ids}
        said = [e for e in self._entries if e.account_id == account_id and e.ticket_id in ticket_ids]
        for entry in said:
            self._entries[self._entries.index(entry)] = entry.without_content()
        return len(said)

    async def forget_erasures(self, before: datetime) -> int:
        """Forget what was erased before that time."""
        old = [ticket for ticket, time in self._erasures.items() if time < before]
        for ticket in old:
            del self._erasures[ticket]
        return len(old)

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

    async def append(self, entry: Entry) -> Entry:
        """Write an entry."""
        return self.write(entry)

    async def entries(self, account_id: str, *, limit: int = 100) -> Sequence[Entry]:
        """The newest entries of an account."""
        own = [entry for entry in reversed(self._entries) if entry.account_id == account_id]
        return sorted(own, key=lambda entry: entry.time, reverse=True)[:limit]
