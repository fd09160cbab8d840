"""What the tests of several areas use."""

import pytest
from servers import postgres


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
