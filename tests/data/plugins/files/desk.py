"""A single-file plugin with one part of each kind that a pipeline needs."""

from typing import Literal

from attrs import field, frozen, validators

from raum.api import DataClass, DataUse, NoOptions, OperatorError, Part, Secret, hookimpl


class Desk:
    verify = parse = ticket_from = fetch = download = is_posted = post = tickets_of = measures = None
    app_user = installation_of = None


class Finder:
    def find(self, text):
        return []


class Echo:
    needs_key = False
    default_model = "echo-1"
    vendor = None
    complete = stream = None

    def __init__(self, options):
        self.options = options


class Memory:
    upgrades_itself = True

    def __getattr__(self, name):
        return None


class Lane(Memory):
    def use(self, store):
        pass


class Keys:
    encrypt = decrypt = rewrap = key_of = None


class Log:
    write = write_checkpoint = None


@frozen
class EchoOptions:
    url: str = "https://ai.example.com"
    token: Secret | None = None
    tone: Literal["warm", "brief"] = "brief"
    pieces: int = field(default=3, validator=[validators.ge(1), validators.le(9)])
    region: str = field(default="eu")
    models: tuple[str, ...] = ()

    @region.validator
    def _known(self, _attribute, region):
        if region not in ("eu", "us"):
            raise OperatorError("unknown region; allowed: eu, us")


STAYS = DataUse({DataClass.RAW})


@hookimpl
def raum_helpdesks():
    yield Part("desk", lambda options: Desk(), STAYS, summary="a desk in memory")


@hookimpl
def raum_detectors():
    yield Part("finder", lambda options: Finder(), STAYS, summary="finds nothing")


@hookimpl
def raum_providers():
    yield Part("echo", Echo, STAYS, EchoOptions, summary="says it again")


@hookimpl
def raum_stores():
    yield Part("memory", lambda options: Memory(), STAYS, NoOptions)


@hookimpl
def raum_queues():
    yield Part("embedded", lambda options: Lane(), STAYS)


@hookimpl
def raum_key_managers():
    yield Part("keyring", lambda options: Keys(), STAYS)


@hookimpl
def raum_audit_sinks():
    yield Part("log", lambda options: Log(), STAYS)
