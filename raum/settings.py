"""What an account chose: one class, whether it comes over HTTP, from the shell, or out of the store.

A setting is called by its path in the document, `sampling.openai.temperature`. What an account did not choose is the
host's default, and is not stored.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, Literal

import attrs
from attrs import evolve, field, frozen, validators

from raum.errors import OperatorError
from raum.findings import TYPE_PATTERN
from raum.model import LANGUAGE_PATTERN, CallOptions, Change, Operation
from raum.redaction.own_patterns import OwnPattern
from raum.toml.lines import KeyPath
from raum.toml.structuring import plain, structured

_MODEL: Final = r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}"
PART_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,62}"
# No control characters; line breaks and tabs are text.
_TEXT: Final = r"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*"
_MONTH_USD: Final = 1_000_000.0
MONTH_DAYS: Final = 31
"""So long entries have to be kept for the limits of a month to be counted by them."""


def each_once(_instance: object, _attribute: object, names: tuple[str, ...]) -> None:
    """A validator: no name is there twice."""
    if len(set(names)) < len(names):
        raise ValueError("a name is there twice")


def _storable(_instance: object, _attribute: object, text: str) -> None:
    text.encode()  # what has half a surrogate pair in it cannot be stored


def _all(pattern: str) -> Any:
    return validators.deep_iterable(validators.matches_re(pattern))


def by_part(_instance: object, _attribute: object, values: Mapping[str, object]) -> None:
    """A validator: the keys are names of parts."""
    if not all(re.fullmatch(PART_PATTERN, name) for name in values):
        raise ValueError("not the name of a part")


def _model(help_: str) -> Any:
    return field(
        default=None,
        validator=validators.optional(validators.matches_re(_MODEL)),
        metadata={"help": help_, "allowed": "the name of a model, of letters, digits and ._:/@-"},
    )


def _order(help_: str) -> Any:
    return field(
        default=(),
        validator=[validators.max_len(20), each_once, _all(PART_PATTERN)],
        metadata={"help": help_, "allowed": "names of providers of the host, each once"},
    )


def _number(help_: str, low: float, high: float) -> Any:
    check = validators.optional(validators.and_(validators.ge(low), validators.le(high)))
    return field(default=None, validator=check, metadata={"help": help_, "allowed": f"{low:g} to {high:g}"})


def _text(help_: str, most: int) -> Any:
    return field(
        default="",
        validator=[validators.max_len(most), validators.matches_re(_TEXT), _storable],
        metadata={"help": help_, "allowed": f"text of at most {most} characters, without control characters"},
    )


@frozen
class ProvidersFor:
    """The order of the providers for single operations."""

    generate: tuple[str, ...] = _order("for generate")
    translate: tuple[str, ...] = _order("for translate")
    rewrite: tuple[str, ...] = _order("for rewrite")
    summarize: tuple[str, ...] = _order("for summarize")


@frozen
class Models:
    """The models of one provider."""

    default: str | None = _model("the model for all operations that have none of their own")
    generate: str | None = _model("the model for generate")
    translate: str | None = _model("the model for translate")
    rewrite: str | None = _model("the model for rewrite")
    summarize: str | None = _model("the model for summarize")


@frozen
class Sampling:
    """How one provider's models choose their words."""

    temperature: float | None = _number("the temperature", 0, 2)
    top_p: float | None = _number("the share of the likeliest words to choose from", 0, 1)


@frozen
class OwnRedaction:
    """What an account adds to the detectors of the host; it can never take one away."""

    allow: tuple[str, ...] = field(
        default=(),
        validator=[validators.max_len(1_000), each_once, _all(r"\S(?:.{0,98}\S)?")],
        metadata={
            "help": "words and values that are never personal data, in any case, unless the ticket's records name them",
            "allowed": "at most 1000 words of at most 100 characters, each once",
        },
    )
    patterns: tuple[OwnPattern, ...] = field(
        default=(),
        validator=validators.max_len(50),
        metadata={"help": "further personal data, by pattern", "allowed": "at most 50 patterns"},
    )
    never_restore: tuple[str, ...] = field(
        default=(),
        validator=[validators.max_len(100), each_once, _all(rf"(?!LITERAL\b){TYPE_PATTERN}")],
        metadata={
            "help": "types whose values are never put back into a reply; one that needs them stays with the team",
            "allowed": "types as in placeholders, such as CC, each once",
        },
    )


@frozen
class OwnLimits:
    """How much an account may ask. Beyond a limit no AI is asked, and the entry says so."""

    requests_per_minute: int | None = _number("operations in a minute of the clock", 1, 100_000)
    tokens_per_month: int | None = _number("tokens, in and out, in a calendar month (UTC)", 1, 10**12)
    budget_usd_per_month: float | None = _number("what may be spent in a calendar month (UTC)", 0, _MONTH_USD)


@frozen
class Settings:
    """The settings of one account."""

    providers: tuple[str, ...] = _order("the providers that may be asked, in this order; default the host's first")
    providers_for: ProvidersFor = field(
        default=ProvidersFor(), metadata={"help": "another order of providers for single operations"}
    )
    fallback: bool = field(
        default=False,
        metadata={"help": "whether the next provider is asked when one fails, if the account has stored a key for it"},
    )
    models: Mapping[str, Models] = field(
        factory=dict,
        validator=by_part,
        metadata={"help": "the models, by provider", "allowed": "tables by the names of providers"},
    )
    sampling: Mapping[str, Sampling] = field(
        factory=dict,
        validator=by_part,
        metadata={"help": "the sampling, by provider", "allowed": "tables by the names of providers"},
    )
    max_output_tokens: int | None = _number("the longest answer, with what is spent on reasoning", 1, 128_000)
    tone: str = _text("how replies to customers are to sound; the AI is told so", 1_000)
    signature: str = _text("what the host writes below replies to customers; the AI never sees it", 2_000)
    languages: tuple[str, ...] = field(
        default=(),
        validator=[validators.max_len(50), each_once, _all(LANGUAGE_PATTERN)],
        metadata={
            "help": "the languages that customers are answered in; whoever writes in another one gets the first",
            "allowed": "language tags (BCP 47) such as de or pt-BR, each once",
        },
    )
    redaction: OwnRedaction = field(
        default=OwnRedaction(), metadata={"help": "what the account adds to the redaction of the host"}
    )
    reply_as: Literal["note", "public"] = field(
        default="note", metadata={"help": "how replies to webhooks are posted: as a private note, or to the customer"}
    )
    limits: OwnLimits = field(default=OwnLimits(), metadata={"help": "how much the account may ask"})
    retention_days: int | None = _number(
        "after how many days entries and answers are purged; default and longest are the host's 90", 1, 90
    )
    impersonation: bool = field(
        default=False, metadata={"help": "whether owners may act as other users of the account, for support"}
    )

    def __attrs_post_init__(self) -> None:
        """Raises OperatorError where entries would be purged that the limits of a month are counted by."""
        is_counted = self.limits.tokens_per_month is not None or self.limits.budget_usd_per_month is not None
        if is_counted and self.retention_days is not None and self.retention_days < MONTH_DAYS:
            raise OperatorError(
                f"retention_days cannot be less than {MONTH_DAYS} while there is a limit per month, because it is "
                "counted by the entries"
            )

    def order(self, operation: Operation) -> tuple[str, ...]:
        """The providers that may be asked, the preferred one first; empty if the account leaves it to the host."""
        own: tuple[str, ...] = getattr(self.providers_for, operation)
        return own or self.providers

    def options(self, provider: str, default_model: str, operation: Operation, seconds: float) -> CallOptions:
        """The options of a call."""
        models = self.models.get(provider, Models())
        sampling = self.sampling.get(provider, Sampling())
        options = CallOptions(
            getattr(models, operation) or models.default or default_model,
            seconds,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
        )
        return options if self.max_output_tokens is None else evolve(options, max_output_tokens=self.max_output_tokens)

    def models_of(self, provider: str) -> tuple[str, ...]:
        """All models that are chosen for a provider."""
        return tuple(name for name in attrs.astuple(self.models.get(provider, Models())) if name)

    def strangers(self, providers: Collection[str]) -> list[tuple[KeyPath, str]]:
        """The places that name a provider which the host does not have, each with what is allowed."""
        named: list[KeyPath] = [(key, name) for key in ("models", "sampling") for name in getattr(self, key)]
        found = [path for path in named if path[-1] not in providers]
        orders: dict[KeyPath, tuple[str, ...]] = {("providers",): self.providers}
        orders |= {("providers_for", str(each)): getattr(self.providers_for, each) for each in Operation}
        found += [
            (*path, at) for path, names in orders.items() for at, name in enumerate(names) if name not in providers
        ]
        return [(path, f"names no provider of the host; allowed: {', '.join(providers)}") for path in found]


DEFAULTS: Final = Settings()
"""What an account has that chose nothing."""

NOTHING_OWN: Final = OwnRedaction()
"""What an account adds to the redaction of the host if it adds nothing."""


@frozen
class Stored:
    """The settings as a store has them: `version` is the number of changes so far, `document` what was chosen."""

    version: int = 0
    document: Mapping[str, Any] = field(factory=dict)


def parsed(document: object, faults: list[tuple[KeyPath, str]]) -> Settings | None:
    """The settings that a document says; None, with the faults added, if anything is wrong in it."""
    return structured(document, Settings, faults)


def stored_settings(stored: Stored) -> Settings:
    """The settings as they were stored. Raises OperatorError for what this version of raum does not take any more."""
    faults: list[tuple[KeyPath, str]] = []
    settings = parsed(stored.document, faults)
    if settings is None:
        raise OperatorError(f"the stored settings of an account cannot be used: {told(faults)}")
    return settings


def told(faults: list[tuple[KeyPath, str]]) -> str:
    """Faults as one line for people."""
    return "; ".join(f"{dotted(path)}: {text}" if path else text for path, text in faults)


def chosen_of(settings: Settings) -> dict[str, Any]:
    """The document that says what differs from the defaults; what is stored."""
    document: dict[str, Any] = plain(settings, sparse=True)
    return document


def dotted(path: KeyPath) -> str:
    """A path as people write it."""
    return ".".join(map(str, path))


def changes(before: Settings, after: Settings) -> tuple[Change, ...]:
    """What changed, field by field, from what to what; a list is one field, and None is the host's default."""
    old, new = dict(_leaves(chosen_of(before))), dict(_leaves(chosen_of(after)))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return tuple(Change(name, old.get(name), new.get(name)) for name in sorted(names))


def values(settings: Settings) -> dict[str, str]:
    """What an account chose, as words by dotted names."""
    return dict(_leaves(chosen_of(settings)))


def _leaves(document: Mapping[str, Any], path: KeyPath = ()) -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield dotted((*path, key)), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def merged(target: Any, patch: Any) -> Any:
    """What a JSON merge patch makes of a document (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
