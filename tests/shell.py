"""Commands as they are typed, in this process; and the host of the working folder, to look at what they did."""

import asyncio
import io
import sys
from pathlib import Path

from raum.assembly import assemble
from raum.cli import main
from raum.host import opened


class _Stdin(io.BytesIO):
    """Standard input in memory."""

    name = "<stdin>"


def typed(monkeypatch, capture, *arguments, stdin=b""):
    """Run `raum ARGUMENTS`: its exit status, standard output and standard error."""
    monkeypatch.setattr(sys, "argv", ["raum", *arguments])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(_Stdin(stdin), encoding="utf-8"))
    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code
    return status, *capture.readouterr()


def on_host(work):
    """What a coroutine function gives that is handed the host."""

    async def run():
        async with opened(assemble(Path("config/raum.toml"))) as host:
            return await work(host)

    return asyncio.run(run())
