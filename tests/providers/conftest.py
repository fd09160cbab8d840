"""Providers, each with a peer that speaks its service's dialect."""

import logging

import pytest
from providers.dialects import DIALECTS
from providers.peer import listening


@pytest.fixture
async def peer():
    async with listening() as peer:
        yield peer


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request):
    return request.param


@pytest.fixture
async def provider(dialect, peer):
    """A provider whose service answers."""
    peer.answer = dialect.answer
    async with dialect.part(peer.url) as provider:
        yield provider


@pytest.fixture
def loudest(caplog):
    """Everything that any logger can be made to say; the level is set on each of them, not on the root alone."""
    caplog.set_level(logging.DEBUG)
    loggers = [logging.getLogger(name) for name in logging.Logger.manager.loggerDict]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield caplog
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
