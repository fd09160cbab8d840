"""`GET` and `PATCH /v1/settings`: what the caller's account chose."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from raum.administration import Administration
from raum.errors import ChangedMeanwhile, InvalidSettings
from raum.host import Host
from raum.settings import Settings
from raum.web.access import caller
from raum.web.addresses import origin_of
from raum.web.body import invalid
from raum.web.openapi.endpoints import document
from raum.web.problems import Problem


def administration(request: Request) -> Administration:
    """Administrative actions in the name of the caller."""
    host: Host = request.state.host
    return host.administration(caller(request).actor, origin_of(request))


async def show(request: Request) -> Response:
    """All settings, with the defaults of those that were not chosen."""
    settings, version = await administration(request).settings(caller(request).account.id)
    return _document(settings, version)


async def change(request: Request, patch: dict[str, Any]) -> Response:
    """Apply a JSON merge patch (RFC 7396) to the settings that the caller has seen (RFC 9110, 13.1.1)."""
    tags = request.headers.get("if-match")
    if tags is None:
        raise Problem(428, "if_match_missing", "Send the ETag of the settings that you have seen as If-Match.")
    account_id, actions = caller(request).account.id, administration(request)
    stale = Problem(412, "changed_meanwhile", "The settings are not those of that ETag any more; read them again.")
    _, version = await actions.settings(account_id)
    if tags.strip() != "*" and _tag(version) not in [tag.strip() for tag in tags.split(",")]:
        raise stale
    try:
        settings, version, _ = await actions.change_settings(account_id, patch, version)
    except ChangedMeanwhile:
        raise stale from None
    except InvalidSettings as error:
        raise invalid(error.faults) from None
    return _document(settings, version)


def _document(settings: Settings, version: int) -> Response:
    return document(settings, headers={"ETag": _tag(version)})


def _tag(version: int) -> str:
    return f'"{version}"'
