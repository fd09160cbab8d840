"""`raum settings`: what an account chose."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from raum.administration import Administration
from raum.asking.retirements import warnings
from raum.assembly import Assembly, assemble
from raum.commands.accounts import administer
from raum.errors import InvalidSettings
from raum.ids import utc_now
from raum.settings import Settings, values
from raum.terminal.options import config_option
from raum.toml.structuring import plain

_SWITCHES = {"on": True, "off": False, "true": True, "false": False}


@click.group()
def settings() -> None:
    """Settings of an account: its providers, models, limits, and what its replies are like."""


@settings.command("get")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--json", "as_json", is_flag=True, help="All settings, with the defaults, as a JSON document.")
@config_option
def get(account_name: str, as_json: bool, config: Path) -> None:
    """Show what ACCOUNT chose; what is not shown is the default."""
    found, _ = administer(config, lambda administration: administration.settings(account_name))
    if as_json:
        click.echo(json.dumps(plain(found), ensure_ascii=False, indent=2))
        return
    for name, value in values(found).items():
        click.echo(f"{name} = {value}")
    for warning in _warnings(assemble(config), found):
        click.echo(f"warning: {warning}")


@settings.command("set")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("name")
@click.argument("value", required=False)
@config_option
def set_(account_name: str, name: str, value: str | None, config: Path) -> None:
    """Set NAME of ACCOUNT to VALUE, or without a VALUE leave it to the default again.

    NAME is a path such as fallback, models.openai.translate or limits.requests_per_minute. VALUE is a word, a number,
    on or off, words parted by commas, or JSON. docs/settings.md tells all of them.
    """

    async def action(administration: Administration) -> str:
        _, _, changed = await _change(administration, account_name, name.split("."), value)
        lines = [f"{each.name}: {each.before or 'not set'} -> {each.after or 'not set'}" for each in changed]
        return "\n".join(lines) or "nothing changed"

    click.echo(administer(config, action))


async def _change(administration: Administration, account_name: str, path: list[str], value: str | None) -> Any:
    """Try what the value can mean, in turn: what a setting's type is only the settings know."""
    refused: list[InvalidSettings] = []
    for meaning in _meanings(value):
        try:
            return await administration.change_settings(account_name, _patch(path, meaning))
        except InvalidSettings as error:
            refused.append(error)
    raise next((each for each in refused if "wrong type" not in str(each)), refused[-1])


def _meanings(value: str | None) -> list[Any]:
    """JSON, a switch, words, or text."""
    if value is None:
        return [None]
    found: list[Any] = []
    try:
        found.append(json.loads(value))
    except (ValueError, RecursionError):
        found += [_SWITCHES[value]] if value in _SWITCHES else []
    return [*(each for each in found if each is not None), [word.strip() for word in value.split(",")], value]


def _patch(path: list[str], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {name: _patch(rest, value) if rest else value}


def _warnings(assembly: Assembly, chosen: Settings) -> Iterable[str]:
    models = [
        (stage.name, stage.part.vendor, model) for stage in assembly.providers for model in chosen.models_of(stage.name)
    ]
    return warnings(models, utc_now().date())
