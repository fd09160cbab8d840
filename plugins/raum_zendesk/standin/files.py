"""Attachments: who may download them, and from where."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from raum_zendesk.standin import shown
from raum_zendesk.standin.state import State
from raum_zendesk.standin.table import Table

_DOWNLOAD_TOKEN: Final = "short-lived"  # noqa: S105 -- opens nothing but this stand-in


class Files:
    """Content is asked for with the account's token, and comes from another address, without it."""

    def __init__(self, state: State, knows: Callable[[Request], bool]) -> None:
        self._state = state
        self._knows = knows
        self.elsewhere: str | None = None
        self.table: Table = [
            ("GET", "api/v2/attachments/{id:int}", self._show),
            ("POST", "api/v2/uploads", self._upload),
        ]
        self.open_table: Table = [
            ("GET", "attachments/token/{token}/", self._redirect),
            ("GET", "attachment/{id:int}", self._content),
        ]

    async def _show(self, request: Request) -> Response:
        found = self._state.attachment(request.path_params["id"])
        return shown.error(shown.NOT_FOUND) if found is None else JSONResponse(
            {"attachment": shown.attachment(request, found)}
        )  # fmt: skip

    async def _redirect(self, request: Request) -> Response:
        if not self._knows(request):
            return shown.error(shown.UNAUTHENTICATED)
        token = request.path_params["token"]
        base = self.elsewhere or str(request.base_url)
        return RedirectResponse(f"{base.rstrip('/')}/attachment/{int(token, 16)}?token={_DOWNLOAD_TOKEN}", 302)

    async def _content(self, request: Request) -> Response:
        content = self._state.contents.get(request.path_params["id"])
        if content is None or request.query_params.get("token") != _DOWNLOAD_TOKEN:
            return shown.error(shown.NOT_FOUND)
        if "authorization" in request.headers:  # the file store must not get to know the account's token
            return Response("a token of the account was sent to the file store", 400)
        return Response(content, media_type="application/octet-stream")

    async def _upload(self, request: Request) -> Response:
        name = request.query_params.get("filename", "file")
        token, document = self._state.upload(name, await request.body())
        file = shown.attachment(request, document)
        upload = {"token": token, "expires_at": "2099-01-01T00:00:00Z", "attachment": file, "attachments": [file]}
        return JSONResponse({"upload": upload}, 201)
