"""The fakes of `raum.testing` as the parts of a host, and a route with a bug."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from raum.api import DataClass, DataUse, Part, guarded, hookimpl
from raum.testing import FakeDetector, FakeHelpdesk, FakeKeyManager, FakeProvider, FakeQueue, FakeStore

USE = DataUse({DataClass.RAW})


@hookimpl
def raum_helpdesks():
    yield Part("desk", lambda options: FakeHelpdesk(), USE)


@hookimpl
def raum_detectors():
    yield Part("words", lambda options: FakeDetector({"Ada Quill": "NAME"}), USE)


@hookimpl
def raum_providers():
    yield Part("echo", lambda options: FakeProvider(), USE)


@hookimpl
def raum_stores():
    yield Part("memory", lambda options: FakeStore(), USE)


@hookimpl
def raum_queues():
    yield Part("embedded", lambda options: FakeQueue(), USE)


@hookimpl
def raum_key_managers():
    yield Part("keyring", lambda options: FakeKeyManager(), USE)


async def buggy(request: Request) -> Response:
    raise KeyError(request.query_params["text"])


@hookimpl
def raum_routes():
    yield guarded(Route("/buggy/{name}", buggy), open=True)
