"""A detector of a team's own: patterns that the configuration lists.

[[custom.patterns]]
type = "ORDER_NUMBER"
pattern = '\\bORD-[0-9]{6}\\b'
"""

from collections.abc import Iterable

from attrs import frozen

from raum.api import DataClass, DataUse, Detector, OwnPattern, OwnPatterns, Part, hookimpl


@frozen
class CustomOptions:
    """Options of the custom detector: its `patterns`; default none."""

    patterns: tuple[OwnPattern, ...] = ()


def _built(options: CustomOptions) -> Detector:
    return OwnPatterns(options.patterns)


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The part `custom`."""
    in_memory = DataUse(frozenset({DataClass.RAW}))
    yield Part("custom", _built, in_memory, CustomOptions, summary="a team's own patterns, in RE2 syntax")
