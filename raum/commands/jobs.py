"""`raum jobs`: what became of accepted deliveries, and what to do about those that got stuck."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from operator import methodcaller
from pathlib import Path
from typing import Final, TypeVar

import click

from raum.administration import JobAdministration
from raum.assembly import assemble
from raum.host import opened
from raum.model import Actor, JobState
from raum.terminal.columns import columns
from raum.terminal.options import config_option

T = TypeVar("T")

_HEAD: Final = ("JOB", "KIND", "ACCOUNT", "TICKET", "STATE", "ATTEMPTS", "ACCEPTED", "DUE", "REASON")


def _administer(config: Path, action: Callable[[JobAdministration], Awaitable[T]]) -> T:
    """Run one action on the configured host, in the name of whoever is logged in."""

    async def run() -> T:
        async with opened(assemble(config)) as host:
            return await action(host.job_administration(Actor("operator", getpass.getuser())))

    return asyncio.run(run())


@click.group()
def jobs() -> None:
    """Accepted deliveries: which wait, run, are done, or are dead."""


@jobs.command("list")
@click.option("--account", help="Of this account alone.")
@click.option("--state", type=click.Choice([state.value for state in JobState]), help="In this state alone.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@config_option
def list_jobs(account: str | None, state: str | None, limit: int, config: Path) -> None:
    """Jobs, newest first."""
    chosen = JobState(state) if state else None
    found = _administer(config, lambda administration: administration.queue.jobs(account, chosen, limit=limit))
    rows = [_HEAD]
    for each in found:
        due = f"{each.due_at:%Y-%m-%d %H:%M:%S}" if each.state is JobState.WAITING else "-"
        accepted = f"{each.job.created_at:%Y-%m-%d %H:%M:%S}"
        ticket = str(each.job.ticket_id or "-")  # the end of a person is about no ticket
        names = (each.job.id, each.job.kind.value, each.job.account_id, ticket, each.state.value)
        rows.append((*names, str(each.job.attempts), accepted, due, each.reason or "-"))
    click.echo(columns(rows, right=frozenset({3, 5})))


@jobs.command("retry")
@click.argument("job_ids", metavar="JOB...", nargs=-1, required=True)
@config_option
def retry(job_ids: tuple[str, ...], config: Path) -> None:
    """Let dead jobs be tried again, with all their attempts. A reply that is posted already is not posted again."""
    for job_id in job_ids:
        _administer(config, methodcaller("retry", job_id))
        click.echo(f"job {job_id} waits")


@jobs.command("drop")
@click.argument("job_ids", metavar="JOB...", nargs=-1, required=True)
@config_option
def drop(job_ids: tuple[str, ...], config: Path) -> None:
    """End waiting or dead jobs for good. Their deliveries stay known: they are not accepted again."""
    for job_id in job_ids:
        _administer(config, methodcaller("drop", job_id))
        click.echo(f"job {job_id} is dropped")
