"""Numbering plans of countries, from the metadata of libphonenumber."""

import re
from typing import Final

from attrs import frozen
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from raum.api import OperatorError

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
_SHORTEST_INTERNATIONAL, _LONGEST_INTERNATIONAL = 7, 15


@frozen
class NumberingPlan:
    """How numbers are dialled inside one country. All numbers are given as ASCII digits without separators.

    `trunk` is the prefix of national numbers (0 in most of Europe, 1 in North America), empty where there is none.
    """

    trunk: str
    lengths: frozenset[int]
    assigned: re.Pattern[str]

    def is_possible(self, digits: str) -> bool:
        """Whether a number has a length of the plan, with or without the trunk prefix, or without the area code."""
        return len(digits) in self.lengths or len(self._national(digits)) in self.lengths

    def is_valid(self, digits: str) -> bool:
        """Whether a number, dialled as inside the country, falls into a range that the plan has assigned."""
        must_have_trunk = self.trunk == "0" and not digits.startswith("0")
        return not must_have_trunk and self.assigned.fullmatch(self._national(digits)) is not None

    def _national(self, digits: str) -> str:
        return digits.removeprefix(self.trunk)


def plan_of(region: str) -> NumberingPlan:
    """The plan of a region, given by its ISO 3166-1 code. Raises OperatorError for a region that has none."""
    metadata = PhoneMetadata.metadata_for_region(region, None) if region in SUPPORTED_REGIONS else None
    if metadata is None:
        raise OperatorError(f"phone: regions: '{region}' is no region with phone numbers; allowed are ISO 3166-1 codes")
    kinds = (getattr(metadata, kind) for kind in _KINDS)
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    general = metadata.general_desc
    lengths = (*general.possible_length, *general.possible_length_local_only) if general else ()
    return NumberingPlan(metadata.national_prefix or "", frozenset(lengths), re.compile("|".join(patterns), re.VERBOSE))


def is_international(digits: str) -> bool:
    """Whether digits begin with a calling code in use and have a length that ITU-T E.164 section 6 allows."""
    has_code = any(int(digits[:length] or "0") in COUNTRY_CODE_TO_REGION_CODE for length in (1, 2, 3))
    return has_code and _SHORTEST_INTERNATIONAL <= len(digits) <= _LONGEST_INTERNATIONAL
