"""The key that checkpoints are signed with: made here, kept encrypted in the store."""

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raum.api import KeyManager, Store
from raum.audit.actions import HOST, action_entry
from raum.audit.journal import Journal
from raum.ids import utc_now
from raum.model import Actor
from raum.sealing.chain import Signer
from raum.storage.audit import SigningKey
from raum.storage.ciphertexts import Place


@frozen
class SigningKeys:
    """The keys of a host. The newest signs; the public halves of the older ones verify what they signed."""

    store: Store
    keys: KeyManager
    journal: Journal

    async def signer(self) -> Signer:
        """Who signs now; the first time, a new key. Raises OperatorError if it does not decrypt."""
        newest, *_ = await self.store.signing_keys() or (await self.add(Actor("system", "raum")),)
        private = await self.keys.decrypt(newest.ciphertext, _place(newest.kid).context)
        return Signer(Ed25519PrivateKey.from_private_bytes(private))

    async def add(self, actor: Actor) -> SigningKey:
        """A new key, which signs from now on; the entry about it is in the host's own log."""
        signer = Signer(Ed25519PrivateKey.generate())
        private = signer.key.private_bytes_raw()
        ciphertext = await self.keys.encrypt(private, _place(signer.kid).context)
        key = SigningKey(signer.kid, signer.public_key, ciphertext, utc_now())
        await self.journal.ready()
        entry = action_entry("signing_key_create", HOST, actor, target=key.kid)
        await self.store.add_signing_key(key, entry)
        await self.journal.tell(entry)
        return key


def _place(kid: str) -> Place:
    return Place(HOST, kid, "signing_keys")
