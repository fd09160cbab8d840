"""Order numbers: a few letters that a shop chooses, a hyphen, and six to ten digits; type ORDER."""

import re
from collections.abc import Iterable, Iterator

from attrs import field, frozen, validators

from raum.api import DataClass, DataUse, Detector, Finding, Part, hookimpl


@frozen
class OrderNumberOptions:
    """`prefixes` are what an order number begins with: capitals, at most eight."""

    prefixes: tuple[str, ...] = field(
        default=("ORD",),
        validator=[validators.min_len(1), validators.deep_iterable(validators.matches_re("[A-Z]{1,8}"))],
    )


class OrderNumbers:
    """Finds the order numbers of one shop."""

    def __init__(self, options: OrderNumberOptions) -> None:
        self._pattern = re.compile(rf"\b(?:{'|'.join(options.prefixes)})-[0-9]{{6,10}}\b", re.ASCII)

    def find(self, text: str) -> Iterator[Finding]:
        """Every order number in the text."""
        for match in self._pattern.finditer(text):
            yield Finding("ORDER", *match.span())


@hookimpl
def raum_detectors() -> Iterable[Part[Detector]]:
    """The part `order-numbers`."""
    yield Part("order-numbers", OrderNumbers, DataUse({DataClass.RAW}), OrderNumberOptions, summary="order numbers")
