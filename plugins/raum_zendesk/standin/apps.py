"""The stand-in's app: its public key, and the tokens that are signed when somebody opens it."""

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import Response

from raum.api import Secret
from raum_zendesk.standin import shown
from raum_zendesk.standin.table import Table

APP = "502876"
INSTALLATION = "28666254387092"


class Apps:
    """One app, with one installation."""

    def __init__(self) -> None:
        self.table: Table = [("GET", "api/v2/apps/{app}/public_key.pem", self._public_key)]

    @functools.cached_property
    def key(self) -> RSAPrivateKey:
        """Made when it is needed first, because that takes a moment."""
        return generate_private_key(65_537, 2048)

    def token(self, url: str, user_id: int, **claims: Any) -> Secret:
        """What Zendesk at `url` gives to the app when a user opens it; `claims` take the place of its own."""
        now = datetime.now(UTC)
        payload = {
            "iss": url.removeprefix("https://").removeprefix("http://"),
            "aud": f"{url}/api/v2/apps/installations/{INSTALLATION}.json",
            "sub": f"{url}/api/v2/users/{user_id}.json",
            "iat": now,
            "nbf": now,
            "exp": now + timedelta(minutes=2),
            "qsh": "0",
            "context": {"product": "support", "location": "ticket_sidebar"},
            **claims,
        }
        said = {name: value for name, value in payload.items() if value is not None}
        return Secret(jwt.encode(said, self.key, "RS256"))

    async def _public_key(self, request: Request) -> Response:
        if request.path_params["app"] != APP:
            return shown.error(shown.NO_SUCH_ROUTE)
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return Response(pem, media_type="application/x-pem-file")
