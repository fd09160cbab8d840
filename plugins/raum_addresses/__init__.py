"""A detector of postal addresses."""

from collections.abc import Iterable

from raum.api import DataClass, DataUse, Detector, Part, hookimpl
from raum_addresses.options import AddressOptions


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The part `address`."""
    in_memory = DataUse(frozenset({DataClass.RAW}))
    yield Part(
        "address",
        _address,
        in_memory,
        AddressOptions,
        summary="street and postal addresses in the forms of some ten languages",
    )


def _address(options: AddressOptions) -> Detector:
    from raum_addresses.detector import AddressDetector

    return AddressDetector(options)
