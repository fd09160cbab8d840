"""`/v1/sessions`: signing in, staying in and signing out. `/v1/impersonations`: acting in a user's place."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.host import Host
from raum.identity.sessions import Granted
from raum.ids import utc_now
from raum.secret import Secret
from raum.web.access import caller
from raum.web.addresses import origin_of
from raum.web.body import json_object
from raum.web.problems import Problem

_LONGEST_REASON: Final = 500


async def sign_in(request: Request) -> Response:
    """A token for an e-mail address and a password."""
    email, password = _texts(await json_object(request), "email", "password")
    host: Host = request.state.host
    return _answer(request, await host.sessions.sign_in(email, Secret(password), origin_of(request)))


async def sign_in_from_helpdesk(request: Request) -> Response:
    """A token for the one that Zendesk signed when the app was opened."""
    (token,) = _texts(await json_object(request), "token")
    host: Host = request.state.host
    return _answer(request, await host.sessions.sign_in_from_helpdesk(Secret(token), origin_of(request)))


async def renew(request: Request) -> Response:
    """Another token, for one that is still good."""
    host: Host = request.state.host
    return _answer(request, await host.sessions.renew(caller(request), origin_of(request)))


async def end(request: Request) -> Response:
    """Sign out."""
    host: Host = request.state.host
    await host.sessions.end(caller(request), origin_of(request))
    return Response(status_code=204)


async def impersonate(request: Request) -> Response:
    """A token in a user's place. The reason is mandatory, and is kept in the audit log, redacted."""
    user, reason = _texts(await json_object(request), "user", "reason")
    if len(reason) > _LONGEST_REASON:
        raise Problem(400, "invalid_shape", f"'reason' must be of {_LONGEST_REASON} characters at most.")
    host: Host = request.state.host
    return _answer(request, await host.sessions.impersonate(caller(request), user, reason.strip(), origin_of(request)))


def _answer(request: Request, granted: Granted) -> Response:
    """The token, in the words of RFC 6749, 5.1."""
    document = {
        "access_token": granted.token.reveal(),
        "token_type": "Bearer",
        "expires_in": int((granted.expires_at - utc_now()).total_seconds()),
        "session_expires_at": granted.session.expires_at.isoformat(),
        "request_id": request.state.request_id,
    }
    return JSONResponse(document, 201)


def _texts(document: dict[str, Any], *names: str) -> list[str]:
    """Exactly these texts, none of them empty. Problem 400 for anything else."""
    if set(document) != set(names):
        raise Problem(400, "invalid_shape", f"The body must have {' and '.join(names)}, and nothing else.")
    values = [document[name] for name in names]
    if not all(isinstance(value, str) and value.strip() and "\0" not in value for value in values):
        raise Problem(400, "invalid_shape", f"{' and '.join(names)} must be texts that are not empty.")
    return values
