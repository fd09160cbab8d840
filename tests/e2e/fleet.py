"""A host as several processes: one that accepts deliveries and some that only work."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import httpx2
from e2e.rig import PATIENCE_SECONDS, eventually

from raum.assembly import assemble
from raum.host import opened
from raum.identity.actors import Role
from raum.ids import utc_now
from raum.model import Actor, Delivery
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum_zendesk.oauth import Grant, OAuthClient

CONFIG = """\
plugins = ["zendesk", "patterns", "sqlite", "postgres", "pgqueuer", "localkeys", "crashing"]
plugin_dirs = ["{plugins}"]
[pipeline]
helpdesk = "crashing-desk"
detectors = ["email", "name"]
providers = ["crashing-provider"]
store = "{store}"
queue = "crashing-{queue}"
keys = "localkeys"
[jobs]
at_once = 1
per_account = 8
lease_seconds = 1
[limits]
attempts = 50
[crashing-desk]
url = "{zendesk_url}"
[sqlite]
path = "{folder}/data/raum.db"
[localkeys]
path = "{folder}/keys/raum.keys"
"""
POSTGRES = """\
[postgres]
url = {{ file = "{folder}/url" }}
"""


class Process:
    """A command of `raum` that runs until it is stopped or killed."""

    def __init__(self, *command: str, ready: str, crash_at: str = "") -> None:
        self.output: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from raum.cli import main; main()", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "RAUM_TEST_CRASH_AT": crash_at},
            text=True,
        )
        self._ready = threading.Event()
        self._match: re.Match[str] | None = None
        self._reader = threading.Thread(target=self._read, args=[re.compile(ready)])
        self._reader.start()

    def _read(self, ready) -> None:
        for line in self._process.stdout:
            self.output.append(line)
            self._match = self._match or ready.search(line)
            if self._match:
                self._ready.set()
        self._ready.set()

    def wait_until_ready(self) -> re.Match[str]:
        """What was matched in its output."""
        self.wait_until_up()
        assert self._match, self.output
        return self._match

    def wait_until_up(self) -> None:
        """Until it is ready, or has ended before that."""
        assert self._ready.wait(PATIENCE_SECONDS), self.output

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wait_a_moment(self, seconds: float) -> None:
        """At most so long; less if it ends."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit status."""
        status = self._process.wait(PATIENCE_SECONDS)
        self._reader.join()
        self._process.stdout.close()
        return status

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()


class Fleet:
    """`raum serve --no-worker`, as many `raum worker` as are started, and one account."""

    def __init__(self, folder: Path, zendesk, zendesk_url: str, *, postgres_url: str = "") -> None:
        self.zendesk = zendesk
        self.folder = folder
        store, queue = ("postgres", "pgqueuer") if postgres_url else ("sqlite", "embedded")
        text = CONFIG + (POSTGRES if postgres_url else "")
        plugins = Path(__file__).parent / "plugins"
        self.config = folder / "raum.toml"
        (folder / "url").write_text(postgres_url)
        text = text.format(plugins=plugins, store=store, queue=queue, zendesk_url=zendesk_url, folder=folder)
        self.config.write_text(text)
        self.path = asyncio.run(self._create())
        self._processes: list[Process] = []
        self._customer = zendesk.add_user("Ada Quill", "ada@example.com")

    async def _create(self) -> str:
        assembly = assemble(self.config)
        await assembly.store.part.migrate()
        await assembly.queue.part.migrate()
        async with opened(assembly) as host:
            admin = host.administration(Actor("user", "tester"))
            account = await admin.create_account("acme", "help", Delivery.PUBLIC)
            await admin.set_credential("acme", HELPDESK_TOKEN, self.zendesk.token)
            await admin.set_credential("acme", WEBHOOK_SECRET, self.zendesk.signing_secret)
        return f"/webhooks/zendesk/{account.webhook_key}"

    def connect(self) -> None:
        """Connect the account by OAuth, instead of with a token that does not end."""
        grant = Grant(OAuthClient("raum"), *self.zendesk.oauth.grant(), utc_now() + timedelta(hours=1))

        async def connect(host):
            await host.administration(Actor("user", "tester")).set_credential("acme", HELPDESK_TOKEN, grant.written())

        self._do(connect)

    def create_owner(self, email: str, password: str) -> None:
        """Somebody who signs in."""

        async def create(host):
            people = host.identity_administration(Actor("user", "tester"))
            await people.create_user("acme", email, Role.OWNER, Secret(password))

        self._do(create)

    def ask(self, method: str, path: str, token: str = "", **content) -> httpx2.Response:
        """A request with a token."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.request(
            method, self.url + path, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS, **content
        )

    def entries(self):
        """The account's audit entries."""
        return self._do(lambda host: host.store.entries("acme", limit=1000))

    def _do(self, work):
        async def do():
            async with opened(assemble(self.config)) as host:
                return await work(host)

        return asyncio.run(do())

    def worker(self, crash_at: str = "") -> Process:
        """A worker that is about to be ready."""
        return self._started("worker", ready="worker runs", crash_at=crash_at)

    def serve(self, crash_at: str = "", *, works: bool = False) -> Process:
        """A process that accepts, and works if it is to; `url` is where."""
        command = ("serve", *(() if works else ("--no-worker",)), "--port", "0")
        process = self._started(*command, ready=r"Uvicorn running on (\S+)", crash_at=crash_at)
        self.url = process.wait_until_ready()[1]
        return process

    def _started(self, *command: str, **options) -> Process:
        process = Process(*command, "--config", str(self.config), **options)
        self._processes.append(process)
        return process

    def stop(self) -> None:
        """End all that is left."""
        for process in self._processes:
            process.kill()

    def new_ticket(self) -> int:
        return self.zendesk.add_ticket("Late hat", self._customer, "Where is my hat? Ada Quill")

    def deliver(self, ticket: int) -> httpx2.Response | None:
        """One attempt to deliver the event of a new ticket; None if nobody answers."""
        delivery = self.zendesk.delivery_for_ticket_created(ticket)
        try:
            return httpx2.post(
                self.url + self.path,
                content=delivery.body,
                headers=dict(delivery.headers),
                trust_env=False,
                timeout=PATIENCE_SECONDS,
            )
        except httpx2.TransportError:
            return None

    def jobs(self) -> dict[str, int]:
        """How many jobs are in each state, as `/metrics` says."""
        text = httpx2.get(f"{self.url}/metrics", trust_env=False, timeout=PATIENCE_SECONDS).text
        return {state: int(number) for state, number in re.findall(r'raum_jobs\{state="(\w+)"\} (\d+)', text)}

    def ended(self) -> dict[str, int]:
        """The same, once no job waits or runs; as long as some job ends, the others are waited for."""
        jobs = self.jobs()
        while left := jobs["waiting"] + jobs["running"]:
            jobs = eventually(lambda left=left: self._fewer_than(left))
        return jobs

    def _fewer_than(self, left: int) -> dict[str, int] | None:
        jobs = self.jobs()
        return jobs if jobs["waiting"] + jobs["running"] < left else None

    def replies(self, ticket: int) -> list[str]:
        """The comments of the host on a ticket."""
        mine = [comment for comment in self.zendesk.comments(ticket) if comment["author_id"] == self.zendesk.me]
        return [comment["plain_body"] for comment in mine]
