"""The contract of key managers: keys in a file, AWS KMS as moto plays it, and a real OpenBao."""

import boto3
import pytest
from moto import mock_aws
from secret_servers import bao

import raum_aws
import raum_localkeys
import raum_openbao
from raum.api import Secret
from raum.secrets.former import Succession
from raum.testing import FakeKeyManager
from raum.testing.contracts import KeyManagerContract


def built(module, **options):
    (part,) = module.raum_key_managers()
    return part.build(part.options(**options))


@pytest.fixture(scope="module")
def server():
    with bao() as server:
        yield server


class TestLocalKeys(KeyManagerContract):
    @pytest.fixture
    def part(self, tmp_path):
        return built(raum_localkeys, path=str(tmp_path / "keys" / "raum.keys"))


class TestKms(KeyManagerContract):
    @pytest.fixture
    def part(self):
        with mock_aws():
            key = boto3.client("kms", region_name="eu-central-1").create_key()["KeyMetadata"]["Arn"]
            yield built(raum_aws, key_arn=key)


class TestOpenBao(KeyManagerContract):
    @pytest.fixture
    def part(self, server):
        return built(raum_openbao, url=server.url, token=Secret(server.token), key=server.new_key())


class TestSuccession(KeyManagerContract):
    """A key manager in the place of another."""

    @pytest.fixture
    async def part(self, tmp_path):
        async with built(raum_localkeys, path=str(tmp_path / "keys" / "raum.keys")) as newest:
            yield Succession(newest, [FakeKeyManager()])


class TestFakeKeyManager(KeyManagerContract):
    randomised = False

    @pytest.fixture
    def part(self):
        return FakeKeyManager()
