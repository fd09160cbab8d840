"""Errors as problem documents (RFC 9457). Each is written by the host and holds nothing of the request."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import structlog
from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.errors import (
    HelpdeskFailed,
    KeyRefused,
    LimitReached,
    NoSuchUser,
    NotAllowed,
    NotDecryptable,
    OperationFailed,
    OperatorError,
    PersonNotFound,
    ProviderFailed,
    RaumError,
    RefusedBySafety,
    SignInRefused,
    TicketNotFound,
    TooLong,
    TooManyAttempts,
)
from raum.toml.structuring import plain

_log = structlog.get_logger("raum.web")

TITLES: Final[Mapping[int, str]] = {
    400: "Bad request",
    401: "Not authorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Precondition failed",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Cannot be processed",
    428: "Precondition required",
    429: "Too many requests",
    500: "Internal error",
    502: "Bad gateway",
    503: "Not available now",
}
_RETRY_AFTER_SECONDS: Final = 10.0


@frozen
class FieldError:
    """What is wrong at one place of the body."""

    pointer: str
    detail: str


@frozen
class ProblemDocument:
    """A problem (RFC 9457)."""

    LEFT_OUT: ClassVar[tuple[str, ...]] = ("errors",)

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        *,
        retry_after_seconds: float = _RETRY_AFTER_SECONDS,
    ) -> None:
        """`errors` are pairs of a JSON pointer into the body (RFC 6901) and what is wrong there.

        `retry_after_seconds` goes with 429 and 503.
        """
        super().__init__(detail)
        self.errors = tuple(FieldError(pointer, text) for pointer, text in errors)
        self.retry_after_seconds = retry_after_seconds
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


def response_of(problem: Problem, request_id: str) -> Response:
    """The document as a response. 429 and 503 say when to come back, 401 what to bring."""
    headers = {}
    if problem.status in (429, 503):
        headers["Retry-After"] = str(math.ceil(problem.retry_after_seconds))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        document_of(problem, request_id), problem.status, headers, media_type="application/problem+json"
    )


def document_of(problem: Problem, request_id: str) -> dict[str, Any]:
    """The document itself."""
    document = ProblemDocument(
        type=f"urn:raum:problem:{problem.code}",
        title=TITLES.get(problem.status, "Error"),
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
        request_id=request_id,
        errors=problem.errors,
    )
    told: dict[str, Any] = plain(document, sparse=True)
    return told


def problem_of(error: RaumError) -> Problem:
    """The problem that one of raum's own errors is for an HTTP client."""
    match error:
        case _ if _needs_operator(error):
            return Problem(503, error.code, "The host cannot do this right now; its log says what the operator can do.")
        case TooManyAttempts(seconds=seconds):
            return Problem(429, error.code, str(error), retry_after_seconds=seconds)
        case OperationFailed():
            after = error.retry_after_seconds if isinstance(error, LimitReached) else None
            return Problem(_status_of(error), error.code, str(error), retry_after_seconds=after or _RETRY_AFTER_SECONDS)
    statuses = {NoSuchUser: 404, SignInRefused: 401, NotAllowed: 403}
    return Problem(statuses.get(type(error), 400), error.code, str(error))


def _needs_operator(error: RaumError) -> bool:
    """Whether it is for the operator alone to know and to mend; an operation that fails for it has its code."""
    return isinstance(error, OperatorError) or error.code in (KeyRefused.code, NotDecryptable.code)


def _status_of(failure: OperationFailed) -> int:
    match failure:
        case TicketNotFound() | PersonNotFound():
            return 404
        case LimitReached(code="price_unknown"):
            return 422
        case LimitReached():
            return 429
        case OperationFailed(retryable=True):
            return 503
        case OperationFailed(code="ticket_too_long" | "type_blocked") | TooLong() | RefusedBySafety():
            return 422
        case HelpdeskFailed() | ProviderFailed():
            return 502
        case _:
            return 500


async def on_problem(request: Request, error: Exception) -> Response:
    """Exception handler for `Problem`."""
    assert isinstance(error, Problem)  # noqa: S101 -- registered for this type alone
    return response_of(error, request.state.request_id)


async def on_raum_error(request: Request, error: Exception) -> Response:
    """Exception handler for `RaumError`."""
    assert isinstance(error, RaumError)  # noqa: S101 -- registered for this type alone
    if _needs_operator(error):
        _log.error("a request needs the operator", request=request.state.request_id, problem=str(error))
    return response_of(problem_of(error), request.state.request_id)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Exception handler for what Starlette refuses: no such route, no such method, body over the limit."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this type alone
    code = TITLES.get(error.status_code, "Error").lower().replace(" ", "_")
    problem = Problem(error.status_code, code, f"{TITLES.get(error.status_code, 'Error')}.")
    response = response_of(problem, request.state.request_id)
    response.headers.update(error.headers or {})
    return response
