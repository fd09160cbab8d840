"""`raum serve`, `raum worker` and `raum migrate`."""

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

import click
import structlog
import uvicorn

from raum import log
from raum.api import Queue, Store, Warns
from raum.app import CONFIG_VARIABLE, NO_WORKER_VARIABLE, routes_of
from raum.assembly import Assembly, assemble
from raum.garbage import collect_briefly
from raum.host import opened
from raum.terminal.options import config_option

_log = structlog.get_logger("raum.serve")


@click.command("serve")
@click.option("--host", help="The address to listen on; else the configuration's.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port to listen on; else the configuration's.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Server processes.")
@click.option("--no-worker", is_flag=True, help="Run no jobs here; `raum worker` does.")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False), help="Private key, PEM.")
@config_option
def serve(
    host: str | None,
    port: int | None,
    workers: int,
    no_worker: bool,
    tls_cert: str | None,
    tls_key: str | None,
    config: Path,
) -> None:
    """Run the host."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    assembly = _prepared(config)
    routes_of(assembly)
    asyncio.run(try_out(assembly))
    os.environ[CONFIG_VARIABLE] = str(config.resolve())
    os.environ[NO_WORKER_VARIABLE] = "1" if no_worker else ""
    # The web server, when it has shut down, raises the signal again that it was told to stop by.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
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


def _prepared(config: Path) -> Assembly:
    """The assembly for a process that is going to have tickets in its memory."""
    assembly = assemble(config)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would write the memory, originals and all
    log.configure(assembly.config.server.log_level)
    return assembly


async def try_out(assembly: Assembly) -> None:
    """Before any server process starts: can all parts start?"""
    async with opened(assembly):
        await _say_what_the_store_warns_of(assembly)


async def _say_what_the_store_warns_of(assembly: Assembly) -> None:
    if isinstance(assembly.store.part, Warns):
        for warning in await assembly.store.part.warnings():
            _log.warning("the store warns", problem=warning)


@click.command("worker")
@config_option
def worker(config: Path) -> None:
    """Run accepted jobs, and nothing else. SIGTERM lets the running ones finish; a second one stops at once."""
    asyncio.run(_work(_prepared(config)))


async def _work(assembly: Assembly) -> None:
    async with opened(assembly) as host:
        await _say_what_the_store_warns_of(assembly)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for number in _STOPPING:
                loop.remove_signal_handler(number)  # the next one finds what the process was born with
            _log.info("worker stops")
            host.stop()

        for number in _STOPPING:
            loop.add_signal_handler(number, stop)
        collect_briefly()
        _log.info("worker runs", process=os.getpid())
        await host.work()


_STOPPING = (signal.SIGTERM, signal.SIGINT)


@click.command("migrate")
@config_option
def migrate(config: Path) -> None:
    """Create the store's schema, or bring it up to date. Hosts that run go on meanwhile and afterwards."""
    assembly = assemble(config)
    parts: tuple[Store | Queue, ...] = (assembly.store.part, assembly.queue.part)

    async def run() -> bool:
        current = [await part.is_current() for part in parts]
        for part in parts:
            await part.migrate()
        return all(current)

    was_current = asyncio.run(run())
    click.echo("The store was up to date." if was_current else "The store is up to date now.")
