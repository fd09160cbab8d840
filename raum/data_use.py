"""Where data goes: the statement that every part makes about itself."""

import enum
from collections.abc import Iterable

from attrs import field, frozen, validators


class DataClass(enum.StrEnum):
    """The forms in which data travels. `RAW` holds originals, `REDACTED` placeholders in their place."""

    RAW = "raw"
    REDACTED = "redacted"
    IDS = "ids"
    SECRETS = "secrets"
    METRICS = "metrics"


def _classes(values: Iterable[DataClass]) -> frozenset[DataClass]:
    return frozenset(values)


@frozen
class DataUse:
    """What a part receives and where it takes it.

    `goes_to` is a few words for a security officer ("a file on the host", "api.openai.com"). `regions` are the regions
    outside the host in which the data ends up; empty means that it does not leave the host.
    """

    receives: frozenset[DataClass] = field(
        converter=_classes, validator=validators.deep_iterable(validators.instance_of(DataClass))
    )
    goes_to: str = "stays in memory"
    regions: tuple[str, ...] = ()
