import pytest
from unit.sealing.logs import Log


@pytest.fixture
async def log():
    return await Log.of(4, 5)
