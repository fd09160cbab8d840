"""Wants arguments that hooks do not have."""

from raum.api import hookimpl


@hookimpl
def raum_detectors(text):
    return []


@hookimpl
def raum_entry_written(entry, ticket):
    return None
