"""The web application: routes as data, around a host that lives as long as the application does."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from raum import log
from raum.assembly import Assembly, assemble
from raum.errors import RaumError
from raum.garbage import collect_briefly
from raum.host import opened
from raum.web import problems
from raum.web.access import guarded_by_plugin, guarded_by_table
from raum.web.guards import Guarded
from raum.web.openapi.document import description
from raum.web.requests import Requests
from raum.web.routes import ENDPOINTS, ROUTES

CONFIG_VARIABLE: Final = "RAUM_CONFIG"
"""The environment variable that tells the processes of `raum serve` which configuration to read."""

NO_WORKER_VARIABLE: Final = "RAUM_NO_WORKER"
"""The environment variable that tells them, if it is not empty, to run no jobs."""


def routes_of(assembly: Assembly) -> list[Guarded]:
    """All routes, each behind its guard. Raises OperatorError for one of a plugin's that has none."""
    offered = chain.from_iterable(assembly.hook.raum_routes())
    return [*guarded_by_table(ROUTES), *guarded_by_plugin(offered)]


def create_app(assembly: Assembly, *, with_worker: bool = True) -> Starlette:
    """The application for an assembly. Its lifespan opens the host and, unless told not to, runs a worker."""
    body_bytes = assembly.config.limits.body_bytes

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with opened(assembly) as host:
            worker = asyncio.create_task(host.work()) if with_worker else None
            await asyncio.sleep(0)  # it runs from here on, and so the host is ready
            try:
                yield {"host": host, "worker": worker}
            finally:
                host.stop()
                if worker is not None:
                    await asyncio.gather(worker, return_exceptions=True)

    app = Starlette(
        routes=routes_of(assembly),
        lifespan=lifespan,
        middleware=[
            Middleware(Requests, body_bytes=body_bytes),
            Middleware(RequestBodyLimitMiddleware, max_body_size=body_bytes),
        ],
        exception_handlers={
            problems.Problem: problems.on_problem,
            RaumError: problems.on_raum_error,
            HTTPException: problems.on_http_exception,
        },
    )
    app.state.openapi = description(ENDPOINTS)
    app.router.redirect_slashes = False  # a redirect would repeat the path and the Host header of the request
    return app


def from_environment() -> Starlette:
    """The application of a server process that `raum serve` started."""
    assembly = assemble(Path(os.environ[CONFIG_VARIABLE]))
    log.configure(assembly.config.server.log_level)
    app = create_app(assembly, with_worker=not os.environ.get(NO_WORKER_VARIABLE))
    collect_briefly()
    return app
