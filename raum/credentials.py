"""The secrets of an account, each encrypted by itself and bound to the place where it is stored."""

from typing import Final

from raum.api import KeyManager
from raum.errors import OperatorError
from raum.model import Entry
from raum.secret import Secret
from raum.storage.store import Store

WEBHOOK_SECRET: Final = "webhook-secret"  # noqa: S105  # the name of a credential
"""Name of the secret that the helpdesk signs webhooks with."""

HELPDESK_TOKEN: Final = "helpdesk-token"  # noqa: S105  # the name of a credential
"""Name of the token that the host uses the helpdesk with. A provider's key has the provider's name."""


class Credentials:
    """Reads and sets credentials. A secret is decrypted for each use and not kept."""

    def __init__(self, store: Store, keys: KeyManager) -> None:
        self.store = store
        self._keys = keys

    async def get(self, account_id: str, name: str) -> Secret:
        """The secret. Raises OperatorError if it was never set or does not decrypt."""
        ciphertext = await self.store.credential(account_id, name)
        if ciphertext is None:
            raise OperatorError(
                f"account '{account_id}' has no credential '{name}'; "
                f"set it with `raum credential set {account_id} {name}`"
            )
        return Secret((await self._keys.decrypt(ciphertext, _context(account_id, name))).decode())

    async def set(self, account_id: str, name: str, secret: Secret, entry: Entry) -> None:
        """Set or replace the secret, and write the entry that says so. Raises OperatorError without the account."""
        ciphertext = await self._keys.encrypt(_encoded(secret, name), _context(account_id, name))
        await self.store.put_credential(account_id, name, ciphertext, entry, secret.last_four)


def _encoded(secret: Secret, name: str) -> bytes:
    try:
        return secret.reveal().encode()
    except UnicodeEncodeError:
        raise OperatorError(f"the credential '{name}' is not text that can be stored") from None


def _context(account_id: str, name: str) -> dict[str, str]:
    """Where the ciphertext is kept; one that is copied to another place does not decrypt."""
    return {"app": "raum", "account": account_id, "table": "credentials", "row": name, "field": "ciphertext"}
