"""`raum user`, `raum token` and `raum sessions`, and the part of `raum account` that is about an account's life."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from raum.administration import TOKEN_DAYS
from raum.commands.accounts import account, administer, administer_identities, read_password
from raum.errors import OperatorError
from raum.identity.actors import Role, Scope
from raum.identity.administration import IdentityAdministration
from raum.ids import utc_now
from raum.terminal.columns import columns
from raum.terminal.options import config_option

_ROLES: Final = [role.value for role in Role if role is not Role.OPERATOR]
_account: Final = click.argument("account_name", metavar="ACCOUNT")
_user: Final = click.argument("user_name", metavar="USER")


@account.command("show")
@_account
@config_option
def show(account_name: str, config: Path) -> None:
    """What is known about ACCOUNT, but for its secrets."""
    known = administer_identities(config, lambda administration: administration.account(account_name))
    chosen, _ = administer(config, lambda administration: administration.settings(account_name))
    facts = {
        "account": known.id,
        "subdomain": known.subdomain,
        "replies as": chosen.reply_as,
        "state": known.state_at(utc_now()),
        "ends at": f"{known.ends_at:%Y-%m-%d %H:%M} UTC" if known.ends_at else "-",
        "app": f"{known.app}, installation {known.installation}" if known.app else "-",
        "owners may act as users": "yes" if chosen.impersonation else "no",
    }
    click.echo(columns(list(facts.items())))


@account.command("suspend")
@_account
@config_option
def suspend(account_name: str, config: Path) -> None:
    """Shut all doors of ACCOUNT at once, until it is resumed: webhooks, tokens, sessions and jobs."""
    administer_identities(config, lambda administration: administration.suspend(account_name))
    click.echo(f"account '{account_name}' is suspended")


@account.command("resume")
@_account
@config_option
def resume(account_name: str, config: Path) -> None:
    """Open the doors of ACCOUNT again, also if it was terminated."""
    administer_identities(config, lambda administration: administration.resume(account_name))
    click.echo(f"account '{account_name}' is active; `raum jobs list --state dead` shows what was not done meanwhile")


@account.command("terminate")
@_account
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day from which on it is shut, in UTC; else now.")
@config_option
def terminate(account_name: str, on: datetime | None, config: Path) -> None:
    """End the subscription of ACCOUNT."""
    ends_at = on.replace(tzinfo=UTC) if on else utc_now()
    administer_identities(config, lambda administration: administration.terminate(account_name, ends_at))
    click.echo(f"account '{account_name}' ends at {ends_at:%Y-%m-%d %H:%M} UTC")


@account.command("delete")
@_account
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def delete(account_name: str, yes: bool, config: Path) -> None:
    """Delete ACCOUNT with its credentials, settings, users and tokens, for good. Its audit entries stay their time."""
    if not yes:
        click.confirm(f"Delete the account '{account_name}' and all that it has?", abort=True)
    administer_identities(config, lambda administration: administration.delete(account_name))
    click.echo(f"account '{account_name}' is deleted")


@account.command("app")
@_account
@click.argument("app", metavar="APP_ID")
@click.argument("installation", metavar="INSTALLATION_ID")
@config_option
def app(account_name: str, app: str, installation: str, config: Path) -> None:
    """Let the agents of ACCOUNT sign in from the helpdesk's app, by its number and that of its installation."""
    if not all(word.isdecimal() and word.isascii() and len(word) <= 20 for word in (app, installation)):
        raise OperatorError("the app and its installation are numbers; Zendesk's Admin Center shows them")
    administer_identities(config, lambda administration: administration.set_app(account_name, app, installation))
    click.echo(f"agents of '{account_name}' sign in from app {app}, installation {installation}")


@account.command("impersonation")
@_account
@click.argument("allowed", type=click.Choice(["on", "off"]))
@config_option
def impersonation(account_name: str, allowed: str, config: Path) -> None:
    """Whether the owners of ACCOUNT may act as its other users."""
    change = {"impersonation": allowed == "on"}
    administer(config, lambda administration: administration.change_settings(account_name, change))
    click.echo(f"owners of '{account_name}' {'may' if allowed == 'on' else 'may not'} act as its other users")


@click.group()
def user() -> None:
    """Users of accounts, and operators of the host. USER is an e-mail address, or an id as the list shows it."""


@user.command("create")
@click.argument("email")
@click.option("--account", "account_name", help="The account that the user is one of.")
@click.option("--role", type=click.Choice(_ROLES), help="What the user may do there.")
@click.option("--operator", is_flag=True, help="Somebody who runs the host, without an account.")
@click.option(
    "--person", type=click.IntRange(1), help="The helpdesk's number of the user, who then signs in there too."
)
@config_option
def create(
    email: str, account_name: str | None, role: str | None, operator: bool, person: int | None, config: Path
) -> None:
    """Create a user. The password is read from a prompt, or from standard input."""
    chosen = Role.OPERATOR if operator else Role(role) if role else None
    if chosen is None or operator == bool(account_name) or (operator and (role or person)):
        raise click.UsageError("Give --account and --role, or --operator.")
    password = read_password()

    async def action(administration: IdentityAdministration) -> str:
        return (await administration.create_user(account_name, email, chosen, password, person)).id

    click.echo(f"user {administer_identities(config, action)} is created, as {chosen}")


@user.command("list")
@click.option("--account", "account_name", help="Of this account; else the operators of the host.")
@config_option
def list_users(account_name: str | None, config: Path) -> None:
    """The users of an account, or the operators of the host."""
    rows = [("USER", "ROLE", "STATE", "PERSON", "E-MAIL")]
    for each in administer_identities(config, lambda administration: administration.store.users(account_name)):
        person = str(each.person_id) if each.person_id else "-"
        rows.append((each.id, each.role.value, each.state.value, person, each.email or "-"))
    click.echo(columns(rows))


@user.command("disable")
@_user
@config_option
def disable(user_name: str, config: Path) -> None:
    """Let USER in no more, at once."""
    administer_identities(config, lambda administration: administration.disable_user(user_name))
    click.echo("the user is disabled")


@user.command("enable")
@_user
@config_option
def enable(user_name: str, config: Path) -> None:
    """Let USER in again."""
    administer_identities(config, lambda administration: administration.enable_user(user_name))
    click.echo("the user is enabled")


@user.command("role")
@_user
@click.argument("role", type=click.Choice(_ROLES))
@config_option
def change_role(user_name: str, role: str, config: Path) -> None:
    """Give USER another role in the account."""
    administer_identities(config, lambda administration: administration.change_role(user_name, Role(role)))
    click.echo(f"the user is {role} now, and has to sign in again")


@user.command("password")
@_user
@config_option
def password(user_name: str, config: Path) -> None:
    """Give USER another password, read from a prompt, or from standard input."""
    new = read_password()
    administer_identities(config, lambda administration: administration.set_password(user_name, new))
    click.echo("the password is changed, and the user has to sign in again")


@click.group()
def token() -> None:
    """Service tokens, by which automations ask in the name of an account."""


@token.command("create")
@_account
@click.argument("label")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    default=[Scope.OPERATIONS.value],
    show_default=True,
    help="What it may do; may be given again.",
)
@click.option("--days", type=click.IntRange(1, 366), default=TOKEN_DAYS, show_default=True, help="How long it is good.")
@config_option
def create_token(account_name: str, label: str, scopes: tuple[str, ...], days: int, config: Path) -> None:
    """Create a service token of ACCOUNT, to be known by LABEL. It is shown this once."""
    chosen = frozenset(map(Scope, scopes))
    made = administer(config, lambda administration: administration.create_token(account_name, label, chosen, days))
    click.echo(made.reveal())


@token.command("list")
@_account
@config_option
def list_tokens(account_name: str, config: Path) -> None:
    """The service tokens of ACCOUNT; what can be read of them."""
    rows = [("TOKEN", "LABEL", "EXPIRES", "SCOPES")]
    known = administer(config, lambda administration: administration.store.tokens(account_name))
    rows += [(each.id, each.label, f"{each.expires_at:%Y-%m-%d}", " ".join(sorted(each.scopes))) for each in known]
    click.echo(columns(rows))


@token.command("revoke")
@_account
@click.argument("token_id", metavar="TOKEN")
@config_option
def revoke_token(account_name: str, token_id: str, config: Path) -> None:
    """Take a service token of ACCOUNT no more, at once. TOKEN is the id that the list shows."""
    administer(config, lambda administration: administration.revoke_token(account_name, token_id))
    click.echo("the token is revoked")


@click.group()
def sessions() -> None:
    """What the sessions of users are signed with."""


@sessions.command("rotate-keys")
@click.option("--at-once", is_flag=True, help="Take no token any more that the old keys have signed.")
@config_option
def rotate_keys(at_once: bool, config: Path) -> None:
    """Sign sessions with a new key from now on. Tokens of the old one are good for a quarter of an hour more."""
    administer_identities(config, lambda administration: administration.rotate_session_keys(at_once=at_once))
    click.echo("sessions are signed with a new key")
