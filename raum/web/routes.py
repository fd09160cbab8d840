"""Every route of the core: what it takes, what it gives, and who answers it."""

from collections.abc import Mapping
from typing import Any, Final

from raum.audit.export import FORMATS
from raum.model import Operation
from raum.settings import Settings
from raum.web import health, metrics, webhook
from raum.web.body import JSON
from raum.web.openapi import document
from raum.web.openapi.endpoints import Endpoint, routes
from raum.web.v1 import audit, credentials, deletions, operations, sessions, settings

_DOES: Final[Mapping[Operation, str]] = {
    Operation.GENERATE: "Write a reply to the customer's latest message",
    Operation.TRANSLATE: "Translate a text, or the customer's latest message",
    Operation.REWRITE: "Rewrite the team's draft of a reply",
    Operation.SUMMARIZE: "Summarize a ticket for a colleague",
}


def _operation(operation: Operation) -> Endpoint:
    return Endpoint(
        "POST",
        f"/v1/{operation}",
        operations.answering(operation),
        _DOES[operation],
        operations.OperationAnswer,
        body=operations.BODIES[operation],
        problems=(404, 422, 429, 502),
        streams=True,
    )


def _credential(method: str, suffix: str, handle: Any, summary: str, answer: Any, **more: Any) -> Endpoint:
    return Endpoint(method, f"/v1/credentials/{{name}}{suffix}", handle, summary, answer, problems=(404,), **more)


_SHOWN, _SECRET = credentials.CredentialAnswer, credentials.SecretBody

ENDPOINTS: Final = (
    Endpoint(
        "POST", "/webhooks/zendesk/{webhook_key}", webhook.receive, "Take a signed delivery of the helpdesk",
        webhook.DeliveryAnswer, 202, also=(200,), body=webhook.DeliveryBody, is_raw=True, problems=(401, 404),
    ),
    *(_operation(each) for each in Operation),
    Endpoint(
        "POST", "/v1/redactions", operations.redactions, "Show what the AI would see of a ticket, and ask none",
        operations.RedactionAnswer, body=operations.TicketBody, problems=(404, 422, 502),
    ),
    Endpoint("GET", "/v1/settings", settings.show, "The settings of the account", Settings, has_etag=True),
    Endpoint(
        "PATCH", "/v1/settings", settings.change, "Change settings of the account by a JSON merge patch", Settings,
        body=Settings, patches=True, has_etag=True, needs_if_match=True, problems=(412, 428),
    ),
    Endpoint(
        "GET", "/v1/credentials", credentials.index, "The credentials of the account, masked",
        credentials.CredentialsAnswer,
    ),
    _credential("GET", "", credentials.show, "A credential, masked", _SHOWN),
    _credential("PUT", "", credentials.put, "Store a credential", _SHOWN, also=(201,), body=_SECRET),
    _credential("DELETE", "", credentials.delete, "Delete a credential", None, status=204),
    _credential("POST", "/rotate", credentials.rotate, "Put another secret in its place", _SHOWN, body=_SECRET),
    _credential("POST", "/test", credentials.test, "Try a key with one small call", credentials.TrialAnswer),
    Endpoint(
        "GET", "/v1/audit", audit.entries, "The audit log of the account, newest entries first", audit.EntriesAnswer,
        query=audit.PAGE_QUERY,
    ),
    Endpoint(
        "GET", "/v1/audit/export", audit.export, "The audit log as a file", tuple(FORMATS.values()),
        query=audit.EXPORT_QUERY,
    ),
    Endpoint(
        "POST", "/v1/sessions", sessions.sign_in, "Sign in with e-mail address and password", sessions.TokenAnswer, 201,
        body=sessions.SignInBody, problems=(401, 429),
    ),
    Endpoint(
        "POST", "/v1/sessions/zendesk", sessions.sign_in_from_helpdesk, "Sign in from the app in Zendesk",
        sessions.TokenAnswer, 201, body=sessions.HelpdeskSignInBody, problems=(401, 429),
    ),
    Endpoint(
        "POST", "/v1/sessions/current", sessions.renew, "Another token for the session", sessions.TokenAnswer, 201,
    ),
    Endpoint("DELETE", "/v1/sessions/current", sessions.end, "Sign out of the session", None, 204),
    Endpoint(
        "POST", "/v1/impersonations", sessions.impersonate, "A token in a user's place", sessions.TokenAnswer, 201,
        body=sessions.ImpersonationBody, problems=(404,),
    ),
    Endpoint(
        "POST", "/v1/deletions", deletions.request_deletion, "Have something of the account deleted",
        deletions.DeletionAnswer, 202, body=deletions.DeletionBody, problems=(404, 502),
    ),
    Endpoint("GET", "/v1/deletions", deletions.list_deletions, "The account's deletions", deletions.DeletionsAnswer),
    Endpoint("GET", "/health/live", health.live, "The process answers", health.HealthAnswer),
    Endpoint("GET", "/health/ready", health.ready, "The host can work", health.ReadyAnswer),
    Endpoint("GET", "/openapi.json", document.show, "This description", (JSON,)),
    Endpoint("GET", "/metrics", metrics.metrics, "Figures about the host, for Prometheus", ("text/plain",)),
)  # fmt: skip

ROUTES: Final = tuple(routes(ENDPOINTS))
