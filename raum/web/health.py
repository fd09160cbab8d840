"""`/health/live` and `/health/ready`: for the one who runs the host."""

from attrs import frozen
from starlette.requests import Request

from raum.host import Host
from raum.ids import utc_now
from raum.retention.deletions import overdue
from raum.web.problems import Problem


@frozen
class HealthAnswer:
    """It is well."""

    status: str


@frozen
class ReadyDetails:
    """What the one who runs the host should look at."""

    overdue_deletions: int
    parts_in_trouble: tuple[str, ...]


@frozen
class ReadyAnswer:
    """It can work."""

    status: str
    details: ReadyDetails


async def live(_request: Request) -> HealthAnswer:
    """The process answers."""
    return HealthAnswer("ok")


async def ready(request: Request) -> ReadyAnswer:
    """The worker runs, if there is one, the store answers, and its schema has what this version needs.

    So it is still ready when a newer version has migrated the store beneath it: it is to go on until it is replaced.
    The details tell of deletions that should have been done by now, and name the parts that will not work for long, or
    do not work any more; what it is, the log says and `raum check`. The host is ready all the same.
    """
    host: Host = request.state.host
    if request.state.worker is not None and not host.worker.is_running:
        raise Problem(503, "worker_stopped", "The worker has stopped; the log says why. Restart the host.")
    if not (await host.store.is_current() and await host.queue.is_current()):
        raise Problem(503, "store_outdated", "The store's schema is older than this version; run `raum migrate`.")
    late = overdue(await host.store.open_deletions(), utc_now())
    return ReadyAnswer("ok", ReadyDetails(late, tuple(host.parts_in_trouble())))
