"""The part `s3`: what proves the audit log, in a bucket with Object Lock.

An object under COMPLIANCE can be changed, deleted or freed early by nobody, not even by the owner of the account
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html). But what was said on a ticket must be erased
when it is asked for, and who did what goes with the retention time. So nothing of an entry is kept here but its hash,
which tells nothing: the salt stays in the host's store, and goes with the content. The checkpoints hold no personal
data anyway. Together they show that the log in the store was not cut, changed or written anew.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from attrs import field, frozen, validators

from raum.api import Checkpoint, Entry, OperatorError, body_hash_of, utc_text

_TAKEN: Final = ("PreconditionFailed", "ConditionalRequestConflict")


@frozen
class ArchiveOptions:
    """`bucket` has Object Lock switched on; `prefix` begins the keys. Login and region as boto3 finds them.

    `retention_days` is how long an object cannot be deleted; `endpoint` is the address of another service that speaks
    S3. `region` is that of the bucket.
    """

    bucket: str
    region: str
    prefix: str = field(default="raum-audit", validator=validators.matches_re(r"[A-Za-z0-9/_.-]{1,200}"))
    retention_days: int = field(default=90, validator=[validators.ge(1), validators.le(36_500)])
    endpoint: str | None = None


class S3Archive:
    """Puts one object for each entry and each checkpoint, never over another one."""

    def __init__(self, options: ArchiveOptions) -> None:
        self._options = options
        self._client: Any = None

    async def __aenter__(self) -> Self:
        self._client = await asyncio.to_thread(_client, self._options)
        await asyncio.to_thread(self._require_lock)
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        await asyncio.to_thread(client.close)

    async def write(self, entry: Entry) -> None:
        """Keep the hash of the entry; of one that was erased before it got here, that there was one."""
        time = utc_text(entry.time)
        proof = {"account_id": entry.account_id, "id": entry.id, "time": time}
        name = f"{entry.account_id}/entries/{time[:10].replace('-', '/')}/{entry.id}"
        if entry.salt:
            proof["body_hash"] = body_hash_of(entry)
        else:
            name += ".erased"
        await asyncio.to_thread(self._put, f"{name}.json", json.dumps(proof, sort_keys=True).encode())

    async def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep the checkpoint, as `raum audit verify --checkpoint` reads it."""
        key = f"{checkpoint.account_id}/checkpoints/{checkpoint.number:012}.json"
        await asyncio.to_thread(self._put, key, checkpoint.line.encode())

    def _put(self, name: str, body: bytes) -> None:
        """Put an object that is not there yet. One that is there must be the same: it was put by an earlier try."""
        key = f"{self._options.prefix}/{name}"
        try:
            self._client.put_object(
                Bucket=self._options.bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=self._options.retention_days),
            )
        except Exception as error:  # noqa: BLE001 -- what boto3 raises depends on the service
            if _code(error) not in _TAKEN:
                raise OperatorError(f"s3: the archive did not take an object: {_told(error)}") from None
            if self._content(key) != body:
                raise OperatorError(f"s3: another object is in the place of {key}; somebody wrote it") from None

    def _content(self, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._options.bucket, Key=key)["Body"].read()
        return content

    def _require_lock(self) -> None:
        """Without Object Lock the archive would prove nothing. Raises OperatorError."""
        try:
            answer = self._client.get_object_lock_configuration(Bucket=self._options.bucket)
            enabled = answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
        except Exception as error:  # noqa: BLE001 -- what boto3 raises depends on the service
            if _code(error) != "ObjectLockConfigurationNotFoundError":
                raise OperatorError(f"s3: the bucket '{self._options.bucket}' cannot be used: {_told(error)}") from None
            enabled = False
        if not enabled:
            raise OperatorError(
                f"s3: the bucket '{self._options.bucket}' has no Object Lock; create one that has, it cannot prove "
                "anything else"
            )


def _client(options: ArchiveOptions) -> Any:
    """A client that gives up soon. boto3 is imported here: it takes its time, and few hosts need it."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise OperatorError("s3: boto3 is missing; install raum with the extra 'aws'") from None
    retries = {"mode": "standard", "total_max_attempts": 2}
    config = Config(connect_timeout=2, read_timeout=3, retries=retries, user_agent_appid="raum")
    session = boto3.session.Session(region_name=options.region)
    return session.client("s3", endpoint_url=options.endpoint, config=config)


def _code(error: Exception) -> str:
    """The service's word for an error; "" for one that has none."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def _told(error: Exception) -> str:
    code = _code(error)
    return f"{type(error).__name__} ({code})" if code.isalnum() else type(error).__name__
