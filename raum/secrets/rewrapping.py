"""Moving all that is stored encrypted to the newest key of the key manager, while the host works.

That is the credentials of the accounts, and the keys that the host makes for itself: those that sign sessions and the
audit log. Each value is moved by itself, together with its audit entry, and only if nobody replaced it meanwhile. So a
run that is stopped at any point has done a part of the work, and the next one does the rest.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping

from attrs import frozen

from raum.api import KeyManager, Store
from raum.audit.actions import HOST, action_entry
from raum.audit.journal import Journal
from raum.errors import NotDecryptable
from raum.model import Actor, Change, Entry
from raum.storage.ciphertexts import Place


@frozen
class Moved:
    """What became of one value: the keys it was and is under. `fault` says why it could not be moved."""

    place: Place
    before: str = ""
    after: str = ""
    fault: str = ""


@frozen
class Rewrapping:
    """Moves values in an actor's name."""

    store: Store
    keys: KeyManager
    journal: Journal
    actor: Actor

    async def run(self) -> AsyncIterator[Moved]:
        """Every stored value, once it is under the newest key. Raises KeysUnavailable and KeyRefused, which end it.

        A value that does not decrypt is left as it is and told; the others are moved all the same.
        """
        async for place, ciphertext in _stored(self.store):
            try:
                moved = await self._move(place, ciphertext)
            except NotDecryptable as error:
                moved = Moved(place, fault=str(error))
            if moved is not None:
                yield moved

    async def _move(self, place: Place, ciphertext: bytes | None) -> Moved | None:
        """Move one value, in whatever form it is stored by now; None if it was removed meanwhile."""
        while ciphertext is not None:
            new = await self.keys.rewrap(ciphertext, place.context)
            before, after = self.keys.key_of(ciphertext), self.keys.key_of(new)
            if new == ciphertext:
                return Moved(place, before, after)
            entry = self._entry(place, before, after)
            await self.journal.ready()
            if await self.store.swap_ciphertext(place, ciphertext, new, entry):
                await self.journal.tell(entry)
                return Moved(place, before, after)
            ciphertext = await self.store.ciphertext(place)
        return None

    def _entry(self, place: Place, before: str, after: str) -> Entry:
        operation = "host_key_rewrap" if place.account_id == HOST else "credential_rewrap"
        change = Change(f"key of {place.name}", before, after)
        return action_entry(operation, place.account_id, self.actor, (change,))


async def _stored(store: Store) -> AsyncIterator[tuple[Place, bytes]]:
    """All that is encrypted: what each account has, then what the host has."""
    for account_id in (*(account.id for account in await store.accounts()), HOST):
        for place, ciphertext in (await store.ciphertexts(account_id)).items():
            yield place, ciphertext


async def keys_in_use(store: Store, keys: KeyManager) -> Mapping[str, int]:
    """How many stored values are under which key; a format that is not known counts as such."""
    counted: Counter[str] = Counter()
    async for _, ciphertext in _stored(store):
        try:
            counted[keys.key_of(ciphertext)] += 1
        except NotDecryptable:
            counted["unknown format"] += 1
    return dict(sorted(counted.items()))
