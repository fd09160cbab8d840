"""The contract of audit sinks."""

import json
from itertools import count
from pathlib import Path

import pytest
import trustme
from aws import REGION, Bucket
from collector import collecting

import raum_aws
import raum_jsonl
import raum_syslog
from raum.api import DataClass
from raum.model import Change
from raum.sealing.chain import Stretch
from raum.sealing.verify import kept_checkpoints
from raum.testing import FakeAuditSink
from raum.testing.contracts import AuditSinkContract
from raum.testing.contracts.audit import SIGNER
from raum.testing.contracts.entries import NOON, make_entry
from raum.testing.contracts.parts import entered
from raum_syslog.sink import SyslogSink

PLUGINS = Path(__file__).parents[2] / "plugins"

_numbers = count(1)


MARKS = {
    DataClass.REDACTED: b"WHAT-WAS-SAID",
    DataClass.IDS: b"entry-of-all-forms",
    DataClass.SETTINGS: b"WHAT-WAS-CHOSEN",
    DataClass.METRICS: b"987654321",
}


class KeepsApart:
    """What a sink keeps is what its part says that it receives, and each thing that it keeps is of one account.

    `records` gives what is kept, thing by thing, once so many things should be there.
    """

    @pytest.mark.asyncio
    async def test_what_is_kept_has_the_forms_that_the_part_says(self, part, receives, records):
        async with entered(part) as sink:
            entry = make_entry(
                id="entry-of-all-forms",
                content="WHAT-WAS-SAID",
                changes=(Change("tone", None, "WHAT-WAS-CHOSEN"),),
                cost_nanousd=987654321,
            )
            await sink.write(entry)
            kept = b"".join(records(1))
        assert {form for form, mark in MARKS.items() if mark in kept} == receives

    @pytest.mark.asyncio
    async def test_each_thing_that_is_kept_is_of_one_account(self, part, records):
        async with entered(part) as sink:
            for account in ("acme", "beta"):
                stretch = Stretch(account, NOON.date(), [bytes(32)], None)
                await sink.write(make_entry(account_id=account, actor=f"user:{account}"))
                await sink.write_checkpoint(SIGNER.close(stretch))
            kept = records(4)
        assert len(kept) == 4
        assert all((b"acme" in each) is not (b"beta" in each) for each in kept)


class TestJsonl(KeepsApart, AuditSinkContract):
    @pytest.fixture
    def receives(self):
        (part,) = raum_jsonl.raum_audit_sinks()
        return part.data_use(part.options()).receives

    @pytest.fixture
    def records(self, path):
        return lambda number: path.read_bytes().splitlines()

    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "audit" / "entries.jsonl"

    @pytest.fixture
    def part(self, path):
        (part,) = raum_jsonl.raum_audit_sinks()
        return part.build(part.options(path=str(path)))

    @pytest.fixture
    def written(self, path):
        return lambda: [line["id"] for line in map(json.loads, path.read_bytes().splitlines()) if "id" in line]

    @pytest.fixture
    def checkpoints(self, path):
        return lambda: [each.digest for each in kept_checkpoints(path.read_bytes().splitlines(keepends=True))]


class Counting(SyslogSink):
    """Counts what it sent: the collector is another thread, and has it a little later."""

    sent = 0

    async def _send(self, message):
        await super()._send(message)
        self.sent += 1


class TestSyslog(KeepsApart, AuditSinkContract):
    @pytest.fixture
    def receives(self):
        (part,) = raum_syslog.raum_audit_sinks()
        return part.data_use(part.options("127.0.0.1")).receives

    @pytest.fixture
    def records(self, collector):
        return lambda number: collector.wait_for(number) and list(collector.messages)

    @pytest.fixture
    def collector(self, tmp_path):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        with collecting(authority) as collector:
            yield collector

    @pytest.fixture
    def part(self, collector, tmp_path):
        (offer,) = raum_syslog.raum_audit_sinks()
        return Counting(offer.options("127.0.0.1", collector.port, str(tmp_path / "ca.pem")))

    @pytest.fixture
    def written(self, part, collector):
        return lambda: [each["searched"]["id"] for each in collector.wait_for(part.sent) if "id" in each["searched"]]

    @pytest.fixture
    def checkpoints(self, part, collector):
        def digests():
            collector.wait_for(part.sent)
            texts = [message.partition(b"] ")[2] for message in collector.messages]
            return [each.digest for each in kept_checkpoints(texts)]

        return digests


class TestS3(KeepsApart, AuditSinkContract):
    @pytest.fixture
    def receives(self):
        (part,) = raum_aws.raum_audit_sinks()
        return part.data_use(part.options("bucket", REGION)).receives

    @pytest.fixture
    def records(self, bucket):
        return lambda number: [name.encode() + bucket.read(name) for name in bucket.names()]

    @pytest.fixture
    def bucket(self, aws):
        bucket = Bucket(aws, f"bucket-{next(_numbers)}")
        yield bucket
        bucket.close()

    @pytest.fixture
    def part(self, aws, bucket):
        (part,) = raum_aws.raum_audit_sinks()
        return part.build(part.options(bucket.name, REGION, endpoint=aws))

    @pytest.fixture
    def written(self, bucket):
        """Keys are listed by name; entries of the contract are named in the order in which they are written."""

        def ids():
            found = [json.loads(bucket.read(key))["id"] for key in bucket.names() if "/entries/" in key]
            return sorted(found, key=lambda each: int(each.rpartition("-")[2]))

        return ids

    @pytest.fixture
    def checkpoints(self, bucket):
        def digests():
            names = [name for name in bucket.names() if "/checkpoints/" in name]
            return [each.digest for each in kept_checkpoints(map(bucket.read, names))]

        return digests


class TestFakeAuditSink(AuditSinkContract):
    @pytest.fixture
    def part(self):
        return FakeAuditSink()

    @pytest.fixture
    def written(self, part):
        return lambda: [entry.id for entry in part.entries]

    @pytest.fixture
    def checkpoints(self, part):
        return lambda: [each.digest for each in part.checkpoints]


def test_every_sink_that_comes_with_raum_is_here():
    offered = {part.name for module in (raum_aws, raum_jsonl, raum_syslog) for part in module.raum_audit_sinks()}
    hooks = [path.parent.name for path in PLUGINS.glob("*/__init__.py") if "def raum_audit_sinks" in path.read_text()]
    assert (sorted(hooks), offered) == (["raum_aws", "raum_jsonl", "raum_syslog"], {"s3", "jsonl", "syslog"})
