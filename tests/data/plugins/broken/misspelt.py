"""Misspells a hook."""

from raum.api import hookimpl


@hookimpl
def raum_detector():
    return []
