"""Residency (promise P17): the regions that the operator allows, and the parts that would take data out of them."""

from collections.abc import Iterable

from raum.dataflow.data_use import ORIGIN, DataUse


def is_within(region: str, allowed: str) -> bool:
    """Whether a region is the allowed one or a part of it: "eu-central-1" is within "eu", "europe" is not."""
    return region == allowed or region.startswith(f"{allowed}-")


def fault(name: str, data_use: DataUse, allowed: Iterable[str]) -> str | None:
    """What is wrong with a part that takes data out of the allowed regions; None if it does not, or all are allowed."""
    regions = tuple(allowed)
    inside = (ORIGIN, *regions)
    outside = [region for region in data_use.regions if not any(is_within(region, each) for each in inside)]
    if not regions or not outside:
        return None
    what = ", ".join(sorted(data_use.receives))
    return (
        f"part '{name}' takes data ({what}) to {data_use.goes_to}, region {', '.join(outside)}; "
        f"allowed by residency.regions: {', '.join(regions)}"
    )
