"""From a configuration to the parts of a host. This is the only file that knows every kind of part.

`assemble` goes through all stages of the configuration and tells the faults of all of them at once. A fault that would
only follow from another one is left out: while a plugin is missing, nobody can say that a part is unknown.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs
import pluggy
from attrs import field, frozen

from raum import config, plugins
from raum.api import AuditSink, DataUse, Detector, Extractor, Helpdesk, KeyManager, Part, Provider, Queue, Store
from raum.asking import retirements
from raum.config import CORE_KEYS, Config, Residency
from raum.dataflow import residency
from raum.errors import ConfigurationError, OperatorError
from raum.plugins import Plugin, Plugins
from raum.secrets.former import Succession
from raum.terminal.columns import columns
from raum.toml.lines import Document, Fault, KeyPath, read
from raum.toml.structuring import one_line, structure, suggestion

PartT = TypeVar("PartT", covariant=True)


@frozen
class Kind:
    """A kind of part: its word, its key in `[pipeline]`, the hook that offers it and what such a part can do."""

    word: str
    key: str
    hook: str
    protocol: Any


KINDS = (
    Kind("helpdesk", "helpdesk", "raum_helpdesks", Helpdesk),
    Kind("extractor", "extractors", "raum_extractors", Extractor),
    Kind("detector", "detectors", "raum_detectors", Detector),
    Kind("provider", "providers", "raum_providers", Provider),
    Kind("store", "store", "raum_stores", Store),
    Kind("queue", "queue", "raum_queues", Queue),
    Kind("key manager", "keys", "raum_key_managers", KeyManager),
    Kind("audit sink", "audit", "raum_audit_sinks", AuditSink),
)
"""Every kind, in the order in which the data goes."""

_FORMER_KEYS = "former_keys"
"""Where `[pipeline]` names the key managers that only decrypt."""

# The types of what the helpdesk's records tell about people, which is found without a detector.
_ON_RECORD = ("NAME", "EMAIL", "PHONE")


@frozen
class Stage(Generic[PartT]):
    """A part in its place. `part` is the built object; `line` is where the configuration chooses it.

    `distribution` and `version` say where the plugin comes from; for a single-file plugin they are its path and "".
    """

    kind: str
    name: str
    part: PartT = field(repr=False)
    plugin: str
    distribution: str
    version: str
    line: int
    summary: str
    data_use: DataUse


@frozen
class Assembly:
    """A complete host: the stages in the order of the configuration, and the hooks that observe and extend it."""

    source: str
    config: Config
    helpdesk: Stage[Helpdesk]
    extractors: tuple[Stage[Extractor], ...]
    detectors: tuple[Stage[Detector], ...]
    providers: tuple[Stage[Provider], ...]
    store: Stage[Store]
    queue: Stage[Queue]
    keys: Stage[KeyManager]
    former_keys: tuple[Stage[KeyManager], ...]
    audit: tuple[Stage[AuditSink], ...]
    hook: pluggy.HookRelay = field(repr=False)

    @property
    def stages(self) -> tuple[Stage[object], ...]:
        """All stages, in the order in which the data goes."""
        ways = (self.helpdesk, *self.extractors, *self.detectors, *self.providers)
        return (*ways, self.store, self.queue, self.keys, *self.former_keys, *self.audit)

    @property
    def key_manager(self) -> KeyManager:
        """The key manager that encrypts; with former ones, it decrypts what is theirs as well."""
        former = [stage.part for stage in self.former_keys]
        return Succession(self.keys.part, former) if former else self.keys.part


@frozen
class Offer:
    """A part as a plugin offers it, not yet built."""

    kind: Kind
    part: Part[Any]
    plugin: Plugin


@frozen
class Listing:
    """A plugin that could be used. `parts` holds kind, name and summary of each part of an enabled one."""

    name: str
    origin: str
    status: str
    parts: tuple[tuple[str, str, str], ...] = ()


def assemble(path: Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Assembly:
    """Read a configuration, import its plugins and build its parts. Raises ConfigurationError with all faults.

    `overrides` are keys of tables that take the place of what the file says, for example a port of this moment.
    """
    document = read(path)
    for table, keys in (overrides or {}).items():
        tree = {**document.tree, table: {**document.tree.get(table, {}), **keys}}
        document = attrs.evolve(document, tree=tree)
    faults: list[Fault] = []
    settings = config.configure(document, faults)
    loaded = plugins.load(document, faults)
    offers, complete = _offers(document, loaded, faults)
    if complete:
        _check_tables(document, offers, faults)
    stages = {kind.key: _stages(document, kind, offers, complete, faults) for kind in KINDS}
    stages[_FORMER_KEYS] = _former_keys(document, offers, complete, faults)
    stages["queue"] = _joined(document, stages["queue"], stages["store"], faults)
    if settings is not None:
        faults += _out_of_region(document, settings.residency, stages)
        if len(stages["detectors"]) == len(settings.pipeline.detectors):
            faults += _types_of_nobody(document, stages["detectors"])
    if settings is None or faults:
        raise ConfigurationError([str(fault) for fault in sorted(faults, key=lambda fault: fault.line)])
    return Assembly(
        source=document.name,
        config=settings,
        helpdesk=stages["helpdesk"][0],
        extractors=tuple(stages["extractors"]),
        detectors=tuple(stages["detectors"]),
        providers=tuple(stages["providers"]),
        store=stages["store"][0],
        queue=stages["queue"][0],
        keys=stages["keys"][0],
        former_keys=tuple(stages[_FORMER_KEYS]),
        audit=tuple(stages["audit"]),
        hook=loaded.manager.hook,
    )


def list_plugins(path: Path) -> tuple[Listing, ...]:
    """Every plugin that could be used, by name; only those that the configuration names are imported.

    The status is `enabled`, `not enabled`, or `faulty` for one that the configuration names and that cannot be used.
    Raises ConfigurationError only if the configuration cannot be read.
    """
    document = read(path)
    faults: list[Fault] = []
    loaded = plugins.load(document, faults)
    offers, _ = _offers(document, loaded, faults)
    imported = {plugin.candidate: plugin for plugin in loaded.imported}
    named = {name for _, name in document.strings("plugins")}
    listings = []
    for candidate in [each for group in plugins.candidates(document, []).values() for each in group]:
        plugin = imported.get(candidate)
        mine = [offer for offer in offers.values() if offer.plugin is plugin]
        parts = tuple((offer.kind.word, offer.part.name, offer.part.summary) for offer in mine)
        status = "enabled" if plugin else "faulty" if candidate.name in named else "not enabled"
        listings.append(Listing(candidate.name, str(candidate), status, parts))
    return tuple(listings)


def render_check(assembly: Assembly, today: date, warnings: Iterable[str] = ()) -> str:
    """The text of `raum check` for a valid configuration: a line for each stage, and what the operator should know.

    That is what will not work for long, and the `warnings` of the parts.
    """
    rows = [("KIND", "PART", "PLUGIN", "FROM", "LINE")]
    for stage in assembly.stages:
        origin = f"{stage.distribution} {stage.version}".rstrip()
        rows.append((stage.kind, stage.name, stage.plugin, origin, f"{assembly.source}:{stage.line}"))
    models = [(stage.name, stage.part.vendor, stage.part.default_model) for stage in assembly.providers]
    told = [f"warning: {warning}" for warning in (*retirements.warnings(models, today), *warnings)]
    return "\n".join((columns(rows), "", *told, f"configuration is valid: {assembly.source}"))


def render_plugins(listings: Iterable[Listing]) -> str:
    """The text of `raum plugins`: a line for each part of an enabled plugin, and one for each other plugin."""
    rows = [("PLUGIN", "FROM", "STATUS", "KIND", "PART", "SUMMARY")]
    for listing in listings:
        head = (listing.name, listing.origin, listing.status)
        rows += [(*head, *part) for part in listing.parts or [("-", "-", "")]]
    return columns(rows)


def _offers(document: Document, loaded: Plugins, faults: list[Fault]) -> tuple[dict[str, Offer], bool]:
    """All parts that the plugins offer, by name, and whether that is all of them."""
    offers: dict[str, Offer] = {}
    complete = loaded.complete
    for plugin in loaded.imported:
        for kind in KINDS:
            for hook in getattr(loaded.manager.hook, kind.hook).get_hookimpls():
                if hook.plugin is not plugin.module:
                    continue
                parts, problem = _yielded(hook.function, plugin)
                found = [problem] if problem else []
                found += [each for part in parts if (each := _offer(offers, Offer(kind, part, plugin)))]
                complete = complete and not problem and not any(map(_part_problem, parts))
                faults += [document.fault(plugin.path, f"{plugin}, {kind.hook}: {each}") for each in found]
    return offers, complete


def _yielded(hook: Callable[[], Any], plugin: Plugin) -> tuple[list[Any], str | None]:
    try:
        parts = hook()
        if isinstance(parts, Iterable):
            return list(parts), None
    except Exception as error:  # noqa: BLE001  # plugins raise what they like
        return [], f"failed: {plugins.failure(error, plugin.candidate)}"
    return [], f"returns a value of type {type(parts).__name__}; allowed: an iterable of raum.api.Part"


def _offer(offers: dict[str, Offer], offer: Offer) -> str | None:
    """Add an offer; or else what is wrong with it."""
    problem = _part_problem(offer.part)
    if problem:
        return problem
    other = offers.setdefault(offer.part.name, offer)
    if other is not offer:
        return (
            f"part '{offer.part.name}' is also offered by {other.plugin}; allowed: one part of a name, over all kinds"
        )
    return None


def _part_problem(part: object) -> str | None:
    if not isinstance(part, Part):
        return f"yields a value of type {type(part).__name__}; allowed: raum.api.Part"
    name: object = part.name
    options: object = part.options
    data_use: object = part.data_use
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name):
        return "a part's name has blanks, capitals or marks; allowed: a-z, 0-9, - and _"
    if name in CORE_KEYS:
        return f"part '{name}' has a name of the core; allowed: any but {', '.join(CORE_KEYS)}"
    if not isinstance(options, type) or not attrs.has(options):
        return f"part '{name}': the options are no attrs class; allowed: an attrs class"
    if not isinstance(data_use, DataUse) and not callable(data_use):
        return f"part '{name}' does not state its data use; allowed: raum.api.DataUse, or a function that returns one"
    return None


def _check_tables(document: Document, offers: dict[str, Offer], faults: list[Fault]) -> None:
    """A table that is neither the core's nor an offered part's is a fault."""
    core = [attribute.name for attribute in attrs.fields(Config) if attribute.type and attrs.has(attribute.type)]
    allowed = sorted([*core, *offers])
    for name, table in document.tree.items():
        if isinstance(table, dict) and name not in CORE_KEYS and name not in offers:
            text = f"unknown table; allowed: {', '.join(allowed)}{suggestion(name, allowed)}"
            faults.append(document.fault((name,), text))


def _stages(
    document: Document,
    kind: Kind,
    offers: dict[str, Offer],
    complete: bool,
    faults: list[Fault],
    chosen: list[tuple[KeyPath, str]] | None = None,
) -> list[Stage[Any]]:
    """The stages of a kind that the pipeline names, at the key of the kind or as `chosen` elsewhere."""
    stages = []
    for path, name in _chosen(document, kind) if chosen is None else chosen:
        offer = offers.get(name)
        if offer is None or offer.kind is not kind:
            if offer or complete:
                faults.append(document.fault(path, _not_offered(name, kind, offers)))
        elif stage := _stage(document, path, offer, faults):
            stages.append(stage)
    return stages


def _former_keys(
    document: Document, offers: dict[str, Offer], complete: bool, faults: list[Fault]
) -> list[Stage[KeyManager]]:
    """The stages of the key managers that only decrypt; the one that encrypts is none of them."""
    (keys,) = (kind for kind in KINDS if kind.protocol is KeyManager)
    newest = [name for _, name in _chosen(document, keys)]
    for path, name in document.strings("pipeline", _FORMER_KEYS):
        if name in newest:
            text = f"part '{name}' is the one that encrypts; allowed: any other"
            faults.append(document.fault(path, text))
    return _stages(document, keys, offers, complete, faults, document.strings("pipeline", _FORMER_KEYS))


def _chosen(document: Document, kind: Kind) -> list[tuple[KeyPath, str]]:
    """The names of the parts of a kind that the pipeline states or, if it does not, takes on its own."""
    path, table = ("pipeline", kind.key), document.tree.get("pipeline")
    default = attrs.fields_dict(config.Pipeline)[kind.key].default
    if isinstance(table, dict) and kind.key not in table and isinstance(default, str):
        return [(path, default)]
    return document.strings(*path)


def _not_offered(name: str, kind: Kind, offers: dict[str, Offer]) -> str:
    allowed = sorted(offer.part.name for offer in offers.values() if offer.kind is kind)
    if name in offers:
        what = f"part '{name}' is of the kind {offers[name].kind.word}, not {kind.word}"
    else:
        what = f"no enabled plugin offers a part '{name}'"
    if not allowed:
        return f"{what}; allowed: none, because no enabled plugin offers a part of the kind {kind.word}"
    return f"{what}; allowed: {', '.join(allowed)}{suggestion(name, allowed)}"


def _stage(document: Document, path: KeyPath, offer: Offer, faults: list[Fault]) -> Stage[Any] | None:
    part, candidate = offer.part, offer.plugin.candidate
    if part.name not in document.tree:  # what is missing in a missing table is told where the part is chosen
        document = attrs.evolve(document, lines={**document.lines, (part.name,): document.line(path)})
    options: Any = structure(document, (part.name,), document.tree.get(part.name, {}), part.options, faults)
    if options is None:
        return None
    try:
        built = part.build(options)
        data_use: object = part.data_use if isinstance(part.data_use, DataUse) else part.data_use(options)
    except Exception as error:  # noqa: BLE001  # plugins raise what they like
        faults.append(document.fault(path, f"part '{part.name}' cannot be built: {plugins.failure(error, candidate)}"))
        return None
    missing = [member for member in _members(offer.kind.protocol) if not hasattr(built, member)]
    if missing:
        text = f"part '{part.name}' is no {offer.kind.word}, it lacks {', '.join(missing)}"
        faults.append(document.fault(path, f"{text}; allowed: all that raum.api.{offer.kind.protocol.__name__} has"))
        return None
    if not isinstance(data_use, DataUse):
        text = f"part '{part.name}' states a data use of type {type(data_use).__name__}; allowed: raum.api.DataUse"
        faults.append(document.fault(path, text))
        return None
    return Stage(
        kind=offer.kind.word,
        name=part.name,
        part=built,
        plugin=candidate.name,
        distribution=candidate.distribution,
        version=candidate.version,
        line=document.line(path),
        summary=part.summary,
        data_use=data_use,
    )


def _joined(
    document: Document, queues: list[Stage[Queue]], stores: list[Stage[Store]], faults: list[Fault]
) -> list[Stage[Queue]]:
    """Let the queue work in the store, if both are there: the queue, which takes data where the store does."""
    joined = []
    for queue, store in zip(queues, stores, strict=False):
        try:
            queue.part.use(store.part)
        except OperatorError as error:
            faults.append(document.fault(("pipeline", "queue"), f"part '{queue.name}': {one_line(error)}"))
        joined.append(attrs.evolve(queue, data_use=queue.data_use.beside(store.data_use)))
    return joined


def _out_of_region(
    document: Document, allowed: Residency, stages: Mapping[str, Iterable[Stage[Any]]]
) -> Iterable[Fault]:
    """The parts that would take data out of the allowed regions, told where they are chosen."""
    for key, chosen in stages.items():
        for stage in chosen:
            if text := residency.fault(stage.name, stage.data_use, allowed.regions):
                yield Fault(document.name, stage.line, f"pipeline.{key}: {text}")


def _types_of_nobody(document: Document, detectors: Iterable[Stage[Detector]]) -> Iterable[Fault]:
    """The types that `[redaction]` names and no detector finds, mostly misspelt: they would protect nothing."""
    told = [getattr(stage.part, "types", None) for stage in detectors]
    if None in told:
        return  # who does not tell may find any type
    allowed = sorted({*_ON_RECORD, *(type_ for types in told for type_ in types or ())})
    for key in ("never_restore", "block"):
        for path, type_ in document.strings("redaction", key):
            if type_ not in allowed:
                text = f"a type that no configured detector finds; allowed: {', '.join(allowed)}"
                yield document.fault(path, f"{text}{suggestion(type_, allowed)}")


def _members(protocol: Any) -> list[str]:
    """The public methods and attributes of a Protocol."""
    return sorted(name for name in {*vars(protocol), *protocol.__annotations__} if not name.startswith("_"))
