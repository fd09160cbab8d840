"""Where which data goes: the table that a security questionnaire, or an annex on data processing, asks for."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from attrs import asdict, frozen

from raum.assembly import Assembly, Stage
from raum.dataflow.data_use import DataClass
from raum.terminal.columns import columns

_FORMS: Final = {
    DataClass.RAW: "raw",
    DataClass.REDACTED: "redacted",
    DataClass.IDS: "ids",
    DataClass.SECRETS: "secrets",
    DataClass.SETTINGS: "settings",
    DataClass.METRICS: "metrics",
}
"""How a form is called, in the order in which forms are told."""

_HEADS: Final = ("PART", "KIND", "RECEIVES", "GOES TO", "REGION", "KEPT")


@frozen
class Flow:
    """What one part does with data. `region` is "on the host" for data that does not leave it."""

    part: str
    kind: str
    receives: tuple[str, ...]
    goes_to: str
    region: str
    kept: str


def flows(assembly: Assembly) -> tuple[Flow, ...]:
    """One for each stage of a host, in the order in which the data goes."""
    return tuple(_flow(stage) for stage in assembly.stages)


def _flow(stage: Stage[object]) -> Flow:
    use = stage.data_use
    return Flow(
        part=stage.name,
        kind=stage.kind,
        receives=tuple(form for each, form in _FORMS.items() if each in use.receives),
        goes_to=use.goes_to,
        region=", ".join(use.regions) or "on the host",
        kept=use.kept,
    )


def as_text(found: Iterable[Flow]) -> str:
    """A table for a terminal."""
    return columns([_HEADS, *map(_cells, found)])


def as_markdown(found: Iterable[Flow]) -> str:
    """A table in Markdown (https://github.github.com/gfm/#tables-extension-)."""
    rows = [tuple(head.capitalize() for head in _HEADS), ("---",) * len(_HEADS), *map(_cells, found)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows)


def as_json(found: Iterable[Flow]) -> str:
    """A JSON array with an object for each part."""
    return json.dumps([asdict(flow) for flow in found], indent=2, ensure_ascii=False)


FORMATS: Final[Mapping[str, Callable[[Iterable[Flow]], str]]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}
"""The forms that the table can be printed in."""


def _cells(flow: Flow) -> Sequence[str]:
    return (flow.part, flow.kind, ", ".join(flow.receives), flow.goes_to, flow.region, flow.kept)
