"""`raum keys`: under which keys the stored values are encrypted, and moving them to the newest one."""

import asyncio
import getpass
from pathlib import Path

import click

from raum.assembly import assemble
from raum.errors import KeysUnavailable, OperatorError
from raum.host import opened
from raum.model import Actor
from raum.secrets.rewrapping import Rewrapping, keys_in_use
from raum.terminal.columns import columns
from raum.terminal.options import config_option


@click.group()
def keys() -> None:
    """Keys that credentials, and the host's own keys, are encrypted under."""


@keys.command("list")
@config_option
def list_keys(config: Path) -> None:
    """How many stored values are under which key: a key with none under it is not needed any more."""

    async def run() -> None:
        async with opened(assemble(config)) as host:
            used = await keys_in_use(host.store, host.credentials.keys)
            click.echo(columns([("KEY", "VALUES"), *((key, str(count)) for key, count in used.items())]))

    asyncio.run(run())


@keys.command("rewrap")
@config_option
def rewrap(config: Path) -> None:
    """Move every stored value to the newest key, while the host works. Stopped midway, it is simply run again."""
    asyncio.run(_rewrap(config))


async def _rewrap(config: Path) -> None:
    moved, faults = 0, 0
    async with opened(assemble(config)) as host:
        actor = Actor("operator", getpass.getuser())
        rewrapping = Rewrapping(host.store, host.credentials.keys, host.journal, actor)
        try:
            async for each in rewrapping.run():
                changed = each.before != each.after
                told = each.fault or (f"{each.before} -> {each.after}" if changed else f"{each.after}, as before")
                click.echo(f"{each.place.account_id}  {each.place.name}  {told}")
                moved, faults = moved + changed, faults + bool(each.fault)
        except KeysUnavailable as error:
            raise OperatorError(f"{error}; {moved} were moved so far, and another run does the rest") from None
    click.echo(f"{moved} moved")
    if faults:
        raise OperatorError(
            f"{faults} could not be moved; restore their key, or set credentials anew and replace the host's own keys"
        )
