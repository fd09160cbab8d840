"""The keys that sign the tokens of sessions: made by the host, encrypted by the key manager, kept in the store."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Final

from raum.api import KeyManager, Store
from raum.audit.actions import HOST, action_entry
from raum.audit.journal import Journal
from raum.identity.actors import Actor
from raum.identity.users import SessionKey
from raum.ids import new_id, utc_now
from raum.storage.ciphertexts import Place

_BYTES: Final = 32  # of HS256, at least as many as its hash has (RFC 7518, 3.2)


class SessionKeys:
    """The key set, over all hosts. Which keys are good is asked of the store each time; only decrypting is spared."""

    def __init__(self, store: Store, keys: KeyManager, journal: Journal) -> None:
        self._store = store
        self._keys = keys
        self._journal = journal
        self._decrypted: dict[str, tuple[bytes, bytes]] = {}

    async def signing(self) -> tuple[str, bytes]:
        """The id of the key that signs now, and the key; the very first one is made here."""
        key = await self._store.newest_session_key()
        if key is None:
            key = await self._add(None, Actor("system", "raum"))
        return key.id, await self._decrypt(key)

    async def verifying(self, key_id: str, now: datetime) -> bytes | None:
        """The key of this id; None if there is none, or none any more."""
        key = await self._store.session_key(key_id)
        if key is None or (key.retires_at is not None and key.retires_at <= now):
            return None
        return await self._decrypt(key)

    async def rotate(self, grace: timedelta, actor: Actor) -> str:
        """Sign with a new key from now on; what the others have signed stays good for as long as `grace`."""
        return (await self._add(grace, actor)).id

    async def _add(self, grace: timedelta | None, actor: Actor) -> SessionKey:
        key_id, now = new_id(), utc_now()
        plain = base64.b64encode(secrets.token_bytes(_BYTES))
        key = SessionKey(key_id, await self._keys.encrypt(plain, _place(key_id).context), now)
        entry = action_entry("session_key_rotation", HOST, actor)
        async with self._journal.recording(entry):
            await self._store.add_session_key(key, None if grace is None else now + grace, entry)
        return key

    async def _decrypt(self, key: SessionKey) -> bytes:
        known = self._decrypted.get(key.id)
        if known is None or known[0] != key.ciphertext:
            plain = base64.b64decode(await self._keys.decrypt(key.ciphertext, _place(key.id).context))
            if len(plain) != _BYTES:
                raise ValueError("a key that signs sessions is not as long as it was made")
            known = self._decrypted[key.id] = (key.ciphertext, plain)
        return known[1]


def _place(key_id: str) -> Place:
    return Place(HOST, key_id, "session_keys")
