"""The form in which groups of routes are written: method, path without `.json`, and who answers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Awaitable[Response]]
Table = list[tuple[str, str, Handler]]
