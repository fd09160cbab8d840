"""The part `kms`: each field is encrypted by AWS KMS itself, with AES-256-GCM (SYMMETRIC_DEFAULT).

So there is no data key to store, wrap or rotate: KMS makes new key material once a year and keeps the old for what it
encrypted (https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html). The context is the encryption
context of the call, which KMS authenticates, shows in CloudTrail and tests in policies.

A stored value is: the format version (one byte, 1), the length of the key's ARN (one byte), the ARN, and what KMS gave.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Self

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from raum.api import KeyRefused, KeysUnavailable, NotDecryptable, OperatorError, silence
from raum_aws.failures import failure_of
from raum_aws.options import KmsOptions, region_of

_VERSION: Final = 1
_MOST_BYTES: Final = 4096  # https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
_CALLS_AT_ONCE: Final = 8

# The library's own patience is 60 seconds for each of three attempts.
_CONFIG: Final = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=_CALLS_AT_ONCE,
    user_agent_appid="raum",
)


class Kms:
    """A key manager over AWS KMS; the host's AWS credentials come from where boto3 looks for them.

    The library blocks, so that calls are made in threads of the part's own: a KMS that hangs holds up nothing else.
    """

    def __init__(self, options: KmsOptions) -> None:
        silence("boto3", "botocore", "urllib3")  # at DEBUG they log what is sent
        self._key = options.key_arn
        self._keys = (options.key_arn, *options.former_key_arns)
        self._client: Any = None
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="raum-kms")
        self._client = await asyncio.get_running_loop().run_in_executor(self._threads, self._connected)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        self._threads = self._client = None

    async def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> bytes:
        """A value that decrypts under the same context alone. Raises OperatorError, KeyRefused, KeysUnavailable."""
        if not 1 <= len(plaintext) <= _MOST_BYTES:
            raise OperatorError(f"AWS KMS encrypts values of 1 to {_MOST_BYTES} bytes; this one has {len(plaintext)}")
        answer = await self._call("encrypt", KeyId=self._key, Plaintext=plaintext, EncryptionContext=dict(context))
        return _packed(self._key, answer["CiphertextBlob"])

    async def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The plaintext. Raises NotDecryptable, KeyRefused, KeysUnavailable.

        The key is named in the call, so that a value that was made with somebody else's key is refused.
        """
        key, blob = self._unpacked(ciphertext)
        answer = await self._call("decrypt", KeyId=key, CiphertextBlob=blob, EncryptionContext=dict(context))
        if answer["KeyId"] != key:
            raise NotDecryptable
        plaintext: bytes = answer["Plaintext"]
        return plaintext

    async def rewrap(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The value under the newest key, moved within KMS: its plaintext does not get here.

        A value of the newest key is decrypted by KMS as well, because one that was changed must not pass.
        """
        key, blob = self._unpacked(ciphertext)
        answer = await self._call(
            "re_encrypt",
            CiphertextBlob=blob,
            SourceKeyId=key,
            DestinationKeyId=self._key,
            SourceEncryptionContext=dict(context),
            DestinationEncryptionContext=dict(context),
        )
        return ciphertext if key == self._key else _packed(self._key, answer["CiphertextBlob"])

    def key_of(self, ciphertext: bytes) -> str:
        """The ARN of the key of a value. Raises NotDecryptable for a format that is not known."""
        if ciphertext[:1] != bytes([_VERSION]):
            raise NotDecryptable("an encrypted value has a format that this version of raum does not know")
        length = ciphertext[1] if len(ciphertext) > 1 else 0
        return ciphertext[2 : 2 + length].decode("ascii", errors="replace")

    async def warnings(self) -> Sequence[str]:
        """Whether KMS makes new key material by itself. Implements `raum.api.Warns`."""
        try:
            rotates = (await self._call("get_key_rotation_status", KeyId=self._key))["KeyRotationEnabled"]
        except (KeyRefused, KeysUnavailable) as error:
            return [f"cannot see whether the key is rotated automatically: {error}"]
        if rotates:
            return []
        command = f"aws kms enable-key-rotation --region {region_of(self._key)} --key-id {self._key}"
        return [f"the key is not rotated automatically; turn that on with `{command}`"]

    def _unpacked(self, ciphertext: bytes) -> tuple[str, bytes]:
        key = self.key_of(ciphertext)
        if key not in self._keys:
            raise NotDecryptable("an encrypted value names a key that is neither key_arn nor one of former_key_arns")
        blob = ciphertext[2 + len(key) :]
        if not blob:
            raise NotDecryptable
        return key, blob

    def _connected(self) -> Any:
        return Session().client("kms", region_name=region_of(self._key), config=_CONFIG)

    async def _call(self, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """What KMS answers. What the library raises holds what was sent, so that only what it stands for is raised."""
        if self._threads is None:
            raise RuntimeError("the key manager was not entered")
        call = partial(getattr(self._client, operation), **arguments)
        try:
            answer: Mapping[str, Any] = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except (ClientError, BotoCoreError) as error:
            failure = failure_of(error)
        else:
            return answer
        raise failure


def _packed(key: str, blob: bytes) -> bytes:
    return bytes([_VERSION, len(key)]) + key.encode("ascii") + blob
