"""A host as it is run, with the offline provider, and the Zendesk stand-in on the loopback interface."""

import asyncio
from datetime import UTC, datetime

import pytest
from attrs import frozen
from e2e.rig import served
from starlette.testclient import TestClient

from raum.app import create_app
from raum.assembly import assemble
from raum.host import opened
from raum.identity.actors import Role, Scope
from raum.model import Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum.terminal.options import default_config
from raum_zendesk.rehearsal import ZendeskRehearsal
from raum_zendesk.signature import sign

_OWNER = {"email": "owner@example.com", "password": "correct horse battery"}


@frozen
class Http:
    """A host behind its HTTP interface, with a service token of its one account and a token of its owner's."""

    client: TestClient
    token: str
    owner: str
    webhook_key: str
    standin: ZendeskRehearsal

    def signed(self, body):
        """The headers of a delivery of the stand-in's."""
        timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signature = sign(self.standin.signing_secret.reveal(), timestamp, body)
        return {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": timestamp}

    def authorization(self, path):
        """The header that opens a route: what people do in each other's place, no service token does."""
        return f"Bearer {self.owner if path == '/v1/impersonations' else self.token}"

    def ask(self, method, path, **more):
        """A request with the account's token."""
        headers = {"authorization": self.authorization(path), **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="module")
def config():
    """The configuration of the host; a module of tests may have another one."""
    return default_config().resolve()


@pytest.fixture(scope="module")
def http(tmp_path_factory, config):
    folder = tmp_path_factory.mktemp("http")
    standin = ZendeskRehearsal()
    with pytest.MonkeyPatch.context() as patch, served(standin.app) as url:
        patch.chdir(folder)
        overrides = {standin.helpdesk: standin.options(url)}
        made = {}

        async def prepare():
            assembled = assemble(config, overrides)
            for part in (assembled.store.part, assembled.queue.part):
                await part.migrate()
            async with opened(assembled) as host:
                admin = host.administration(Actor("system", "test"))
                account = await admin.create_account("acme", "acme-help")
                await admin.set_credential("acme", HELPDESK_TOKEN, standin.token)
                await admin.set_credential("acme", WEBHOOK_SECRET, standin.signing_secret)
                made["token"] = (await admin.create_token("acme", "fuzz", frozenset(Scope))).reveal()
                made["webhook_key"] = account.webhook_key
                people = host.identity_administration(Actor("system", "test"))
                await people.create_user("acme", _OWNER["email"], Role.OWNER, Secret(_OWNER["password"]))

        asyncio.run(prepare())
        app = create_app(assemble(config, overrides), with_worker=False)
        with TestClient(app, raise_server_exceptions=False) as client:
            owner = client.post("/v1/sessions", json=_OWNER).json()["access_token"]
            yield Http(client, owner=owner, standin=standin, **made)
