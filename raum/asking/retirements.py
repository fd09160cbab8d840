"""Which models their provider switches off, and when: from `retirements.toml`, which says where it knows that from."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

# A date behind a model's name says which version of it is meant, not that it is another model.
_VERSION: Final = re.compile(r"-(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})\Z")


def retirement(vendor: str | None, model: str) -> date | None:
    """The day on which the model is switched off; None if no end is known."""
    known = _known().get(vendor or "", {})
    return known.get(model) or known.get(_VERSION.sub("", model))


def warnings(models: Iterable[tuple[str, str | None, str]], today: date) -> list[str]:
    """A sentence about each model that ends; `models` are (part, vendor, model)."""
    told = []
    for part, vendor, model in dict.fromkeys(models):
        if ends := retirement(vendor, model):
            verb = "has switched off" if ends <= today else "switches off"
            told.append(f"the provider of '{part}' {verb} the model {model} on {ends}; choose another one")
    return told


@cache
def _known() -> Mapping[str, Mapping[str, date]]:
    text = files("raum.asking").joinpath("retirements.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
