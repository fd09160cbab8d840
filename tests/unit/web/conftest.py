"""The web application around a host of fakes."""

import contextlib
import io
import json
import logging
from pathlib import Path

import httpx2
import pytest
import structlog
from attrs import frozen

from raum import log
from raum.app import create_app
from raum.assembly import Assembly, assemble
from raum.host import Host
from raum.identity.actors import Scope
from raum.model import Account, Actor
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum.testing import FakeHelpdesk

CONFIG = f"""\
plugins = ["fakes"]
plugin_dirs = ["{Path(__file__).parent / "plugins"}"]
[pipeline]
helpdesk = "desk"
detectors = ["words"]
providers = ["echo"]
store = "memory"
keys = "keyring"
[limits]
body_bytes = 10000
"""
SECRET = Secret("signing-secret")


@frozen
class Site:
    """A host behind its HTTP interface, with one account."""

    assembly: Assembly
    host: Host
    client: httpx2.AsyncClient
    account: Account
    token: str

    @property
    def path(self):
        return f"/webhooks/zendesk/{self.account.webhook_key}"

    async def deliver(self, body, **headers):
        """A signed delivery."""
        headers = {"content-type": "application/json", **FakeHelpdesk.sign(body, SECRET), **headers}
        return await self.client.post(self.path, content=body, headers=headers)

    async def ask(self, content, path="/v1/generate", **headers):
        """A request with the account's token."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}", **headers}
        return await self.client.post(path, content=content, headers=headers)


@pytest.fixture
def logged():
    """Logging at DEBUG as the host does it; gives what was written, as text."""
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        log.configure("DEBUG")
        yield stream.getvalue
    structlog.reset_defaults()
    for handler in logging.getLogger().handlers[:]:
        if getattr(handler, "stream", None) is stream:
            logging.getLogger().removeHandler(handler)
    for name in ("raum", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def events(logged):
    """What was logged, line by line."""
    return lambda: [json.loads(line) for line in logged().splitlines()]


@pytest.fixture
async def site(tmp_path, logged):
    (tmp_path / "raum.toml").write_text(CONFIG, encoding="utf-8")
    assembly = assemble(tmp_path / "raum.toml")
    app = create_app(assembly)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope, receive, send):
            scope["state"] = dict(state)
            await app(scope, receive, send)

        host = state["host"]
        admin = host.administration(Actor("user", "tester"))
        account = await admin.create_account("acme", "acme-help")
        await admin.set_credential("acme", WEBHOOK_SECRET, SECRET)
        await admin.set_credential("acme", HELPDESK_TOKEN, Secret("helpdesk-token"))
        token = (await admin.create_token("acme", "sidebar", frozenset(Scope))).reveal()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(with_state), base_url="http://host") as client:
            yield Site(assembly, host, client, account, token)
