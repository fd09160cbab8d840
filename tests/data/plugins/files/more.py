"""A second single-file plugin. Its class with postponed annotations needs its module in `sys.modules`."""

from __future__ import annotations

import dataclasses

from raum.api import DataClass, DataUse, Part, hookimpl


@dataclasses.dataclass
class Finder:
    words: tuple[str, ...] = ()

    def find(self, text):
        return []


@hookimpl
def raum_detectors():
    yield Part("words", lambda options: Finder(), DataUse({DataClass.RAW}), summary="finds words")
