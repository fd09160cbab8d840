"""An installed plugin: one detector."""

from raum.api import DataClass, DataUse, Part, hookimpl


class Shouting:
    def find(self, text):
        return []


@hookimpl
def raum_detectors():
    yield Part("shouting", lambda options: Shouting(), DataUse({DataClass.RAW}), summary="words in capitals")
