"""`/health/live` and `/health/ready`: for the one who runs the host."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.host import Host
from raum.web.problems import Problem


async def live(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """The worker runs, if there is one, the store answers, and its schema is the one that this version needs."""
    host: Host = request.state.host
    if request.state.worker is not None and not host.worker.is_running:
        raise Problem(503, "worker_stopped", "The worker has stopped; the log says why. Restart the host.")
    if not (await host.store.is_current() and await host.queue.is_current()):
        raise Problem(503, "store_outdated", "The store's schema is not the one of this version; run `raum migrate`.")
    return JSONResponse({"status": "ok"})
