"""`raum demo`: the main job, end to end, on this machine and without any account."""

import asyncio
import contextlib
import json
import re
import socket
import tempfile
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import attrs
import click
import httpx2
import uvicorn

from raum import log
from raum.api import StandIn
from raum.app import create_app
from raum.assembly import Assembly, assemble
from raum.commands.serve import SERVER_OPTIONS
from raum.errors import OperatorError
from raum.host import Host, opened
from raum.model import Account, Actor, Entry
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.terminal.options import config_option

_ACCOUNT: Final = "demo"
_PATIENCE_SECONDS: Final = 30.0
_WIDTH: Final = 100
_PLACEHOLDER: Final = re.compile(r"\[REDACTED_[A-Z0-9_]+\]")


@click.command("demo")
@click.option("--keep-running", is_flag=True, help="Leave the host and the helpdesk stand-in up until Ctrl+C.")
@config_option
def demo(keep_running: bool, config: Path) -> None:
    """Take a sample ticket all the way: webhook, redaction, draft, reply, audit entry."""
    stand_in = _stand_in(assemble(config))
    log.configure("ERROR")
    path = config.resolve()
    # Parts take relative paths from the working directory: what the demo stores goes away with its folder.
    with tempfile.TemporaryDirectory(prefix="raum-demo-") as folder, contextlib.chdir(folder):
        asyncio.run(_run(path, stand_in, keep_running))


async def _run(config: Path, stand_in: StandIn, keep_running: bool) -> None:
    async with _serving(stand_in.app) as helpdesk_url:
        overrides = {stand_in.helpdesk: stand_in.options(helpdesk_url)}
        async with opened(assemble(config, overrides)) as host:
            account, token = await _set_up(host, stand_in)
            async with _serving(create_app(assemble(config, overrides))) as url:
                await _show(host, stand_in, account, url)
                if keep_running:
                    await _stay(url, helpdesk_url, token)


def _stand_in(assembly: Assembly) -> StandIn:
    for stand_ins in assembly.hook.raum_stand_ins():
        for stand_in in stand_ins:
            if stand_in.helpdesk == assembly.helpdesk.name:
                return stand_in  # type: ignore[no-any-return]
    raise OperatorError(f"no plugin offers a stand-in for the helpdesk '{assembly.helpdesk.name}'; nothing to show")


@contextlib.asynccontextmanager
async def _serving(app: Any) -> AsyncIterator[str]:
    """Serve an application on a free port of the loopback interface; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    options = {**SERVER_OPTIONS, "loop": "auto"}
    server = uvicorn.Server(uvicorn.Config(app, **options))  # type: ignore[arg-type]
    server.config.load()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if serving.done():
                await serving
                raise OperatorError("a server of the demo did not start; the log says why")
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def _set_up(host: Host, stand_in: StandIn) -> tuple[Account, str]:
    administration = host.administration(Actor("system", "demo"))
    account = await administration.create_account(_ACCOUNT, "demo")
    await administration.set_credential(_ACCOUNT, HELPDESK_TOKEN, stand_in.token)
    await administration.set_credential(_ACCOUNT, WEBHOOK_SECRET, stand_in.signing_secret)
    return account, (await administration.create_token(_ACCOUNT, "demo")).reveal()


async def _show(host: Host, stand_in: StandIn, account: Account, url: str) -> None:
    headers, body = stand_in.sample_delivery()
    path = f"/webhooks/zendesk/{account.webhook_key}"
    _section(1, "A signed webhook arrives", "Zendesk tells the host that a customer has written.")
    _print(f"POST {path}\n" + "\n".join(f"{name}: {value}" for name, value in headers.items() if "ign" in name))
    _print(body.decode(), dim=True)
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        response = await client.post(path, content=body, headers=dict(headers))
    _print(f"{response.status_code} {response.text}")
    if response.status_code != 202:
        raise OperatorError("the host did not accept the webhook")
    entry = await _entry(host)
    reply = stand_in.last_reply()
    if entry.content is None or entry.completion is None or reply is None:
        raise OperatorError(f"the run ended as {entry.outcome}, reason {entry.reason}; the audit entry says more")
    _section(
        2,
        "What the AI got",
        "The whole ticket, every value replaced; and instructions that raum wrote.",
    )
    _print(entry.content)
    _section(3, "What the AI answered", f"Raw, in placeholder form ({entry.provider}, {entry.model}).")
    _print(entry.completion)
    text, public = reply
    posted_as = "a public comment" if public else "a private note for the team"
    _section(
        4,
        "What was posted to Zendesk",
        f"Values are back, save those the customer never saw; it is {posted_as}.",
    )
    _print(text)
    _section(5, "The audit entry", "Written once for every operation; redacted content only.")
    _print(_as_text(entry))


async def _entry(host: Host) -> Entry:
    """The entry of the run, as soon as it is there."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            for entry in await host.store.entries(_ACCOUNT):
                if entry.job_id is not None:
                    return entry
            await asyncio.sleep(0.05)


def _as_text(entry: Entry) -> str:
    def shown(name: str, value: Any) -> Any:
        if name in ("content", "completion"):
            return f"<{len(value)} characters, shown above>"
        return value

    fields = attrs.asdict(entry, recurse=False)
    return json.dumps({name: shown(name, value) for name, value in fields.items()}, indent=2, default=str)


async def _stay(url: str, helpdesk_url: str, token: str) -> None:
    click.echo()
    click.echo(f"The host is at      {url}   (health: {url}/health/ready)")
    click.echo(f"Zendesk's stand-in  {helpdesk_url}")
    click.echo(f"Service token       {token}")
    click.echo("Ctrl+C stops both.")
    await asyncio.Event().wait()


def _section(number: int, title: str, explanation: str) -> None:
    click.echo()
    click.secho(f"{number}  {title}", bold=True, fg="cyan")
    click.echo(f"   {explanation}")
    click.echo()


def _print(text: str, *, dim: bool = False) -> None:
    for line in text.splitlines():
        for part in textwrap.wrap(line, _WIDTH, drop_whitespace=False, replace_whitespace=False) or [""]:
            click.echo("   | " + (click.style(part, dim=True) if dim else _PLACEHOLDER.sub(_highlighted, part)))


def _highlighted(placeholder: re.Match[str]) -> str:
    return click.style(placeholder[0], fg="magenta")
