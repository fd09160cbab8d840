"""The secrets of an account, each encrypted by itself and bound to the place where it is stored."""

import time
from collections.abc import Callable
from typing import Final

from raum.api import KeyManager
from raum.errors import NotDecryptable, OperatorError
from raum.model import Entry
from raum.secrets.plaintexts import Plaintexts
from raum.secrets.secret import Secret
from raum.storage.ciphertexts import Place
from raum.storage.store import Store

WEBHOOK_SECRET: Final = "webhook-secret"  # noqa: S105  # the name of a credential
"""Name of the secret that the helpdesk signs webhooks with."""

HELPDESK_TOKEN: Final = "helpdesk-token"  # noqa: S105  # the name of a credential
"""Name of the token that the host uses the helpdesk with. A provider's key has the provider's name."""

MOST_BYTES: Final = 4096
"""The longest secret, in UTF-8: what AWS KMS encrypts in one call, and so the limit of every key manager
(https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html)."""


class Credentials:
    """Reads and sets credentials. Decrypted ones are kept in memory for a short time: see `raum.secrets.plaintexts`."""

    def __init__(self, store: Store, keys: KeyManager, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self.keys = keys
        self._plaintexts = Plaintexts(self._decrypt, clock)

    async def get(self, account_id: str, name: str) -> Secret:
        """The secret. Raises OperatorError if it was never set or does not decrypt, else KeysUnavailable."""
        ciphertext = await self.store.credential(account_id, name)
        if ciphertext is None:
            self._plaintexts.forget(Place(account_id, name))
            raise OperatorError(
                f"account '{account_id}' has no credential '{name}'; "
                f"set it with `raum credential set {account_id} {name}`"
            )
        return await self._plaintexts.get(Place(account_id, name), ciphertext)

    async def set(self, account_id: str, name: str, secret: Secret, entry: Entry) -> None:
        """Set or replace the secret, and write the entry that says so.

        Raises OperatorError without the account or for a secret that cannot be stored, and KeysUnavailable.
        """
        place = Place(account_id, name)
        ciphertext = await self.keys.encrypt(_encoded(secret, name), place.context)
        await self.store.put_credential(account_id, name, ciphertext, entry, secret.last_four)
        self._plaintexts.forget(place)

    async def _decrypt(self, place: Place, ciphertext: bytes) -> Secret:
        plaintext = await self.keys.decrypt(ciphertext, place.context)
        try:
            return Secret(plaintext.decode())
        except UnicodeDecodeError as error:
            error.object = b""  # it would show the plaintext
        raise NotDecryptable(f"the credential '{place.row}' of account '{place.account_id}' is not text; set it again")


def _encoded(secret: Secret, name: str) -> bytes:
    try:
        encoded = secret.reveal().encode()
    except UnicodeEncodeError as error:
        error.object = ""  # it would show the secret
        encoded = b""
    if not encoded:
        raise OperatorError(f"the credential '{name}' is not text that can be stored")
    if len(encoded) > MOST_BYTES:
        raise OperatorError(
            f"the credential '{name}' is too long: {len(encoded)} bytes; at most {MOST_BYTES} are stored"
        )
    return encoded
