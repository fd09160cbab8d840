"""`/metrics`: figures about the host, of no account and no ticket, in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from starlette.requests import Request
from starlette.responses import Response

from raum.host import Host
from raum.ids import utc_now
from raum.retention.deletions import overdue

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def metrics(request: Request) -> Response:
    """How many jobs are in each state, how many deletions are open, and how many of these are overdue."""
    host: Host = request.state.host
    lines = ["# HELP raum_jobs Jobs in each state.", "# TYPE raum_jobs gauge"]
    lines += [f'raum_jobs{{state="{state}"}} {number}' for state, number in (await host.queue.count()).items()]
    deletions = await host.store.open_deletions()
    lines += _gauge("raum_deletions_open", "Deletions that were asked for and are not done.", len(deletions))
    lines += _gauge("raum_deletions_overdue", "Those that should have been done.", overdue(deletions, utc_now()))
    return Response("\n".join(lines) + "\n", media_type=_MEDIA_TYPE)


def _gauge(name: str, help_: str, value: int) -> list[str]:
    return [f"# HELP {name} {help_}", f"# TYPE {name} gauge", f"{name} {value}"]
