"""A process that reads a ticket from Zendesk whenever it is told to, with a login of its own, as a worker does."""

import asyncio
import sys
from pathlib import Path

from raum.assembly import assemble
from raum.host import opened
from raum.secrets.logins import StoredLogin


async def main(config: Path) -> None:
    async with opened(assemble(config)) as host:
        account = await host.store.account("acme")
        print("ready", flush=True)
        for line in sys.stdin:
            login = StoredLogin("acme", host.credentials, host.journal)
            ticket = await host.helpdesk.fetch(account, login, int(line))
            print(f"has read {ticket.id}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
