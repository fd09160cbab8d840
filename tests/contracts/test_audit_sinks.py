"""The contract of audit sinks."""

import json

import pytest

import raum_jsonl
from raum.sealing.verify import kept_checkpoints
from raum.testing import FakeAuditSink
from raum.testing.contracts import AuditSinkContract


class TestJsonl(AuditSinkContract):
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
