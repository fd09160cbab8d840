"""`raum purge`, `raum deletion` and `raum account hold|release`: how long data is kept, and how it goes."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from raum.assembly import assemble
from raum.commands.accounts import account
from raum.host import opened
from raum.ids import utc_now
from raum.model import Actor
from raum.retention.administration import RetentionAdministration
from raum.retention.deletions import state_of
from raum.retention.records import Deletion, Expired
from raum.terminal.columns import columns
from raum.terminal.options import config_option

T = TypeVar("T")


def _administer(config: Path, action: Callable[[RetentionAdministration], Awaitable[T]]) -> T:
    """Run one action on the configured host, in the name of whoever is logged in."""

    async def run() -> T:
        async with opened(assemble(config)) as host:
            return await action(host.retention(Actor("operator", getpass.getuser())))

    return asyncio.run(run())


def _time(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("a time is written as 2026-03-01 or 2026-03-01T12:00:00Z.") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Show what would go, and let it stay.")
@click.option(
    "--now",
    metavar="TIME",
    callback=_time,
    help="Purge as if it were this time (ISO 8601; UTC unless it says otherwise): a later one deletes early.",
)
@config_option
def purge(dry_run: bool, now: datetime | None, config: Path) -> None:
    """Purge what has expired, as the worker does by itself, and show what has gone: by account and class."""
    time = now or utc_now()

    async def action(administration: RetentionAdministration) -> tuple[Sequence[Expired], Sequence[str]]:
        holds = [
            f"{name} (legal hold{f' {hold.reference}' if hold.reference else ''})"
            for name, hold in (await administration.holds()).items()
        ]
        return await administration.purge(time, dry_run=dry_run), holds

    expired, holds = _administer(config, action)
    if holds:
        click.echo(f"not touched: {', '.join(holds)}")
    if not expired:
        click.echo("Nothing has expired.")
        return
    rows = [("ACCOUNT", "CLASS", "FROM BEFORE", "WOULD GO" if dry_run else "GONE")]
    rows += [(each.account_id, each.kind, f"{each.before:%Y-%m-%d %H:%M:%S}", str(each.number)) for each in expired]
    click.echo(columns(rows, right=frozenset({3})))


@click.group()
def deletion() -> None:
    """Deletions that were asked for: taken on, and tracked until they are done."""


@deletion.command("request")
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--ticket", type=click.IntRange(1, 2**63 - 1), help="What was said on this ticket.")
@click.option(
    "--requester",
    type=click.IntRange(1, 2**63 - 1),
    help="What was said on all tickets of this person, by the helpdesk's number; it is asked for them at once.",
)
@click.option("--whole-account", is_flag=True, help="All that the account has.")
@config_option
def request_deletion(
    account_name: str, ticket: int | None, requester: int | None, whole_account: bool, config: Path
) -> None:
    """Have something of ACCOUNT deleted: the worker does it within a minute, unless a legal hold stops it."""
    if [ticket is not None, requester is not None, whole_account].count(True) != 1:
        raise click.UsageError("Say one of --ticket, --requester and --whole-account.")

    async def action(administration: RetentionAdministration) -> Deletion:
        found = await administration.account(account_name)
        deletions = administration.deletions
        if ticket is not None:
            return await deletions.request_ticket(found, ticket)
        if requester is not None:
            return await deletions.request_requester(found, requester)
        return await deletions.request_account(found)

    made = _administer(config, action)
    about = "the account" if whole_account else f"{made.tickets} tickets" if made.tickets != 1 else "1 ticket"
    click.echo(f"deletion {made.id} is taken on: {about}, due {made.due_at:%Y-%m-%d}")


@deletion.command("list")
@click.option("--account", "account_name", help="Of this account alone.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@config_option
def list_deletions(account_name: str | None, limit: int, config: Path) -> None:
    """Deletions: the open ones first, and then the newest. One that is overdue says so."""

    async def action(administration: RetentionAdministration) -> list[tuple[str, ...]]:
        holds, now = await administration.holds(), utc_now()
        found = await administration.store.deletions(account_name, limit=limit)
        return [(*_cells(each), state_of(each, holds, now)) for each in found]

    rows = [("DELETION", "ACCOUNT", "SUBJECT", "TICKETS", "REQUESTED", "DUE", "DONE", "STATE")]
    click.echo(columns([*rows, *_administer(config, action)], right=frozenset({3})))


def _cells(each: Deletion) -> tuple[str, ...]:
    done = f"{each.finished_at:%Y-%m-%d %H:%M}" if each.finished_at else "-"
    times = (f"{each.requested_at:%Y-%m-%d %H:%M}", f"{each.due_at:%Y-%m-%d}", done)
    return (each.id, each.account_id, each.subject, str(each.tickets), *times)


@account.command("hold")
@click.argument("name")
@click.option("--reference", default="", help="The number of the matter; no name of a person.")
@config_option
def hold(name: str, reference: str, config: Path) -> None:
    """Put NAME under a legal hold: nothing of it is purged or deleted until `raum account release`."""
    _administer(config, lambda administration: administration.hold(name, reference))
    click.echo(f"account '{name}' is under a legal hold")


@account.command("release")
@click.argument("name")
@config_option
def release(name: str, config: Path) -> None:
    """Lift the legal hold of NAME: what has expired goes with the next purge, and open deletions are carried out."""
    _administer(config, lambda administration: administration.release(name))
    click.echo(f"account '{name}' is under no legal hold")
