"""Remembers every file that the process opens for writing, and tells the test at `/opened`."""

import os
import sys
from pathlib import Path

from starlette.responses import JSONResponse
from starlette.routing import Route

from raum.api import guarded, hookimpl

_opened = set()


def _watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str | bytes):
        path, _mode, flags = arguments
        if flags & (os.O_WRONLY | os.O_RDWR):
            _opened.add(str(Path(os.fsdecode(path)).absolute()))


sys.addaudithook(_watch)


@hookimpl
def raum_routes():
    yield guarded(Route("/opened", lambda request: JSONResponse(sorted(_opened))), open=True)
