"""The settings of the host, as the configuration file names them: the core's share of it."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import attrs
from attrs import field, frozen, validators

from raum.dataflow.data_use import ORIGIN, STORE, UNKNOWN_REGION
from raum.findings import TYPE_PATTERN
from raum.retention.periods import LAW
from raum.retention.records import Kind
from raum.toml.lines import Document, Fault
from raum.toml.structuring import structure


def _each_once(_instance: object, _attribute: object, names: tuple[str, ...]) -> None:
    if len(set(names)) < len(names):
        raise ValueError("a name is there twice")


@frozen
class Pipeline:
    """`[pipeline]`: which part does what, in the order in which the data goes."""

    helpdesk: str = field(metadata={"help": "the part that reads tickets and posts replies"})
    detectors: tuple[str, ...] = field(
        validator=[validators.min_len(1), _each_once],
        metadata={
            "help": "the parts that find personal data, all of which run",
            "allowed": "names, at least one, each once",
        },
    )
    providers: tuple[str, ...] = field(
        validator=[validators.min_len(1), _each_once],
        metadata={
            "help": "the parts that ask an AI; the first one is asked for accounts that chose none",
            "allowed": "names, at least one, each once",
        },
    )
    store: str = field(metadata={"help": "the part that keeps accounts, credentials, jobs and audit entries"})
    keys: str = field(metadata={"help": "the part that encrypts credentials"})
    former_keys: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={
            "help": "the parts that only decrypt, until `raum keys rewrap` has moved what they encrypted",
            "allowed": "names, each once",
        },
    )
    queue: str = field(default="embedded", metadata={"help": "the part that hands the jobs to the workers"})
    extractors: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={
            "help": "the parts that get the text out of attachments; the first that reads a file gets it",
            "allowed": "names, each once",
        },
    )
    audit: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={"help": "the parts that get a copy of every audit entry", "allowed": "names, each once"},
    )


Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PROXIES_ALLOWED = (
    'networks such as "10.0.0.0/8" or single addresses, of IPv4 no wider than /8, of IPv6 no wider than /7; list '
    "exactly your proxies: whoever else is believed can write any address into the audit log"
)
_WIDEST = {4: 8, 6: 7}


def _proxies(_instance: object, _attribute: object, networks: tuple[str, ...]) -> None:
    _each_once(_instance, _attribute, networks)
    for network in map(ipaddress.ip_network, networks):
        if network.prefixlen < _WIDEST[network.version]:
            raise ValueError("nearly everybody would be believed")


@frozen
class Server:
    """`[server]`: where the host listens and how much it logs."""

    host: str = field(default="127.0.0.1", metadata={"help": "the address to listen on"})
    port: int = field(
        default=8080,
        validator=[validators.ge(0), validators.le(65535)],
        metadata={"help": "the TCP port to listen on; 0 takes any free one"},
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = field(
        default="INFO", metadata={"help": "the least important level that is logged"}
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        validator=_proxies,
        metadata={"help": "the networks of the proxies whose X-Forwarded-For is believed", "allowed": _PROXIES_ALLOWED},
    )

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The same as networks."""
        return tuple(map(ipaddress.ip_network, self.trusted_proxies))


@frozen
class Audit:
    """`[audit]`: what happens when entries do not get where they must, and how soon they are sealed."""

    on_audit_failure: Literal["stop", "continue"] = field(
        default="stop",
        metadata={"help": "whether anything is begun while an audit sink does not take entries"},
    )
    seal_seconds: float = field(
        default=3600.0,
        validator=[validators.ge(1), validators.le(86_400)],
        metadata={"help": "the longest time that an entry is not sealed, in seconds"},
    )


@frozen
class Limits:
    """`[limits]`: what is too much. Beyond a limit nothing is sent to an AI."""

    body_bytes: int = field(
        default=524_288, validator=validators.ge(1), metadata={"help": "the size of a request body, in bytes"}
    )
    ticket_characters: int = field(
        default=2_000_000, validator=validators.ge(1), metadata={"help": "the length of all texts of a ticket together"}
    )
    detection_seconds: float = field(
        default=10.0,
        validator=[validators.gt(0), validators.le(600)],
        metadata={"help": "the time that all detectors together may take for one ticket, in seconds"},
    )
    provider_seconds: float = field(
        default=60.0,
        validator=[validators.gt(0), validators.le(600)],
        metadata={"help": "the time that all attempts to get one completion may take together, in seconds"},
    )
    provider_attempts: int = field(
        default=3,
        validator=[validators.ge(1), validators.le(10)],
        metadata={"help": "how often a provider is asked for one completion before the next one is, or the run fails"},
    )
    retry_after_seconds: float = field(
        default=20.0,
        validator=[validators.ge(0), validators.le(600)],
        metadata={"help": "the longest wait that a provider may ask for; one that asks for more is not asked again"},
    )
    attempts: int = field(
        default=12, validator=validators.ge(1), metadata={"help": "how often a job is tried before a human gets it"}
    )


def _types(_instance: object, _attribute: object, types: tuple[str, ...]) -> None:
    """Types as placeholders have them. LITERAL is none that can be chosen: it stands for itself and comes back."""
    _each_once(_instance, _attribute, types)
    if not all(re.fullmatch(TYPE_PATTERN, type_) and type_ != "LITERAL" for type_ in types):
        raise ValueError("not a type of personal data")


@frozen
class Jobs:
    """`[jobs]`: how the workers go about them."""

    at_once: int = field(
        default=4,
        validator=[validators.ge(1), validators.le(100)],
        metadata={"help": "how many jobs a worker runs beside each other"},
    )
    per_account: int = field(
        default=2,
        validator=validators.ge(1),
        metadata={"help": "how many jobs of one account run at once, over all workers"},
    )
    lease_seconds: float = field(
        default=30.0,
        validator=[validators.ge(1), validators.le(900)],
        metadata={"help": "how long after the last sign of life of a worker its jobs are given to another, in seconds"},
    )
    grace_seconds: float = field(
        default=15.0,
        validator=[validators.ge(0), validators.le(900)],
        metadata={"help": "the time that running jobs get to finish when a worker is told to stop, in seconds"},
    )


@frozen
class Attachments:
    """`[attachments]`: how much of them is read. A file beyond a limit is withheld from the AI, which is told so."""

    files: int = field(default=20, validator=validators.ge(0), metadata={"help": "the files of a ticket that are read"})
    file_bytes: int = field(
        default=10_485_760, validator=validators.ge(1), metadata={"help": "the size of a file, in bytes"}
    )
    characters: int = field(
        default=200_000, validator=validators.ge(1), metadata={"help": "the length of the text of a file"}
    )
    seconds: float = field(
        default=10.0,
        validator=[validators.gt(0), validators.le(600)],
        metadata={"help": "the time that reading a file may take, in seconds"},
    )
    memory_bytes: int = field(
        default=1_073_741_824,
        validator=validators.ge(268_435_456),
        metadata={"help": "the memory of the process that reads files, in bytes"},
    )


@frozen
class Redaction:
    """`[redaction]`: what the team knows better than the detectors, and what becomes of a type.

    Every value that is found is replaced, whatever its type (promise P2). A type that nobody wants to have replaced is
    one whose detector is not in the pipeline.
    """

    allow: tuple[str, ...] = field(
        default=(),
        validator=_each_once,
        metadata={
            "help": "words and values that are never personal data, in any case, unless the ticket's records name them",
            "allowed": "words, each once",
        },
    )
    never_restore: tuple[str, ...] = field(
        default=(),
        validator=_types,
        metadata={
            "help": "types whose values are never put back into a reply; one that needs them stays with the team",
            "allowed": "types as in placeholders, such as CC, each once",
        },
    )
    block: tuple[str, ...] = field(
        default=(),
        validator=_types,
        metadata={
            "help": "types that keep a ticket from the AI altogether: a human gets it, and the entry says so",
            "allowed": "types as in placeholders, such as PASSPORT, each once",
        },
    )


def _regions(_instance: object, _attribute: object, regions: tuple[str, ...]) -> None:
    _each_once(_instance, _attribute, regions)
    words = (UNKNOWN_REGION, ORIGIN, STORE)
    if not all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", region) and region not in words for region in regions):
        raise ValueError("not a region")


@frozen
class Residency:
    """Where data may go. A part that would take it elsewhere stops the start."""

    regions: tuple[str, ...] = field(
        default=(),
        validator=_regions,
        metadata={
            "help": "the regions in which data may end up outside the host; none stated: all",
            "allowed": "regions such as eu, us or eu-central-1 (which is within eu), each once",
        },
    )


def _days(default: int, least: int, help_: str) -> int:
    """A period that may be shorter than the law's, which is the default, and never longer."""
    days: int = field(
        default=default,
        validator=[validators.ge(least), validators.le(default)],
        metadata={"help": f"{help_}, in days", "allowed": f"{least} to {default}"},
    )
    return days


@frozen
class Retention:
    """`[retention]`: how long things are kept, and how often what has expired is purged."""

    ticket_days: int = _days(90, 1, "how long what was said on tickets is kept")
    audit_days: int = _days(90, 1, "how long audit entries are kept")
    job_days: int = _days(90, 7, "how long ended jobs are kept, by which events that come again are known")
    account_days: int = _days(30, 0, "how long an account is kept after its subscription has ended")
    every_hours: float = field(
        default=24.0,
        validator=[validators.ge(1), validators.le(24)],
        metadata={"help": "how often what has expired is purged, by one host, in hours"},
    )

    @property
    def periods(self) -> Mapping[Kind, timedelta]:
        """The periods of the host."""
        days = {
            Kind.TICKETS: self.ticket_days,
            Kind.AUDIT: self.audit_days,
            Kind.JOBS: self.job_days,
            Kind.ACCOUNT: self.account_days,
        }
        return {**LAW, **{kind: timedelta(days=number) for kind, number in days.items()}}


@frozen
class Config:
    """The core's share of a configuration. The tables of the parts are in the `Document`, for the assembly."""

    plugins: tuple[str, ...] = field(
        validator=_each_once, metadata={"help": "the plugins to import", "allowed": "names, each once"}
    )
    pipeline: Pipeline = field(metadata={"help": "which part does what"})
    plugin_dirs: tuple[str, ...] = field(
        default=(), metadata={"help": "folders with single-file plugins, relative to the configuration file"}
    )
    server: Server = field(default=Server(), metadata={"help": "where the host listens"})
    attachments: Attachments = field(default=Attachments(), metadata={"help": "how much of attachments is read"})
    redaction: Redaction = field(default=Redaction(), metadata={"help": "what is never personal data"})
    limits: Limits = field(default=Limits(), metadata={"help": "what is too much"})
    jobs: Jobs = field(default=Jobs(), metadata={"help": "how jobs are run"})
    audit: Audit = field(default=Audit(), metadata={"help": "how the audit log is kept"})
    residency: Residency = field(default=Residency(), metadata={"help": "where data may go"})
    retention: Retention = field(default=Retention(), metadata={"help": "how long data is kept"})


CORE_KEYS = tuple(attribute.name for attribute in attrs.fields(Config))
"""The top-level keys and tables that belong to the core; every other table is a part's."""


def configure(document: Document, faults: list[Fault]) -> Config | None:
    """The core's share of the document; None, with the faults added, if anything is wrong in it."""
    share = {key: value for key, value in document.tree.items() if key in CORE_KEYS or not isinstance(value, dict)}
    return structure(document, (), share, Config, faults)
