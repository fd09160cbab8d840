"""The routes about the account itself: its webhooks, and the tokens of its apps."""

import base64
import hashlib
import itertools
import json
import secrets
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from raum.api import Secret
from raum_zendesk.standin import shown
from raum_zendesk.standin.pages import paged
from raum_zendesk.standin.state import Document
from raum_zendesk.standin.table import Table

_INVALID_GRANT = (400, {"error": "invalid_grant", "error_description": "The provided grant is invalid"})
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class OAuth:
    """Codes and tokens. A refresh makes both of the old tokens invalid."""

    def __init__(self) -> None:
        self._codes: dict[str, Document] = {}
        self._grants: dict[str, str] = {}
        self.issued: list[Secret] = []
        self.refreshes = 0
        self.life_seconds = 1800
        self.open_table: Table = [
            ("GET", "oauth/authorizations/new", self._authorize),
            ("POST", "oauth/tokens", self._tokens),
        ]

    def grant(self) -> tuple[Secret, Secret]:
        """An access token and the refresh token that goes with it."""
        access, refresh = (f"{kind}-{secrets.token_hex(12)}" for kind in ("access", "refresh"))
        self._grants[access] = refresh
        pair = Secret(access), Secret(refresh)
        self.issued += pair
        return pair

    def expire(self) -> Secret:
        """The access token of the only grant is too old from now on; gives it. Its refresh token is good."""
        ((access, refresh),) = self._grants.items()
        self._grants = {f"expired {access}": refresh}
        return Secret(access)

    def revoke(self) -> None:
        """Take no token any more."""
        self._grants.clear()

    def knows(self, token: str) -> bool:
        """Whether an access token is good."""
        return token in self._grants

    async def _authorize(self, request: Request) -> Response:
        """A person has logged in and said yes: back to the app, with a code."""
        query = dict(request.query_params)
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return shown.error((400, {"error": "invalid_request"}))
        code = secrets.token_hex(8)
        self._codes[code] = query
        answer = urlencode({"code": code, "state": query.get("state", "")})
        return RedirectResponse(f"{query['redirect_uri']}?{answer}", 302)

    async def _tokens(self, request: Request) -> Response:
        try:
            asked: Any = json.loads(await request.body())
        except ValueError:
            return shown.error(shown.NOT_JSON)
        granted = self._redeemed(asked) if asked.get("grant_type") == "authorization_code" else self._refreshed(asked)
        if not granted:
            return shown.error(_INVALID_GRANT)
        access, refresh = self.grant()
        return JSONResponse({
            "access_token": access.reveal(), "refresh_token": refresh.reveal(), "expires_in": self.life_seconds,
            "token_type": "bearer", "scope": "read write",
        })  # fmt: skip

    def _redeemed(self, asked: Document) -> bool:
        query = self._codes.pop(str(asked.get("code")), None)
        digest = hashlib.sha256(str(asked.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return query is not None and all(
            (
                query.get("code_challenge") == challenge,
                query.get("redirect_uri") == asked.get("redirect_uri"),
                query.get("client_id") == asked.get("client_id"),
            )
        )

    def _refreshed(self, asked: Document) -> bool:
        self.refreshes += 1
        for access, refresh in self._grants.items():
            if refresh == asked.get("refresh_token"):
                del self._grants[access]
                return True
        return False


class Webhooks:
    """The webhooks of the account. The first one that is made signs with the stand-in's own secret."""

    def __init__(self, signing_secret: Secret, page_size: int) -> None:
        self._secret = signing_secret
        self._page_size = page_size
        self._numbers = itertools.count(1)
        self.known: dict[str, Document] = {}
        self.table: Table = [
            ("GET", "api/v2/webhooks", self._list),
            ("POST", "api/v2/webhooks", self._create),
            ("GET", "api/v2/webhooks/{id}", self._show),
            ("PATCH", "api/v2/webhooks/{id}", self._change),
            ("DELETE", "api/v2/webhooks/{id}", self._delete),
            ("GET", "api/v2/webhooks/{id}/signing_secret", self._signing_secret),
        ]

    async def _list(self, request: Request) -> Response:
        return JSONResponse(paged(request, "webhooks", list(self.known.values()), self._page_size)[0])

    async def _create(self, request: Request) -> Response:
        try:
            asked: Any = json.loads(await request.body())["webhook"]
            kept = {key: asked[key] for key in ("name", "endpoint", "http_method", "request_format", "status")}
        except (ValueError, KeyError, TypeError):
            return shown.error(shown.NOT_JSON)
        number = next(self._numbers)
        identifier = "01KAFZ5W8YQ3V4D1N9T2R6C7" + _ALPHABET[number // 32] + _ALPHABET[number % 32]
        stamp = {"created_at": "2026-11-20T07:00:00.906338593Z", "created_by": "9120101000404"}
        self.known[identifier] = {"id": identifier, **kept, "subscriptions": asked.get("subscriptions", []), **stamp}
        return JSONResponse({"webhook": self.known[identifier]}, 201)

    async def _show(self, request: Request) -> Response:
        found = self.known.get(request.path_params["id"])
        return JSONResponse({"webhook": found}) if found else shown.error(shown.NOT_FOUND)

    async def _change(self, request: Request) -> Response:
        found = self.known.get(request.path_params["id"])
        if found is None:
            return shown.error(shown.NOT_FOUND)
        found.update(json.loads(await request.body())["webhook"])
        return Response(status_code=204)

    async def _delete(self, request: Request) -> Response:
        found = self.known.pop(request.path_params["id"], None)
        return Response(status_code=204) if found else shown.error(shown.NOT_FOUND)

    async def _signing_secret(self, request: Request) -> Response:
        if request.path_params["id"] not in self.known:
            return shown.error(shown.NOT_FOUND)
        return JSONResponse({"signing_secret": {"secret": self._secret.reveal(), "algorithm": "SHA256"}})
