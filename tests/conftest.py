"""What the tests of several areas use."""

import pytest
from servers import postgres


@pytest.fixture(scope="session")
def postgres_server():
    """One PostgreSQL for all tests that do no harm to it."""
    with postgres() as server:
        yield server
