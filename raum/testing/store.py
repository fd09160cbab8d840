"""A store in memory."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from attrs import evolve

from raum.api import Account, Entry, KeptCredential, OperatorError, Spent, Stored
from raum.audit.actions import HOST
from raum.storage.ciphertexts import Place
from raum.testing.audit import FakeAudit
from raum.testing.identities import FakeIdentities
from raum.testing.retention import FakeRetention


class FakeStore(FakeAudit, FakeIdentities, FakeRetention):
    """Keeps everything in dictionaries. A failure put into `fails` is raised by the next write, save of locks."""

    upgrades_itself = True

    def __init__(self, *known: Account) -> None:
        super().__init__()
        self._accounts = {account.id: account for account in known}
        self._credentials: dict[tuple[str, str], tuple[bytes, KeptCredential]] = {}
        self._settings: dict[str, Stored] = {}
        self._requests: dict[str, tuple[int, int]] = {}
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

    async def put_credential(
        self, account_id: str, name: str, ciphertext: bytes, entry: Entry, last_four: str = ""
    ) -> None:
        """Set or replace a credential."""
        self._account(account_id)
        self.write(entry)
        self._credentials[account_id, name] = ciphertext, KeptCredential(name, entry.time, last_four)

    async def credential(self, account_id: str, name: str) -> bytes | None:
        """The ciphertext of a credential."""
        found = self._credentials.get((account_id, name))
        return found[0] if found else None

    async def ciphertexts(self, account_id: str) -> Mapping[Place, bytes]:
        """All that is encrypted."""
        kept = {Place(*key): ciphertext for key, (ciphertext, _) in self._credentials.items()}
        for key in self._session_keys.values():
            kept[Place(HOST, key.id, "session_keys")] = key.ciphertext
        for signing in self._signing_keys:
            kept[Place(HOST, signing.kid, "signing_keys")] = signing.ciphertext
        return {place: kept[place] for place in sorted(kept) if place.account_id == account_id}

    async def ciphertext(self, place: Place) -> bytes | None:
        """What is kept there."""
        return (await self.ciphertexts(place.account_id)).get(place)

    async def swap_ciphertext(self, place: Place, old: bytes, new: bytes, entry: Entry) -> bool:
        """Put a ciphertext in the place of another."""
        if await self.ciphertext(place) != old:
            return False
        self.write(entry)
        match place.table:
            case "session_keys":
                self._session_keys[place.row] = evolve(self._session_keys[place.row], ciphertext=new)
            case "signing_keys":
                moved = [evolve(key, ciphertext=new) if key.kid == place.row else key for key in self._signing_keys]
                self._signing_keys = moved
            case _:
                key = place.account_id, place.row
                self._credentials[key] = new, self._credentials[key][1]
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
        self._account(account_id)
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
        kept = [each.entry for each in self._log if each.entry.account_id == account_id]
        own = [entry for entry in kept if entry.time >= since]
        tokens = sum(entry.input_tokens + entry.output_tokens for entry in own)
        return Spent(tokens, sum(entry.cost_nanousd or 0 for entry in own))

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
