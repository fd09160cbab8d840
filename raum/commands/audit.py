"""`raum audit`: the log from the shell, and its verification, which needs no host."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypeVar

import click

from raum.assembly import assemble
from raum.audit.export import FORMATS
from raum.audit.reading import LogReader
from raum.errors import OperatorError
from raum.host import Host, opened
from raum.model import Entry
from raum.sealing.chain import Checkpoint
from raum.sealing.verify import Verdict, head_of, kept_checkpoints, verify
from raum.storage.audit import EVERYTHING, Wanted
from raum.terminal.columns import columns
from raum.terminal.console import whoever_is_logged_in
from raum.terminal.options import config_option

T = TypeVar("T")

_HEAD = ("TIME", "OPERATION", "ACTOR", "CLIENT", "TARGET", "OUTCOME", "ENTRY")


def _on_host(config: Path, work: Callable[[Host], Awaitable[T]]) -> T:
    async def run() -> T:
        async with opened(assemble(config)) as host:
            return await work(host)

    return asyncio.run(run())


def _reader(host: Host) -> LogReader:
    return host.log_reader(whoever_is_logged_in())


@click.group()
def audit() -> None:
    """The audit log of an account: read, export, seal and verify it."""


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that say which entries are wanted; the command gets them as `wanted`."""
    options = (
        click.option("--operation", help="Only this operation, such as generate."),
        click.option("--actor", help="Only this actor, such as user:ada."),
        click.option("--outcome", help="Only this outcome, such as failed."),
        click.option("--ticket", "ticket_id", type=click.IntRange(1), help="Only this ticket."),
        click.option("--from", "since", type=_Time(), help="From this time on (RFC 3339)."),
        click.option("--to", "until", type=_Time(), help="Before this time."),
    )
    for option in reversed(options):
        command = option(command)
    return command


class _Time(click.ParamType[datetime]):
    name = "time"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            time = datetime.fromisoformat(value)
        except ValueError:
            time = None
        if time is None or time.utcoffset() is None:
            self.fail("must be a time with its offset, such as 2026-03-01T00:00:00Z", param, ctx)
        return time


@audit.command("list")
@click.argument("account")
@_filters
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@config_option
def list_entries(account: str, limit: int, config: Path, **filters: object) -> None:
    """Entries of ACCOUNT, newest first. That they were read is itself an entry."""
    wanted = Wanted(**filters)  # type: ignore[arg-type]
    found = _on_host(config, lambda host: _reader(host).page(account, wanted, after=None, limit=limit))
    click.echo(columns([_HEAD, *map(_cells, found[:limit])]))


def _cells(entry: Entry) -> tuple[str, ...]:
    who = f"{entry.actor} (by {entry.impersonator})" if entry.impersonator else entry.actor
    about = entry.target or (f"ticket:{entry.ticket_id}" if entry.ticket_id else "-")
    outcome = f"{entry.outcome} ({entry.reason})" if entry.reason else entry.outcome
    return (f"{entry.time:%Y-%m-%d %H:%M:%S}", entry.operation, who, entry.client_ip or "-", about, outcome, entry.id)


@audit.command("export")
@click.argument("account")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
@_filters
@config_option
def export(account: str, format_: str, output: Path | None, config: Path, **filters: object) -> None:
    """Export the log of ACCOUNT. jsonl is the whole log, sealed; `raum audit verify` verifies it anywhere.

    csv and ocsf (version 1.8) are for other programs, and can be filtered.
    """
    wanted = Wanted(**filters)  # type: ignore[arg-type]
    if format_ == "jsonl" and wanted != EVERYTHING:
        raise click.UsageError("the sealed export is of the whole log; filter csv or ocsf instead")

    async def write(host: Host) -> None:
        pieces = await _reader(host).export(account, format_, wanted)
        with _opened(output) as file:
            await _write(pieces, file)

    _on_host(config, write)


def _opened(path: Path | None) -> BinaryIO:
    """The file to write, for its owner alone."""
    if path is None:
        return os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    except OSError as error:
        raise OperatorError(f"{path}: cannot be written: {os.strerror(error.errno or 0)}") from None


async def _write(pieces: AsyncIterator[str], file: BinaryIO) -> None:
    async for piece in pieces:
        file.write(piece.encode())


@audit.command("seal")
@config_option
def seal(config: Path) -> None:
    """Seal all logs as they are now, instead of when their time comes."""
    checkpoints = _on_host(config, lambda host: host.sealer.seal())
    for each in checkpoints:
        click.echo(f"{each.account_id}: segment {each.number} ({each.day}), entries {each.first} to {each.last}")
    click.echo(f"{len(checkpoints)} segments sealed")


@audit.command("keys")
@click.option("--new", is_flag=True, help="Make a new key, which signs from now on.")
@config_option
def keys(new: bool, config: Path) -> None:
    """The keys that checkpoints are signed with, newest first: fingerprint, public key (Ed25519), day.

    Note the fingerprints down outside of this host: they are what `raum audit verify --key` trusts.
    """

    async def action(host: Host) -> list[tuple[str, ...]]:
        if new or not await host.store.signing_keys():
            await host.signing_keys.add(whoever_is_logged_in())
        found = await host.store.signing_keys()
        return [(key.kid, key.public_key.hex(), f"{key.created_at:%Y-%m-%d}") for key in found]

    click.echo(columns([("FINGERPRINT", "PUBLIC KEY", "SINCE"), *_on_host(config, action)]))


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _fingerprints(_context: click.Context, _option: click.Parameter, pins: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch("[0-9a-f]{64}", pin) for pin in pins):
        raise click.BadParameter("a fingerprint is of 64 digits from 0 to f, the first column of `raum audit keys`")
    return pins


@audit.command("verify")
@click.argument("file", type=_FILE)
@click.option(
    "--key", "pins", metavar="FINGERPRINT", multiple=True, required=True, callback=_fingerprints,
    help="The fingerprint of a key that is trusted, from `raum audit keys`; may be given several times.",
)  # fmt: skip
@click.option(
    "--checkpoint", type=_FILE,
    help="A file with the newest checkpoint, kept elsewhere, such as that of the sink jsonl.",
)  # fmt: skip
@click.option("--account", help="The account whose log it must be.")
def verify_file(file: Path, pins: tuple[str, ...], checkpoint: Path | None, account: str | None) -> None:
    """Verify FILE, an export of a log (jsonl), offline: nothing was changed, removed, put in, moved or exchanged.

    Whether the end was cut off, or the log set back, shows by --checkpoint alone. Exit status 1 if anything is wrong.
    """
    with file.open("rb") as lines:
        first = lines.readline()
        head = head_of(first)
        trusted = {kid: key for kid, key in head.keys.items() if kid in pins}
        newest = _newest(checkpoint, account or head.account_id) if checkpoint else None
        verdict = verify(chain([first], lines), trusted, newest, account)
    click.echo("\n".join(_told(verdict, compared=newest is not None)))
    if not verdict.is_whole:
        sys.exit(1)


def _newest(path: Path, account: str) -> Checkpoint:
    with path.open("rb") as lines:
        mine = [each for each in kept_checkpoints(lines) if each.account_id == account]
    if not mine:
        raise OperatorError("the file of --checkpoint holds no checkpoint of this account")
    return max(mine, key=lambda each: each.number)


def _told(verdict: Verdict, *, compared: bool) -> Iterator[str]:
    """What was found, in words."""
    yield f"account {verdict.account_id}: {verdict.entries:,} entries in {verdict.segments:,} segments"
    for kid in sorted(verdict.kids):
        yield f"signed with {kid}"
    if verdict.last is not None:
        yield f"sealed up to {verdict.last.day}, segment {verdict.last.number}, at {verdict.last.sealed_at}"
    if verdict.purged:
        yield f"purged with their age: {verdict.purged:,} entries; their checkpoints are there"
    if verdict.erased:
        yield f"erased early: what was said in {verdict.erased:,} entries; who did it is there"
    if verdict.not_sealed:
        yield f"not sealed yet: {verdict.not_sealed:,} entries, of which nothing is proved"
    if not compared:
        yield "not compared with a checkpoint that was kept elsewhere: a cut end would not show (--checkpoint)"
    for fault in verdict.faults:
        yield f"FAULT {fault}"
    yield "the log is as it was written" if verdict.is_whole else "the log is NOT as it was written"
