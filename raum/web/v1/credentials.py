"""`/v1/credentials`: write-only secrets of the caller's account. What can be read is which there are, masked."""

from datetime import datetime

from attrs import field, frozen, validators
from starlette.requests import Request
from starlette.responses import Response

from raum.administration import mask
from raum.host import Host
from raum.model import KeptCredential
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum.web.access import caller
from raum.web.openapi.endpoints import document
from raum.web.problems import Problem
from raum.web.v1.settings import administration


@frozen
class SecretBody:
    """A secret, which nobody can read again."""

    secret: str = field(
        repr=False,
        validator=validators.and_(validators.matches_re(r"[!-~]+"), validators.max_len(4_096)),
        metadata={"help": "the secret", "allowed": "1 to 4096 printable ASCII characters without blanks"},
    )


@frozen
class CredentialAnswer:
    """What may be shown of a credential."""

    name: str
    secret: str = field(metadata={"help": "masked, but for the last four characters of one that is long enough"})
    set_at: datetime


@frozen
class CredentialsAnswer:
    """The credentials of the account."""

    credentials: tuple[CredentialAnswer, ...]
    request_id: str


@frozen
class TrialAnswer:
    """Whether a key works, and if not, what is wrong with it."""

    works: bool
    code: str | None = field(metadata={"help": "the code of the failure"})
    model: str
    detail: str
    entry_id: str
    request_id: str


async def index(request: Request) -> CredentialsAnswer:
    """All credentials of the account."""
    host: Host = request.state.host
    kept = await host.store.credentials(caller(request).account.id)
    return CredentialsAnswer(tuple(map(_shown, kept)), request.state.request_id)


async def show(request: Request) -> CredentialAnswer:
    """One credential."""
    return _shown(await _kept(request, _name(request)))


async def put(request: Request, body: SecretBody) -> Response:
    """Store a secret, or another one in its place: 201 for one that was not there."""
    name = _name(request)
    before = await administration(request).credential(caller(request).account.id, name)
    await administration(request).set_credential(caller(request).account.id, name, Secret(body.secret))
    return document(_shown(await _kept(request, name)), 200 if before else 201)


async def rotate(request: Request, body: SecretBody) -> CredentialAnswer:
    """Another secret in the place of one that is there."""
    name = _name(request)
    if not await administration(request).rotate_credential(caller(request).account.id, name, Secret(body.secret)):
        raise _missing()
    return _shown(await _kept(request, name))


async def delete(request: Request) -> Response:
    """Delete a credential."""
    if not await administration(request).delete_credential(caller(request).account.id, _name(request)):
        raise _missing()
    return Response(status_code=204)


async def test(request: Request) -> TrialAnswer:
    """One cheap call with the key, audited as `credential_test`."""
    host: Host = request.state.host
    account_id, name = caller(request).account.id, request.path_params["name"]
    provider = host.pipeline.asker.providers.get(name)
    if provider is None or not provider.needs_key:
        raise Problem(404, "unknown_credential", "No provider of this host has a key of that name.")
    await _kept(request, name)
    trial, entry = await administration(request).test_credential(account_id, name)
    return TrialAnswer(trial.works, trial.code, trial.model, trial.sentence, entry.id, request.state.request_id)


def _name(request: Request) -> str:
    """The name in the path, if a part of the host asks for a credential of that name. Problem 404."""
    host: Host = request.state.host
    keyed = [name for name, provider in host.pipeline.asker.providers.items() if provider.needs_key]
    name: str = request.path_params["name"]
    if name not in (WEBHOOK_SECRET, HELPDESK_TOKEN, *keyed):
        raise Problem(404, "unknown_credential", "No part of this host asks for a credential of that name.")
    return name


async def _kept(request: Request, name: str) -> KeptCredential:
    kept = await administration(request).credential(caller(request).account.id, name)
    if kept is None:
        raise _missing()
    return kept


def _missing() -> Problem:
    return Problem(404, "credential_missing", "The account has stored no credential of that name.")


def _shown(kept: KeptCredential) -> CredentialAnswer:
    return CredentialAnswer(kept.name, mask(kept.last_four), kept.updated_at)
