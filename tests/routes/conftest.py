"""A host as it is run: SQLite, the offline provider, and the Zendesk stand-in on the loopback interface."""

import asyncio
from datetime import UTC, datetime

import pytest
from attrs import frozen
from e2e.rig import served
from starlette.testclient import TestClient

from raum.app import create_app
from raum.assembly import assemble
from raum.commands.options import default_config
from raum.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.host import opened
from raum.model import Actor
from raum_zendesk.rehearsal import ZendeskRehearsal
from raum_zendesk.signature import sign


@frozen
class Http:
    """A host behind its HTTP interface, and a token of its one account."""

    client: TestClient
    token: str
    webhook_key: str
    standin: ZendeskRehearsal

    def signed(self, body):
        """The headers of a delivery of the stand-in's."""
        timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signature = sign(self.standin.signing_secret.reveal(), timestamp, body)
        return {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": timestamp}

    def ask(self, method, path, **more):
        """A request with the account's token."""
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    folder = tmp_path_factory.mktemp("http")
    standin = ZendeskRehearsal()
    with pytest.MonkeyPatch.context() as patch, served(standin.app) as url:
        patch.chdir(folder)
        overrides = {standin.helpdesk: standin.options(url)}
        made = {}

        async def prepare():
            async with opened(assemble(default_config(), overrides)) as host:
                admin = host.administration(Actor("system", "test"))
                account = await admin.create_account("acme", "acme-help")
                await admin.set_credential("acme", HELPDESK_TOKEN, standin.token)
                await admin.set_credential("acme", WEBHOOK_SECRET, standin.signing_secret)
                made["token"] = (await admin.create_token("acme", "fuzz")).reveal()
                made["webhook_key"] = account.webhook_key

        asyncio.run(prepare())
        app = create_app(assemble(default_config(), overrides), with_worker=False)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Http(client, standin=standin, **made)
