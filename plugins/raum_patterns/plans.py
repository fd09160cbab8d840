"""Numbering plans of countries, from the metadata of libphonenumber."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from raum.api import OperatorError
from raum_patterns.expressions import compiled

_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
_SHORTEST_INTERNATIONAL, _LONGEST_INTERNATIONAL = 7, 15


def plans_of(regions: Iterable[str]) -> Callable[[str], bool]:
    """Whether a number, dialled as inside one of the regions, falls into a range that its plan has assigned.

    Regions are given by ISO 3166-1 codes, numbers as ASCII digits without separators. The trunk prefix that national
    numbers begin with is needed if it is 0 (as in most of Europe) and may be left out otherwise (1 in North America).
    Raises OperatorError for a region that has no phone numbers.
    """
    assigned: dict[str, list[str]] = defaultdict(list)
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region(region, None) if region in SUPPORTED_REGIONS else None
        if metadata is None:
            raise OperatorError(
                f"phone: regions: '{region}' is no region with phone numbers; allowed are ISO 3166-1 codes"
            )
        kinds = (getattr(metadata, kind) for kind in _KINDS)
        assigned[metadata.national_prefix or ""] += [
            "".join(kind.national_number_pattern.split()) for kind in kinds if kind and kind.national_number_pattern
        ]
    plans = (
        f"{trunk if trunk == '0' else f'(?:{trunk})?'}(?:{'|'.join(patterns)})" for trunk, patterns in assigned.items()
    )
    fullmatch = compiled("|".join(plans)).fullmatch
    return lambda digits: fullmatch(digits.encode()) is not None


def is_international(digits: str) -> bool:
    """Whether digits begin with a calling code in use and have a length that ITU-T E.164 section 6 allows."""
    return _SHORTEST_INTERNATIONAL <= len(digits) <= _LONGEST_INTERNATIONAL and begins_with_calling_code(digits)


def begins_with_calling_code(digits: str) -> bool:
    """Whether digits begin with a calling code in use."""
    return any(digits[:length] in _CALLING_CODES for length in (1, 2, 3))


_CALLING_CODES: Final = frozenset(map(str, COUNTRY_CODE_TO_REGION_CODE))
