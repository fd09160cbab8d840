"""A detector of postal addresses."""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, Detector, NoOptions, Part, hookimpl


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The part `address`."""
    in_memory = DataUse(frozenset({DataClass.RAW}))
    yield Part("address", _address, in_memory, summary="street and postal addresses in the forms of some ten languages")


def _address(_options: NoOptions) -> Detector:
    from raum_addresses.detector import AddressDetector

    return AddressDetector()
