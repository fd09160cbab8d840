"""Offers a part of the same name as an installed plugin."""

from raum.api import DataClass, DataUse, Part, hookimpl


@hookimpl
def raum_detectors():
    yield Part("shouting", lambda options: None, DataUse({DataClass.RAW}))
