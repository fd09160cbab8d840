"""The archive holds nothing that could not stay, and nobody can take it away."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from attrs import evolve
from aws import REGION, Bucket
from aws_policies import actions_for, actions_of
from botocore.exceptions import ClientError

from raum.api import Checkpoint, Entry, OperatorError, body_hash_of
from raum.sealing.verify import kept_checkpoints
from raum_aws import raum_audit_sinks
from raum_aws.archive import ArchiveOptions, S3Archive

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTRY = Entry("entry-1", NOON, "acme", "generate", "user:ada", "returned", client_ip="192.0.2.7", content="Dear X")
_names = count(1)


@pytest.fixture
def bucket(aws):
    bucket = Bucket(aws, f"audit-{next(_names)}")
    yield bucket
    bucket.close()


@pytest.fixture
def options(aws, bucket):
    return ArchiveOptions(bucket.name, REGION, endpoint=aws, retention_days=30)


@pytest.fixture
async def archive(options, recorded):
    async with S3Archive(options) as archive:
        yield archive


def test_the_part_says_that_it_gets_no_content():
    (part,) = raum_audit_sinks()
    use = part.data_use(ArchiveOptions("b", "eu-central-1"))
    assert (part.name, {str(each) for each in use.receives}) == ("s3", {"ids"})
    assert use.regions == ("eu-central-1",)


async def test_of_an_entry_nothing_is_kept_but_its_hash(archive, bucket):
    await archive.write(ENTRY)
    (key,) = bucket.names()
    assert key == "raum-audit/acme/entries/2026/03/01/entry-1.json"
    proof = {
        "account_id": "acme",
        "body_hash": body_hash_of(ENTRY),
        "id": "entry-1",
        "time": "2026-03-01T12:00:00.000000Z",
    }
    assert json.loads(bucket.read(key)) == proof


async def test_what_the_archive_calls_is_exactly_what_its_policy_allows(archive, recorded):
    await archive.write(ENTRY)
    await archive.write(ENTRY)
    made = {action for service, operation, _ in recorded for action, *_ in actions_for(service, operation)}
    assert made == actions_of("archive")


async def test_an_object_cannot_be_deleted_or_freed_before_its_time(archive, bucket):
    await archive.write(ENTRY)
    (key,) = bucket.names()
    head = bucket.client.head_object(Bucket=bucket.name, Key=key)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert timedelta(days=29) < head["ObjectLockRetainUntilDate"] - datetime.now(UTC) < timedelta(days=31)
    for bypass in (False, True):
        with pytest.raises(ClientError, match="AccessDenied"):
            bucket.client.delete_object(
                Bucket=bucket.name, Key=key, VersionId=head["VersionId"], BypassGovernanceRetention=bypass
            )


async def test_an_entry_that_comes_again_is_the_same_object(archive, bucket):
    await archive.write(ENTRY)
    await archive.write(ENTRY)
    (version,) = bucket.client.list_object_versions(Bucket=bucket.name)["Versions"]
    assert version["Key"].endswith("entry-1.json")


async def test_what_somebody_else_put_in_its_place_is_told(archive, bucket):
    await archive.write(ENTRY)
    with pytest.raises(OperatorError, match="somebody wrote it"):
        await archive.write(evolve(ENTRY, operation="rewrite"))


async def test_an_entry_that_was_erased_before_it_got_here_is_no_hindrance(archive, bucket):
    await archive.write(ENTRY)
    await archive.write(evolve(ENTRY, content=None, salt=""))
    assert [key.rpartition("/")[2] for key in bucket.names()] == ["entry-1.erased.json", "entry-1.json"]


async def test_a_checkpoint_is_kept_as_it_is_verified_with(archive, bucket):
    checkpoint = Checkpoint("acme", 7, date(2026, 3, 1), 1, 9, "a" * 64, "b" * 64, "c" * 64, "2026-03-02", b"s" * 64)
    await archive.write_checkpoint(checkpoint)
    (key,) = bucket.names()
    assert key == "raum-audit/acme/checkpoints/000000000007.json"
    assert kept_checkpoints([bucket.read(key)]) == [checkpoint]


async def test_a_bucket_without_object_lock_is_refused(aws):
    bucket = Bucket(aws, f"audit-{next(_names)}", locked=False)
    with pytest.raises(OperatorError, match="has no Object Lock"):
        async with S3Archive(ArchiveOptions(bucket.name, REGION, endpoint=aws)):
            pass
    bucket.close()


async def test_a_bucket_that_is_not_there_and_a_service_that_is_away_are_told(aws):
    with pytest.raises(OperatorError, match="NoSuchBucket"):
        async with S3Archive(ArchiveOptions("nowhere", REGION, endpoint=aws)):
            pass
    with pytest.raises(OperatorError, match="EndpointConnectionError"):
        async with S3Archive(ArchiveOptions("nowhere", REGION, endpoint="http://127.0.0.1:9")):
            pass
