"""`POST /v1/credentials/{name}/test`: does a stored key work, and if not, what is wrong with it?"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from raum.host import Host
from raum.web.access import caller
from raum.web.problems import Problem


async def test(request: Request) -> Response:
    """One cheap call with the key, audited as `credential_test`. Problem 404 for what is no provider's key."""
    host: Host = request.state.host
    asking = caller(request)
    account, actor = asking.account, asking.actor
    name = request.path_params["name"]
    provider = host.pipeline.asker.providers.get(name)
    if provider is None or not provider.needs_key:
        raise Problem(404, "unknown_credential", "No provider of this host has a key of that name.")
    if await host.store.credential(account.id, name) is None:
        raise Problem(404, "credential_missing", "The account has stored no key of that name.")
    source_ip = request.client.host if request.client else ""
    administration = host.administration(actor, source_ip, request.state.request_id)
    trial, entry = await administration.test_credential(account.id, name)
    return JSONResponse(
        {
            "works": trial.works,
            "code": trial.code,
            "model": trial.model,
            "detail": trial.sentence,
            "entry_id": entry.id,
            "request_id": request.state.request_id,
        }
    )
