"""A KMS as moto plays it, and one that fails; every call that the part makes is compared with the shipped policies."""

import boto3
import pytest
from aws_policies import ROLES, allowed_by
from botocore.client import BaseClient
from moto import mock_aws
from secret_servers import fake_kms

from raum_aws.kms import Kms
from raum_aws.options import KmsOptions

REGION = "eu-central-1"
CONTEXT = {"app": "raum", "account": "acme", "table": "credentials", "row": "openai", "field": "ciphertext"}


@pytest.fixture
def recorded(monkeypatch):
    """The calls of the part, by operation and arguments; each must be allowed to the application or to maintenance."""
    calls = []
    make = BaseClient._make_api_call

    def recording(client, operation, arguments):
        if client.meta.config.user_agent_appid == "raum":
            calls.append((client.meta.service_model.service_name, operation, arguments))
        return make(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", recording)
    yield calls
    for call in calls:
        assert any(allowed_by(role, *call) for role in ROLES), call[:2]


@pytest.fixture
def aws():
    """A client of the operator's, in an AWS in this process."""
    with mock_aws():
        yield boto3.client("kms", region_name=REGION)


@pytest.fixture
def new_key(aws):
    return lambda: aws.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
async def kms(new_key, recorded):
    async with Kms(KmsOptions(new_key())) as kms:
        yield kms


@pytest.fixture
def failing(monkeypatch, recorded):
    with fake_kms(monkeypatch) as server:
        yield server
