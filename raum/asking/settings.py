"""What an account chose about AI: its providers, the models, the sampling.

A setting is a name and a word, as they are stored: `providers = "openai,anthropic"`, `fallback = "on"`,
`model.openai = "gpt-6-luna"`, `model.openai.translate = "..."`, `temperature.openai = "0.2"`, `top_p.openai = "0.9"`,
`max_output_tokens = "4096"`, `retention_days = "30"`. What an account did not choose is the host's default.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

from attrs import evolve, field, frozen

from raum.errors import OperatorError
from raum.model import CallOptions, Operation
from raum.retention.periods import LAW
from raum.retention.records import Kind

_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
_MOST_TOKENS: Final = 128_000
_MOST_DAYS: Final = LAW[Kind.TICKETS].days
ALLOWED: Final = (
    "providers, fallback, max_output_tokens, retention_days, model.PROVIDER, model.PROVIDER.OPERATION, "
    "temperature.PROVIDER, top_p.PROVIDER"
)


@frozen
class Settings:
    """The stored settings of one account, read as what they mean."""

    values: Mapping[str, str] = field(factory=dict)

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers that may be asked, the preferred one first; empty if the account leaves it to the host."""
        return _names(self.values.get("providers", ""))

    @property
    def fallback(self) -> bool:
        """Whether the next provider is asked when one fails."""
        return self.values.get("fallback") == "on"

    @property
    def retention_days(self) -> int | None:
        """After how many days entries and what they say are purged; None if the account leaves it to the host."""
        days = self.values.get("retention_days")
        return None if days is None else int(days)

    def model(self, provider: str, operation: Operation) -> str | None:
        """The model chosen for the operation, or else for all operations."""
        return self.values.get(f"model.{provider}.{operation}") or self.values.get(f"model.{provider}")

    def models(self, provider: str) -> tuple[str, ...]:
        """All models that are chosen for a provider."""
        return tuple(value for name, value in self.values.items() if name.split(".")[:2] == ["model", provider])

    def options(self, provider: str, default_model: str, operation: Operation, seconds: float) -> CallOptions:
        """The options of a call."""
        options = CallOptions(self.model(provider, operation) or default_model, seconds)
        most = self.values.get("max_output_tokens")
        return evolve(
            options,
            max_output_tokens=int(most) if most else options.max_output_tokens,
            temperature=self._number(f"temperature.{provider}"),
            top_p=self._number(f"top_p.{provider}"),
        )

    def _number(self, name: str) -> float | None:
        value = self.values.get(name)
        return None if value is None else float(value)


def checked(name: str, value: str, providers: Collection[str]) -> str:
    """The value as it is stored. Raises OperatorError for a name or value that is not allowed, without quoting it."""
    kind, *rest = name.split(".")
    check = _CHECKS.get((kind, len(rest)))
    if check is None:
        raise OperatorError(f"there is no such setting; allowed: {ALLOWED}")
    if rest and rest[0] not in providers:
        raise OperatorError(f"setting '{kind}' names no provider of the host; allowed: {', '.join(providers)}")
    if len(rest) > 1 and rest[1] not in list(Operation):
        raise OperatorError(f"setting '{kind}' names no operation; allowed: {', '.join(Operation)}")
    stored, allowed = check(value, providers)
    if stored is None:
        raise OperatorError(f"the value of setting '{name}' is not allowed; allowed: {allowed}")
    return stored


_Check = Callable[[str, Collection[str]], tuple[str | None, str]]


def _names(value: str) -> tuple[str, ...]:
    return tuple(name for each in value.split(",") if (name := each.strip()))


def _providers(value: str, providers: Collection[str]) -> tuple[str | None, str]:
    names = _names(value)
    good = names and len(set(names)) == len(names) and set(names) <= set(providers)
    return ",".join(names) if good else None, f"one or more of {', '.join(providers)}, each once, parted by commas"


def _switch(value: str, _providers: Collection[str]) -> tuple[str | None, str]:
    return value if value in ("on", "off") else None, "on, off"


def _model(value: str, _providers: Collection[str]) -> tuple[str | None, str]:
    return value if _MODEL.fullmatch(value) else None, "the name of a model, of letters, digits and ._:/@-"


def _up_to(most: float) -> _Check:
    def check(value: str, _providers: Collection[str]) -> tuple[str | None, str]:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        return str(number) if 0 <= number <= most else None, f"a number from 0 to {most:g}"

    return check


def _tokens(value: str, _providers: Collection[str]) -> tuple[str | None, str]:
    good = value.isascii() and value.isdecimal() and len(value) <= 6 and 1 <= int(value) <= _MOST_TOKENS
    return value if good else None, f"an integer from 1 to {_MOST_TOKENS}"


def _days(value: str, _providers: Collection[str]) -> tuple[str | None, str]:
    good = value.isascii() and value.isdecimal() and len(value) <= 2 and 1 <= int(value) <= _MOST_DAYS
    return value if good else None, f"an integer from 1 to {_MOST_DAYS}; what the host keeps for less time stays so"


_CHECKS: Final[Mapping[tuple[str, int], _Check]] = {
    ("providers", 0): _providers,
    ("fallback", 0): _switch,
    ("max_output_tokens", 0): _tokens,
    ("retention_days", 0): _days,
    ("model", 1): _model,
    ("model", 2): _model,
    ("temperature", 1): _up_to(2),
    ("top_p", 1): _up_to(1),
}
"""What is allowed, by the first word of a name and how many words follow it."""
