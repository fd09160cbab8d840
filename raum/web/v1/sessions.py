"""`/v1/sessions`: signing in, staying in and signing out. `/v1/impersonations`: acting in a user's place."""

from datetime import datetime
from typing import Any, Final

from attrs import field, frozen, validators
from starlette.requests import Request
from starlette.responses import Response

from raum.host import Host
from raum.identity.sessions import Granted
from raum.ids import utc_now
from raum.secrets.secret import Secret
from raum.web.access import caller
from raum.web.addresses import origin_of

_LONGEST_REASON: Final = 500


def _says_something(_instance: object, _attribute: object, text: str) -> None:
    if not text.strip() or "\0" in text:
        raise ValueError("a text without a word")


def _words(help_: str, *validators_: Any) -> Any:
    schema = {"minLength": 1, "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}
    metadata = {"help": help_, "allowed": "a text that is not empty", "schema": schema}
    return field(repr=False, validator=[_says_something, *validators_], metadata=metadata)


@frozen
class SignInBody:
    """Who signs in."""

    email: str = _words("the e-mail address")
    password: str = _words("the password")


@frozen
class HelpdeskSignInBody:
    """Who signs in from the helpdesk's app."""

    token: str = _words("the token that the helpdesk signed when the app was opened")


@frozen
class ImpersonationBody:
    """In whose place somebody acts, and why."""

    user: str = _words("the id of the user")
    reason: str = _words("why; it is kept in the audit log, redacted", validators.max_len(_LONGEST_REASON))


@frozen
class TokenAnswer:
    """A token, in the words of RFC 6749, 5.1."""

    access_token: str
    token_type: str
    expires_in: int = field(metadata={"help": "the seconds that it is good for"})
    session_expires_at: datetime
    request_id: str


async def sign_in(request: Request, body: SignInBody) -> TokenAnswer:
    """A token for an e-mail address and a password."""
    host: Host = request.state.host
    return _answer(request, await host.sessions.sign_in(body.email, Secret(body.password), origin_of(request)))


async def sign_in_from_helpdesk(request: Request, body: HelpdeskSignInBody) -> TokenAnswer:
    """A token for the one that Zendesk signed when the app was opened."""
    host: Host = request.state.host
    return _answer(request, await host.sessions.sign_in_from_helpdesk(Secret(body.token), origin_of(request)))


async def renew(request: Request) -> TokenAnswer:
    """Another token, for one that is still good."""
    host: Host = request.state.host
    return _answer(request, await host.sessions.renew(caller(request), origin_of(request)))


async def end(request: Request) -> Response:
    """Sign out."""
    host: Host = request.state.host
    await host.sessions.end(caller(request), origin_of(request))
    return Response(status_code=204)


async def impersonate(request: Request, body: ImpersonationBody) -> TokenAnswer:
    """A token in a user's place. The reason is mandatory, and is kept in the audit log, redacted."""
    host: Host = request.state.host
    reason, origin = body.reason.strip(), origin_of(request)
    return _answer(request, await host.sessions.impersonate(caller(request), body.user, reason, origin))


def _answer(request: Request, granted: Granted) -> TokenAnswer:
    return TokenAnswer(
        access_token=granted.token.reveal(),
        token_type="Bearer",  # noqa: S106  # the word of RFC 6750
        expires_in=int((granted.expires_at - utc_now()).total_seconds()),
        session_expires_at=granted.session.expires_at,
        request_id=request.state.request_id,
    )
