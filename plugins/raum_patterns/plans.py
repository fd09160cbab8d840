"""Numbering plans of countries, from the metadata of libphonenumber."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from raum.api import OperatorError

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
_SHORTEST_INTERNATIONAL, _LONGEST_INTERNATIONAL = 7, 15


@frozen
class NumberingPlans:
    """How numbers are dialled inside some countries. All numbers are given as ASCII digits without separators.

    `assigned` are the ranges that the plans have assigned, by trunk prefix: the digits that national numbers begin with
    (0 in most of Europe, 1 in North America), or none.
    """

    assigned: Mapping[str, re.Pattern[str]]

    def is_valid(self, digits: str) -> bool:
        """Whether a number, dialled as inside one of the countries, falls into a range that its plan has assigned."""
        return any(
            assigned.fullmatch(digits.removeprefix(trunk))
            for trunk, assigned in self.assigned.items()
            if trunk != "0" or digits[0] == "0"
        )


def plans_of(regions: Iterable[str]) -> NumberingPlans:
    """The plans of regions, given by ISO 3166-1 codes. Raises OperatorError for a region that has none."""
    patterns: dict[str, list[str]] = defaultdict(list)
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region(region, None) if region in SUPPORTED_REGIONS else None
        if metadata is None:
            raise OperatorError(
                f"phone: regions: '{region}' is no region with phone numbers; allowed are ISO 3166-1 codes"
            )
        kinds = (getattr(metadata, kind) for kind in _KINDS)
        patterns[metadata.national_prefix or ""] += [
            kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern
        ]
    return NumberingPlans({trunk: re.compile("|".join(found), re.VERBOSE) for trunk, found in patterns.items()})


def is_international(digits: str) -> bool:
    """Whether digits begin with a calling code in use and have a length that ITU-T E.164 section 6 allows."""
    has_code = any(int(digits[:length] or "0") in COUNTRY_CODE_TO_REGION_CODE for length in (1, 2, 3))
    return has_code and _SHORTEST_INTERNATIONAL <= len(digits) <= _LONGEST_INTERNATIONAL
