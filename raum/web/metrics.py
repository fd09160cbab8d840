"""`/metrics`: figures about the host, of no account and no ticket, in the text format of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from starlette.requests import Request
from starlette.responses import Response

from raum.host import Host

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def metrics(request: Request) -> Response:
    """How many jobs are in each state."""
    host: Host = request.state.host
    lines = ["# HELP raum_jobs Jobs in each state.", "# TYPE raum_jobs gauge"]
    lines += [f'raum_jobs{{state="{state}"}} {number}' for state, number in (await host.queue.count()).items()]
    return Response("\n".join(lines) + "\n", media_type=_MEDIA_TYPE)
