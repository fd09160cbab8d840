"""A real host in a process of its own, with a helpdesk stand-in and a scripted AI in the process of the test."""

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx2
import uvicorn
from attrs import define, field, frozen
from servers import as_superuser, fetch
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from raum.assembly import assemble
from raum.host import opened
from raum.identity.actors import Scope
from raum.model import Actor, Delivery
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum_zendesk.standin import ZendeskStandIn

PROVIDER_KEY = "sk-scripted-0123456789"
PATIENCE_SECONDS = 20.0
DETECTORS = ("email", "card", "phone", "name")

_CONFIG = """\
plugins = [
    "zendesk", "documents", "patterns", "sqlite", "postgres", "pgqueuer", "localkeys", "jsonl", "syslog", "aws",
    "openbao",
    "scripted", "watcher",
]
plugin_dirs = ["{plugins}"]
[pipeline]
helpdesk = "zendesk"
extractors = ["pdf", "docx", "eml", "html", "csv", "text"]
detectors = {detectors}
providers = ["scripted"]
store = "{store}"
queue = "{queue}"
keys = "{keys}"
audit = {audit}
[server]
log_level = "DEBUG"
[limits]
body_bytes = 100000
attempts = {attempts}
[jobs]
lease_seconds = 2
[zendesk]
url = "{zendesk_url}"
[scripted]
url = "{ai_url}"
[sqlite]
path = "{folder}/data/raum.db"
[localkeys]
path = "{folder}/keys/raum.keys"
[jsonl]
path = "{folder}/data/entries.jsonl"
"""
_POSTGRES = """\
[postgres]
url = {{ file = "{folder}/url" }}
"""


@contextmanager
def served(app):
    """Serve an application from a thread, on a free port of the loopback interface; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def eventually(look):
    """What `look` gives, as soon as it is not None."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen")


@frozen
class Answer:
    """What the AI answers. `refused` makes the provider raise, with the prompt, its key and this in the message."""

    text: str = ""
    draft_only: bool = False
    refused: str | None = None


@define
class Ai:
    """Keeps every prompt that the provider got, and answers as the test says."""

    answer: Callable[[str], Answer] = field(default=lambda ticket: Answer("Noted."))
    prompts: list[dict[str, str]] = field(factory=list)

    @property
    def app(self):
        return Starlette(routes=[Route("/", self._ask, methods=["POST"])])

    async def _ask(self, request: Request):
        prompt = await request.json()
        self.prompts.append(prompt)
        answer = await run_in_threadpool(self.answer, prompt["ticket"])
        if answer.refused is not None:
            return JSONResponse({"refused": answer.refused})
        return JSONResponse({"text": answer.text, "draft_only": answer.draft_only})


@frozen
class Login:
    """An account of the host, as its customer knows it."""

    id: str
    webhook_path: str
    token: str


class Host:
    """`raum serve` on a configuration of its own in `folder`."""

    def __init__(
        self,
        folder: Path,
        zendesk_url: str,
        ai_url: str,
        *,
        detectors=DETECTORS,
        attempts=5,
        postgres_url="",
        audit=("jsonl",),
        keys="localkeys",
        tables="",
    ) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.output: list[bytes] = []
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._config = folder / "raum.toml"
        plugins = Path(__file__).parent / "plugins"
        self._postgres_url = postgres_url
        (folder / "url").write_text(postgres_url)
        store, queue = ("postgres", "pgqueuer") if postgres_url else ("sqlite", "embedded")
        text = (_CONFIG + _POSTGRES * bool(postgres_url)).format(
            store=store, queue=queue, plugins=plugins, detectors=json.dumps(detectors), attempts=attempts,
            zendesk_url=zendesk_url, ai_url=ai_url, folder=folder, audit=json.dumps(audit), keys=keys,
        )  # fmt: skip
        self._config.write_text(text + tables, encoding="utf-8")

    def start(self) -> None:
        """Returns when the host listens."""
        command = [sys.executable, "-c", "from raum.cli import main; main()", "serve", "--port", "0"]
        self._process = subprocess.Popen(
            [*command, "--config", str(self._config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(self.temporary), "PYTHONWARNINGS": "default"},
            cwd=self.folder,
        )
        listens = threading.Event()
        self._reader = threading.Thread(target=self._read, args=[self._process.stdout, listens])
        self._reader.start()
        assert listens.wait(PATIENCE_SECONDS), b"".join(self.output)
        assert self.url, b"".join(self.output)

    def _read(self, pipe, listens) -> None:
        self.url = ""
        for line in pipe:
            self.output.append(line)
            _, running, rest = line.decode().partition("Uvicorn running on ")
            if running:
                self.url = rest.split()[0]
                listens.set()
        listens.set()

    def stop(self, *, kill: bool = False) -> None:
        """End the host, if it runs: let it finish, or kill it on the spot."""
        if self._process is None:
            return
        assert self._reader is not None
        assert self._process.stdout is not None
        self._process.kill() if kill else self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join()
        self._process.stdout.close()
        self._process = None

    @property
    def log(self) -> list[dict]:
        """What the host logged so far."""
        return [json.loads(line) for line in self.output]

    def create_account(self, name: str, zendesk: ZendeskStandIn, reply_as: Delivery = Delivery.NOTE) -> Login:
        """An account with all credentials, made as the commands make it."""

        async def create():
            assembly = assemble(self._config)
            await assembly.store.part.migrate()
            await assembly.queue.part.migrate()
            async with opened(assembly) as host:
                admin = host.administration(Actor("user", "tester"))
                account = await admin.create_account(name, "help", reply_as)
                await admin.set_credential(name, HELPDESK_TOKEN, zendesk.token)
                await admin.set_credential(name, WEBHOOK_SECRET, zendesk.signing_secret)
                await admin.set_credential(name, "scripted", Secret(PROVIDER_KEY))
                token = await admin.create_token(name, "sidebar", frozenset(Scope))
                return Login(name, f"/webhooks/zendesk/{account.webhook_key}", token.reveal())

        return asyncio.run(create())

    def set_helpdesk_token(self, login: Login, token: Secret) -> None:
        """Let the account use its helpdesk by another credential."""

        async def store():
            async with opened(assemble(self._config)) as host:
                await host.administration(Actor("user", "tester")).set_credential(login.id, HELPDESK_TOKEN, token)

        asyncio.run(store())

    def deliver(self, login: Login, delivery) -> httpx2.Response:
        """Send a webhook delivery."""
        return self.post(login.webhook_path, content=delivery.body, headers=dict(delivery.headers))

    def post(self, path: str, **content) -> httpx2.Response:
        """Send a request."""
        return httpx2.post(self.url + path, trust_env=False, timeout=PATIENCE_SECONDS, **content)

    def get(self, path: str, login: Login | None = None) -> httpx2.Response:
        """Send a request without a body, in the name of an account if there is one."""
        headers = {"Authorization": f"Bearer {login.token}"} if login else {}
        return httpx2.get(self.url + path, trust_env=False, timeout=PATIENCE_SECONDS, headers=headers)

    def ask(self, login: Login, path: str, document) -> httpx2.Response:
        """Send a request in the name of an account."""
        return self.post(path, json=document, headers={"Authorization": f"Bearer {login.token}"})

    def entries(self, login: Login) -> list[SimpleNamespace]:
        """The account's audit entries about operations, oldest first, as the database holds them."""
        query = "SELECT * FROM entries WHERE account_id = '{}' AND operation = 'generate' ORDER BY seq"
        rows = self.rows(query.format(login.id))
        lists = ("placeholders", "unresolved")
        return [SimpleNamespace(**{**row, **{name: json.loads(row[name]) for name in lists}}) for row in rows]

    def rows(self, query: str, *parameters: str) -> list[dict]:
        """What a query finds in the database."""
        if self._postgres_url:
            return asyncio.run(fetch(as_superuser(self._postgres_url), query))
        with closing(sqlite3.connect(f"file:{self.folder}/data/raum.db?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, parameters)]

    def entry_of(self, login: Login, response: httpx2.Response):
        """The entry of the job that a delivery was accepted as, once it is written."""
        job_id = response.json()["job_id"]
        return eventually(lambda: next((entry for entry in self.entries(login) if entry.job_id == job_id), None))
