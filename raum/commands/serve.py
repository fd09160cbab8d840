"""`raum serve` and `raum migrate`."""

import asyncio
import os
import resource
from pathlib import Path

import click
import structlog
import uvicorn

from raum import log
from raum.app import CONFIG_VARIABLE
from raum.assembly import Assembly, assemble
from raum.commands.options import config_option
from raum.host import opened

_log = structlog.get_logger("raum.serve")


@click.command("serve")
@click.option("--host", help="The address to listen on; else the configuration's.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; else the configuration's.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="Private key, PEM.")
@config_option
def serve(
    host: str | None, port: int | None, workers: int, tls_cert: str | None, tls_key: str | None, config: Path
) -> None:
    """Run the host."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    assembly = assemble(config)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would write the memory, originals and all
    log.configure(assembly.config.server.log_level)
    asyncio.run(prepare(assembly))
    os.environ[CONFIG_VARIABLE] = str(config.resolve())
    server = assembly.config.server
    uvicorn.run(
        "raum.app:from_environment",
        factory=True,
        host=host or server.host,
        port=server.port if port is None else port,
        workers=workers,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
        **SERVER_OPTIONS,  # type: ignore[arg-type]
    )


# The web server logs nothing of its own but errors: its access log would write whole paths.
SERVER_OPTIONS = {
    "access_log": False,
    "log_config": None,
    "loop": "uvloop",
    "http": "httptools",
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": 10,
}


async def prepare(assembly: Assembly) -> None:
    """Before any server process starts: can all parts start, and which jobs did a killed host leave behind?"""
    async with opened(assembly) as host:
        left_behind = await host.store.put_back_running()
    if left_behind:
        _log.warning("jobs of a stopped host run again", jobs=left_behind)


@click.command("migrate")
@config_option
def migrate(config: Path) -> None:
    """Create the store's schema, or bring it up to date."""
    store = assemble(config).store.part

    async def run() -> bool:
        current = await store.is_current()
        if not current:
            await store.migrate()
        return current

    was_current = asyncio.run(run())
    click.echo("The store was up to date." if was_current else "The store is up to date now.")
