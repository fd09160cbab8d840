"""`raum settings`: what an account chose about AI."""

from collections.abc import Iterable
from pathlib import Path

import click

from raum.administration import Administration
from raum.asking.retirements import warnings
from raum.asking.settings import Settings
from raum.assembly import Assembly, assemble
from raum.commands.accounts import administer
from raum.commands.options import config_option
from raum.ids import utc_now


@click.group()
def settings() -> None:
    """Settings of an account: its providers, models and sampling."""


@settings.command("get")
@click.argument("account_name", metavar="ACCOUNT")
@config_option
def get(account_name: str, config: Path) -> None:
    """Show what ACCOUNT chose; what is not shown is the host's default."""
    values = administer(config, lambda administration: administration.settings(account_name))
    for name, value in values.items():
        click.echo(f"{name} = {value}")
    for warning in _warnings(assemble(config), Settings(values)):
        click.echo(f"warning: {warning}")


@settings.command("set")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("name")
@click.argument("value", required=False)
@config_option
def set_(account_name: str, name: str, value: str | None, config: Path) -> None:
    """Set NAME of ACCOUNT to VALUE, or without a VALUE leave it to the host again.

    NAME is providers (in the order in which they are asked, as "openai,anthropic"), fallback (on or off: whether the
    next one is asked when one fails), max_output_tokens, model.PROVIDER, model.PROVIDER.OPERATION,
    temperature.PROVIDER or top_p.PROVIDER.
    """

    async def action(administration: Administration) -> str:
        change = await administration.change_setting(account_name, name, value)
        return f"{change.name}: {change.before or 'not set'} -> {change.after or 'not set'}"

    click.echo(administer(config, action))


def _warnings(assembly: Assembly, chosen: Settings) -> Iterable[str]:
    models = [
        (stage.name, stage.part.vendor, model) for stage in assembly.providers for model in chosen.models(stage.name)
    ]
    return warnings(models, utc_now().date())
