"""What the tests of several areas use."""

import pytest
from aws_policies import is_known
from botocore.client import BaseClient
from hypothesis import HealthCheck, settings
from servers import postgres

# How long an example takes depends on what else the machine does, and is the benchmarks' concern.
settings.register_profile("raum", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("raum")


@pytest.fixture(scope="session")
def aws():
    """The address of a stand-in for AWS."""
    from aws import stand_in  # takes its time, and few tests need it

    with stand_in() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def postgres_server():
    """One PostgreSQL for all tests that do no harm to it."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _within_the_policies():
    """No part calls anything of AWS that the shipped policies do not allow; the tests' own clients may."""
    make = BaseClient._make_api_call

    def checked(client, operation, arguments):
        service = client.meta.service_model.service_name
        if client.meta.config.user_agent_appid == "raum" and not is_known(service, operation):
            pytest.fail(f"{service}:{operation} is not allowed by config/aws")
        return make(client, operation, arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", checked)
        yield
