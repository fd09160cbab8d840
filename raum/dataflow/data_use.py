"""Where data goes: the statement that every part makes about itself."""

import enum
from collections.abc import Iterable
from typing import Final

from attrs import evolve, field, frozen, validators


class DataClass(enum.StrEnum):
    """The forms in which data travels. `RAW` holds originals, `REDACTED` placeholders in their place.

    `SETTINGS` are what accounts chose (the tone and the signature of replies, say) and who their users are; `METRICS`
    are figures, as of tokens, cost and time.
    """

    RAW = "raw"
    REDACTED = "redacted"
    IDS = "ids"
    SECRETS = "secrets"
    SETTINGS = "settings"
    METRICS = "metrics"


UNKNOWN_REGION: Final = "unknown"
"""The region of a service whose operator has not said where it is; it lies in no allowed region."""

ORIGIN: Final = "origin"
"""The region that the data came from, as of a reply that goes back to where its ticket is; it is always allowed."""

STORE: Final = "store"
"""The region that the configured store takes its data to, as of a queue that works in it."""


def _classes(values: Iterable[DataClass]) -> frozenset[DataClass]:
    return frozenset(values)


@frozen
class DataUse:
    """What a part receives and where it takes it.

    `goes_to` and `kept` are a few words for a security officer: where the data goes ("a file on the host",
    "api.openai.com") and how long it stays there. `regions` are the regions outside the host in which the data ends up,
    in lower case, as "eu" or "eu-central-1"; empty means that it does not leave the host. `STORE` stands for those of
    the store.
    """

    receives: frozenset[DataClass] = field(
        converter=_classes, validator=validators.deep_iterable(validators.instance_of(DataClass))
    )
    goes_to: str = "memory"
    regions: tuple[str, ...] = ()
    kept: str = "not kept"

    def beside(self, store: "DataUse") -> "DataUse":
        """The same, where it is known which store there is."""
        found = (each for region in self.regions for each in (store.regions if region == STORE else (region,)))
        return evolve(self, regions=tuple(dict.fromkeys(found)))
