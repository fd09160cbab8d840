"""Segments: stretches of an account's log, each closed by a signed checkpoint, and chained by these.

The root of a segment is the SHA-256 of the account, of the hash of the checkpoint before, and of the body hashes of its
entries in their order; the checkpoint holds the root and is signed with Ed25519 (RFC 8032). Nothing is chained when an
entry is written, so that writers never wait for each other. An entry that was committed late, behind others of its
time, is in a later segment; a day may have several.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final

from attrs import evolve, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from raum.ids import utc_now
from raum.sealing.body import canonical, utc_text

SEGMENT_DOMAIN: Final = b"raum/segment/1\n"
CHECKPOINT_DOMAIN: Final = b"raum/checkpoint/1\n"
NOTHING_BEFORE: Final = "0" * 64
"""What the first checkpoint of an account has in the place of the hash of the one before."""


@frozen
class Checkpoint:
    """The signed end of a segment. It holds no personal data, and stays when the entries are purged.

    `number` counts the segments of the account from 1, `first` and `last` the places of its entries in the account's
    log, also from 1. All entries are of one `day` in UTC. `root` is the hash of what it closes, `previous` that
    of the checkpoint before, `kid` names the key; hashes are in hexadecimal. `signature` is of the rest.
    """

    account_id: str
    number: int
    day: date
    first: int
    last: int
    root: str
    previous: str
    kid: str
    sealed_at: str
    signature: bytes = b""

    @property
    def count(self) -> int:
        """How many entries it closes."""
        return self.last - self.first + 1

    @property
    def document(self) -> dict[str, Any]:
        """What is signed, as JSON has it."""
        return {
            "account_id": self.account_id,
            "count": self.count,
            "day": self.day.isoformat(),
            "first": self.first,
            "kid": self.kid,
            "last": self.last,
            "root": self.root,
            "number": self.number,
            "previous": self.previous,
            "sealed_at": self.sealed_at,
        }

    @property
    def digest(self) -> str:
        """The hash by which the next checkpoint names it."""
        return sha256(self.signed_bytes).hexdigest()

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is of."""
        return CHECKPOINT_DOMAIN + canonical(self.document)

    @property
    def line(self) -> str:
        """The checkpoint with its signature, as one line of JSON."""
        return canonical({"checkpoint": self.document, "signature": self.signature.hex()}).decode() + "\n"

    def is_signed_by(self, key: bytes) -> bool:
        """Whether the signature is that of a public key (32 bytes)."""
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(self.signature, self.signed_bytes)
        except (InvalidSignature, ValueError):
            return False
        return True


def checkpoint_of(document: Any) -> Checkpoint:
    """The checkpoint of a line. Raises ValueError if it is none."""
    try:
        said, signature = document["checkpoint"], document["signature"]
        values = {name: value for name, value in said.items() if name != "count"}
        checkpoint = Checkpoint(
            **{**values, "day": date.fromisoformat(said["day"]), "signature": bytes.fromhex(signature)}
        )
        numbers = (checkpoint.number, checkpoint.first, checkpoint.last)
        texts = (checkpoint.account_id, checkpoint.root, checkpoint.previous, checkpoint.kid, checkpoint.sealed_at)
        of_type = {type(number) for number in numbers} == {int} and {type(text) for text in texts} == {str}
        whole = of_type and checkpoint.document == said and set(document) == {"checkpoint", "signature"}
    except (AttributeError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise ValueError("this is no checkpoint")
    return checkpoint


@frozen
class Stretch:
    """Entries of one account and day that are about to be sealed, by their body hashes, behind a checkpoint."""

    account_id: str
    day: date
    hashes: Sequence[bytes]
    before: Checkpoint | None


@frozen
class Signer:
    """Closes segments with one key; `kid` is the fingerprint of its public half."""

    key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        """The public half, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    @property
    def kid(self) -> str:
        """The name of the key."""
        return fingerprint(self.public_key)

    def close(self, stretch: Stretch) -> Checkpoint:
        """The signed checkpoint of a stretch."""
        before = stretch.before
        previous = before.digest if before else NOTHING_BEFORE
        first = before.last + 1 if before else 1
        checkpoint = Checkpoint(
            account_id=stretch.account_id,
            number=before.number + 1 if before else 1,
            day=stretch.day,
            first=first,
            last=first + len(stretch.hashes) - 1,
            root=root_of(stretch.account_id, previous, stretch.hashes).hex(),
            previous=previous,
            kid=self.kid,
            sealed_at=utc_text(utc_now()),
        )
        return evolve(checkpoint, signature=self.key.sign(checkpoint.signed_bytes))


def root_of(account_id: str, previous: str, hashes: Iterable[bytes]) -> bytes:
    """The root of a segment: 32 bytes for each entry behind a head that ends in a line of its own."""
    head = canonical({"account_id": account_id, "previous": previous})
    return sha256(SEGMENT_DOMAIN + head + b"\n" + b"".join(hashes)).digest()


def fingerprint(public_key: bytes) -> str:
    """The name of a public key (32 bytes): its SHA-256, in hexadecimal."""
    return sha256(public_key).hexdigest()
