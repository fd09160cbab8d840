"""`raum account` and `raum credential`: administration from the shell."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from raum.administration import Administration, mask
from raum.assembly import assemble
from raum.errors import OperatorError
from raum.host import opened
from raum.identity.actors import Role
from raum.identity.administration import IdentityAdministration
from raum.ids import utc_now
from raum.model import Actor, Delivery
from raum.secrets.credentials import HELPDESK_TOKEN, WEBHOOK_SECRET
from raum.secrets.secret import Secret
from raum.terminal.options import config_option

T = TypeVar("T")


def administer(config: Path, action: Callable[[Administration], Awaitable[T]]) -> T:
    """Run one action on the configured host, in the name of whoever is logged in."""

    async def run() -> T:
        async with opened(assemble(config)) as host:
            actor = Actor("operator", getpass.getuser())
            return await action(host.administration(actor))

    return asyncio.run(run())


def administer_identities(config: Path, action: Callable[[IdentityAdministration], Awaitable[T]]) -> T:
    """The same for what is done about accounts' lives and users."""

    async def run() -> T:
        async with opened(assemble(config)) as host:
            return await action(host.identity_administration(Actor("operator", getpass.getuser())))

    return asyncio.run(run())


def read_password() -> Secret:
    """A new password, from a prompt, twice, or from standard input. Raises OperatorError if it is none."""
    if not sys.stdin.isatty():
        text = sys.stdin.readline().rstrip("\r\n")
    else:
        text = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != text:
            raise OperatorError("the two passwords are not the same; try again")
    if not text:
        raise OperatorError("the password is empty; type it at the prompt, or write it to standard input")
    return Secret(text)


@click.group()
def account() -> None:
    """Accounts of the host."""


@account.command("create")
@click.argument("name")
@click.option("--subdomain", required=True, help="The part before .zendesk.com.")
@click.option(
    "--reply-as",
    type=click.Choice([Delivery.NOTE.value, Delivery.PUBLIC.value]),
    default=Delivery.NOTE.value,
    show_default=True,
    help="How replies to webhooks are posted: as a private note, or to the customer.",
)
@click.option(
    "--owner", metavar="EMAIL", help="Its first user, whose password is read from a prompt or standard input."
)
@config_option
def create(name: str, subdomain: str, reply_as: str, owner: str | None, config: Path) -> None:
    """Create the account NAME (a-z, 0-9 and hyphens), with a webhook address and a service token."""
    password = read_password() if owner else None

    async def action(administration: Administration) -> tuple[str, str]:
        try:
            made = await administration.create_account(name, subdomain, Delivery(reply_as))
        except ValueError:
            raise OperatorError("name and subdomain must be of a-z, 0-9 and hyphens, 63 characters at most") from None
        return made.webhook_key, (await administration.create_token(name, "first")).reveal()

    webhook_key, token = administer(config, action)
    if owner and password:
        administer_identities(config, lambda people: people.create_user(name, owner, Role.OWNER, password))
    click.echo(f"account        {name}")
    click.echo(f"webhook path   /webhooks/zendesk/{webhook_key}")
    click.echo(f"service token  {token}  (shown this once)")
    click.echo(f"next           raum credential set {name} {WEBHOOK_SECRET}")
    click.echo(f"               raum credential set {name} {HELPDESK_TOKEN}")


@account.command("list")
@config_option
def list_accounts(config: Path) -> None:
    """All accounts."""

    async def action(administration: Administration) -> list[str]:
        found = [(each, await administration.settings(each.id)) for each in await administration.store.accounts()]
        return [
            f"{each.id}  {each.subdomain}  replies as {chosen.reply_as}  {each.state_at(utc_now())}"
            for each, (chosen, _) in found
        ]

    for line in administer(config, action):
        click.echo(line)


@click.group()
def credential() -> None:
    """Credentials of an account: encrypted, write-only."""


@credential.command("set")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("name")
@config_option
def set_credential(account_name: str, name: str, config: Path) -> None:
    """Set credential NAME of ACCOUNT. The secret is read from a prompt, or from standard input.

    NAME is webhook-secret, helpdesk-token, or the name of a provider's part for its key.
    """
    secret = _secret(name, config)
    administer(config, lambda administration: administration.set_credential(account_name, name, secret))
    click.echo(f"credential '{name}' of account '{account_name}' is set")


@credential.command("rotate")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("name")
@config_option
def rotate_credential(account_name: str, name: str, config: Path) -> None:
    """Put another secret in the place of credential NAME of ACCOUNT. It is read as by `raum credential set`."""
    secret = _secret(name, config)
    if not administer(config, lambda administration: administration.rotate_credential(account_name, name, secret)):
        raise _missing(account_name, name)
    click.echo(f"credential '{name}' of account '{account_name}' is another one now")


@credential.command("list")
@click.argument("account_name", metavar="ACCOUNT")
@config_option
def list_credentials(account_name: str, config: Path) -> None:
    """The credentials of ACCOUNT: name, last four characters, and when each was set."""
    found = administer(config, lambda administration: administration.store.credentials(account_name))
    for each in found:
        click.echo(f"{each.name}  {mask(each.last_four)}  set at {each.updated_at:%Y-%m-%d %H:%M} UTC")


@credential.command("delete")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("name")
@config_option
def delete_credential(account_name: str, name: str, config: Path) -> None:
    """Delete credential NAME of ACCOUNT."""
    if not administer(config, lambda administration: administration.delete_credential(account_name, name)):
        raise _missing(account_name, name)
    click.echo(f"credential '{name}' of account '{account_name}' is deleted")


@credential.command("test")
@click.argument("account_name", metavar="ACCOUNT")
@click.argument("name")
@config_option
def test_credential(account_name: str, name: str, config: Path) -> None:
    """Try the key NAME of ACCOUNT with one small call to its provider. Exit status 1 if it does not work."""
    trial, _ = administer(config, lambda administration: administration.test_credential(account_name, name))
    click.echo(trial.sentence)
    if not trial.works:
        sys.exit(1)


def _missing(account_name: str, name: str) -> OperatorError:
    return OperatorError(f"account '{account_name}' has no credential '{name}'; `raum credential list` shows them")


def _secret(name: str, config: Path) -> Secret:
    """What is typed at a prompt, or comes from standard input."""
    allowed = (WEBHOOK_SECRET, HELPDESK_TOKEN, *(stage.name for stage in assemble(config).providers))
    if name not in allowed:
        raise OperatorError(f"no part asks for a credential '{name}'; allowed: {', '.join(allowed)}")
    prompted = sys.stdin.isatty()
    text = getpass.getpass(f"{name}: ") if prompted else sys.stdin.readline()
    if not text.strip():
        raise OperatorError("the secret is empty; type it at the prompt, or write it to standard input")
    return Secret(text.strip())
