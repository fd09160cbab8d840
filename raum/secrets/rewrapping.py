"""Moving the stored credentials to the newest key of the key manager, while the host works.

Each value is moved by itself, together with its audit entry, and only if nobody replaced it meanwhile. So a run that is
stopped at any point has done a part of the work, and the next one does the rest.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping

from attrs import frozen

from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.errors import NotDecryptable
from raum.model import Actor, Change
from raum.secrets.credentials import Credentials, context_of
from raum.secrets.plaintexts import Place


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

    credentials: Credentials
    journal: Journal
    actor: Actor

    async def run(self) -> AsyncIterator[Moved]:
        """Every stored value, once it is under the newest key. Raises KeysUnavailable and KeyRefused, which end it.

        A value that does not decrypt is left as it is and told; the others are moved all the same.
        """
        for account in await self.credentials.store.accounts():
            for name, ciphertext in (await self.credentials.store.ciphertexts(account.id)).items():
                place = Place(account.id, name)
                try:
                    moved = await self._move(place, ciphertext)
                except NotDecryptable as error:
                    moved = Moved(place, fault=str(error))
                if moved is not None:
                    yield moved

    async def _move(self, place: Place, ciphertext: bytes | None) -> Moved | None:
        """Move one value, in whatever form it is stored by now; None if it was removed meanwhile."""
        store, keys = self.credentials.store, self.credentials.keys
        while ciphertext is not None:
            new = await keys.rewrap(ciphertext, context_of(place))
            before, after = keys.key_of(ciphertext), keys.key_of(new)
            if new == ciphertext:
                return Moved(place, before, after)
            change = Change(f"key of {place.name}", before, after)
            entry = action_entry("credential_rewrap", place.account_id, self.actor, (change,))
            await self.journal.ready()
            if await store.swap_credential(place.account_id, place.name, ciphertext, new, entry):
                await self.journal.tell(entry)
                return Moved(place, before, after)
            ciphertext = await store.credential(place.account_id, place.name)
        return None


async def keys_in_use(credentials: Credentials) -> Mapping[str, int]:
    """How many stored values are under which key; a format that is not known counts as such."""
    counted: Counter[str] = Counter()
    for account in await credentials.store.accounts():
        for ciphertext in (await credentials.store.ciphertexts(account.id)).values():
            try:
                counted[credentials.keys.key_of(ciphertext)] += 1
            except NotDecryptable:
                counted["unknown format"] += 1
    return dict(sorted(counted.items()))
