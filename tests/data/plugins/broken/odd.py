"""Yields things that are no parts, or not quite."""

from raum.api import DataClass, DataUse, Part, hookimpl

USE = DataUse({DataClass.RAW})


@hookimpl
def raum_detectors():
    yield "jane.doe@example.com"
    yield Part("Jane Doe", lambda options: None, USE)
    yield Part("limits", lambda options: None, USE)
    yield Part("loose", lambda options: None, USE, dict)
    yield Part("silent", lambda options: None, None)


@hookimpl
def raum_stores():
    raise ValueError("jane.doe@example.com")


@hookimpl
def raum_providers():
    return None
