"""The command line."""

import asyncio
import sys
from pathlib import Path

import click

from raum.assembly import assemble, list_plugins, render_check, render_plugins
from raum.commands import accounts, audit, demo, evaluate, identity, jobs, keys, redact, retention, serve, settings
from raum.dataflow.table import FORMATS, flows
from raum.errors import RaumError
from raum.host import warnings_of
from raum.ids import utc_now
from raum.terminal.console import HostConsole
from raum.terminal.options import config_option, default_config


class _Commands(click.Group):
    """The host's own commands, and behind them those of the plugins that the default configuration names."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or self._of_plugins().get(cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        try:
            return sorted({*super().list_commands(ctx), *self._of_plugins()})
        except RaumError:  # `raum check` tells what is wrong with the configuration; help is there all the same
            return super().list_commands(ctx)

    @staticmethod
    def _of_plugins() -> dict[str, click.Command]:
        hooks = assemble(default_config()).hook
        return {str(command.name): command for offered in hooks.raum_commands() for command in offered}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="raum")
def raum() -> None:
    """AI on Zendesk tickets without the customers' personal data."""


@raum.command()
@config_option
def check(config: Path) -> None:
    """Validate the configuration, and print each stage with its part."""
    assembly = assemble(config)
    click.echo(render_check(assembly, utc_now().date(), asyncio.run(warnings_of(assembly))))


@raum.command()
@config_option
def plugins(config: Path) -> None:
    """List the plugins that are installed, and their parts."""
    click.echo(render_plugins(list_plugins(config)))


@raum.command("dataflow")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@config_option
def dataflow_command(form: str, config: Path) -> None:
    """Print where which data goes: each part, what it receives, and where that is kept for how long."""
    click.echo(FORMATS[form](flows(assemble(config))))


for command in (
    demo.demo,
    serve.serve,
    serve.worker,
    serve.migrate,
    redact.redact_command,
    evaluate.evaluate_command,
    accounts.account,
    accounts.credential,
    identity.user,
    identity.token,
    identity.sessions,
    jobs.jobs,
    audit.audit,
    keys.keys,
    settings.settings,
    retention.purge,
    retention.deletion,
):
    raum.add_command(command)


def main() -> None:
    """The entry point. What the operator can mend is told without a traceback, with exit status 2."""
    try:
        raum.main(standalone_mode=False, obj=HostConsole())
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except RaumError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
