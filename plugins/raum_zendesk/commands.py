"""`raum zendesk`: connect an account to its Zendesk, and manage its webhook there, without copying secrets by hand."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import click

from raum.api import AccountAtHand, Console, OperatorError, Secret, config_option
from raum_zendesk import oauth
from raum_zendesk.access import LEGACY_END, is_legacy
from raum_zendesk.helpdesk import Zendesk
from raum_zendesk.webhooks import Webhook, Webhooks

T = TypeVar("T")


@click.group("zendesk")
def zendesk() -> None:
    """Connect accounts to Zendesk, and manage their webhooks there."""


@zendesk.command("connect")
@click.argument("account")
@click.option("--client-id", help="Unique identifier of the OAuth client in Zendesk; else the configuration's.")
@config_option
@click.pass_obj
def connect(console: Console, account: str, client_id: str | None, config: Path) -> None:
    """Give raum access to the Zendesk of ACCOUNT, by OAuth.

    Open the address that is shown, log in to Zendesk as the user that raum is to write as, and allow access. The
    browser then goes to the redirect address, where nothing needs to answer: copy that whole address to the prompt.
    """

    async def work(at_hand: AccountAtHand, desk: Zendesk) -> str:
        client = desk.oauth_client(client_id, _client_secret if client_id else None)
        request = oauth.Request.new(client, desk.redirect_uri)
        click.echo(f"Open this address, and allow access:\n\n{request.address(desk.url(at_hand.account))}\n", err=True)
        code = request.code_in(await asyncio.to_thread(_asked, "Address that you were sent to: "))
        grant = await desk.tokens(at_hand.account).redeem(request, code, datetime.now(UTC))
        name = await desk.whoami(at_hand.account, grant)
        await at_hand.set_helpdesk_token(grant.written())
        return name

    role = _work(console, account, config, work)
    click.echo(f"account '{account}' is connected, as {role}")


@zendesk.command("status")
@click.argument("account")
@config_option
@click.pass_obj
def status(console: Console, account: str, config: Path) -> None:
    """How ACCOUNT is connected to Zendesk."""

    async def work(at_hand: AccountAtHand, desk: Zendesk) -> str:
        return _state(await at_hand.login.secret())

    click.echo(_work(console, account, config, work))


@zendesk.group("webhook")
def webhook() -> None:
    """The webhook by which Zendesk tells raum what happens."""


@webhook.command("create")
@click.argument("account")
@click.option("--url", required=True, help="Where Zendesk reaches this host, such as https://raum.example.com.")
@config_option
@click.pass_obj
def create(console: Console, account: str, url: str, config: Path) -> None:
    """Create the webhook of ACCOUNT in Zendesk, and store its signing secret."""
    _check_url(url)

    async def work(at_hand: AccountAtHand, desk: Zendesk) -> str:
        webhooks = Webhooks(desk.client(at_hand.account, at_hand.login))
        endpoint = url.rstrip("/") + at_hand.webhook_path
        if any(each.endpoint == endpoint for each in await webhooks.all()):
            raise OperatorError(
                "this webhook exists already; `raum zendesk webhook list` shows its id, to delete it by"
            )
        made = await webhooks.create(endpoint)
        await at_hand.set_webhook_secret(await webhooks.signing_secret(made))
        await at_hand.record("webhook_create")
        return made.id

    click.echo(f"webhook {_work(console, account, config, work)} is created, and its signing secret stored")


@webhook.command("list")
@click.argument("account")
@config_option
@click.pass_obj
def list_webhooks(console: Console, account: str, config: Path) -> None:
    """The webhooks in the Zendesk of ACCOUNT; the one of this host is marked."""

    async def work(at_hand: AccountAtHand, desk: Zendesk) -> list[str]:
        found = await Webhooks(desk.client(at_hand.account, at_hand.login)).all()
        return [_line(each, at_hand.webhook_path) for each in found]

    for line in _work(console, account, config, work):
        click.echo(line)


@webhook.command("delete")
@click.argument("account")
@click.argument("webhook_id", metavar="ID")
@config_option
@click.pass_obj
def delete(console: Console, account: str, webhook_id: str, config: Path) -> None:
    """Delete webhook ID in the Zendesk of ACCOUNT; only a webhook of this host is deleted."""

    async def work(at_hand: AccountAtHand, desk: Zendesk) -> None:
        webhooks = Webhooks(desk.client(at_hand.account, at_hand.login))
        mine = [each for each in await webhooks.all() if each.endpoint.endswith(at_hand.webhook_path)]
        if webhook_id not in [each.id for each in mine]:
            raise OperatorError("the account has no webhook of this host with this id; see `raum zendesk webhook list`")
        await webhooks.delete(webhook_id)
        await at_hand.record("webhook_delete")

    _work(console, account, config, work)
    click.echo(f"webhook {webhook_id} is deleted")


def _work(console: Console, account: str, config: Path, work: Callable[[AccountAtHand, Zendesk], Awaitable[T]]) -> T:
    async def with_desk(at_hand: AccountAtHand) -> T:
        if not isinstance(at_hand.helpdesk, Zendesk):
            raise OperatorError("the configuration has another helpdesk than zendesk")
        return await work(at_hand, at_hand.helpdesk)

    return console.with_account(account, config, with_desk)


def _state(credential: Secret) -> str:
    if not oauth.is_grant(credential):
        if is_legacy(credential):
            return f"an API token, which ends on {LEGACY_END}; run `raum zendesk connect`"
        return "an access token that somebody stored, which raum does not renew"
    grant = oauth.read(credential)
    if grant.is_revoked:
        return "reconnect needed: Zendesk has revoked raum's access; run `raum zendesk connect`"
    until = f", good until {grant.expires_at:%Y-%m-%d %H:%M} UTC, then renewed" if grant.expires_at else ""
    return f"connected by OAuth{until}"


def _line(each: Webhook, path: str) -> str:
    # The last part of an endpoint may be a secret, this host's is.
    parts = urlsplit(each.endpoint)
    return f"{each.id}  {each.status}  {parts.hostname or '-'}  {'this host' if each.endpoint.endswith(path) else '-'}"


def _asked(prompt: str) -> str:
    return input(prompt) if sys.stdin.isatty() else sys.stdin.readline()


def _client_secret() -> Secret | None:
    """The secret of a client that was named on the command line; a public client has none."""
    text = (
        getpass.getpass("Client secret (empty for a public client): ") if sys.stdin.isatty() else sys.stdin.readline()
    )
    return Secret(text.strip()) if text.strip() else None


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query:
        raise OperatorError("--url must be an https address without a path: Zendesk delivers to https alone")
