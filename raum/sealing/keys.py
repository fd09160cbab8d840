"""The key that checkpoints are signed with: made here, kept encrypted in the store."""

from typing import Final

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raum.api import KeyManager, Store
from raum.ids import utc_now
from raum.sealing.chain import Signer
from raum.storage.audit import SigningKey

_HOST: Final = "-"
"""What the encryption context has for the account: the key is the host's. No account can have this id."""


@frozen
class SigningKeys:
    """The keys of a host. The newest signs; the public halves of the older ones verify what they signed."""

    store: Store
    keys: KeyManager

    async def signer(self) -> Signer:
        """Who signs now; the first time, a new key. Raises OperatorError if it does not decrypt."""
        newest, *_ = await self.store.signing_keys() or (await self.add(),)
        private = await self.keys.decrypt(newest.ciphertext, _context(newest.kid))
        return Signer(Ed25519PrivateKey.from_private_bytes(private))

    async def add(self) -> SigningKey:
        """A new key, which signs from now on."""
        signer = Signer(Ed25519PrivateKey.generate())
        private = signer.key.private_bytes_raw()
        ciphertext = await self.keys.encrypt(private, _context(signer.kid))
        key = SigningKey(signer.kid, signer.public_key, ciphertext, utc_now())
        await self.store.add_signing_key(key)
        return key


def _context(kid: str) -> dict[str, str]:
    return {"app": "raum", "account": _HOST, "table": "signing_keys", "row": kid, "field": "ciphertext"}
