"""Has hooks that are async."""

from raum.api import hookimpl


@hookimpl
async def raum_detectors():
    yield


@hookimpl
async def raum_stores():
    return []
