"""Exported logs to verify, and what can be done to them."""

import json
from datetime import UTC, date, datetime, timedelta

from attrs import frozen
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from raum.audit.export import sealed_lines
from raum.model import Entry
from raum.retention.records import Kind
from raum.sealing.chain import Checkpoint, Signer
from raum.sealing.verify import PURGE, kept_checkpoints, verify
from raum.storage.audit import SigningKey
from raum.testing import FakeStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(b"\x11" * 32))
KEYS = {SIGNER.kid: SIGNER.public_key}
LATER = NOON + timedelta(days=300)


def entry(number, account="acme", **fields):
    """An entry as the host writes them, with some text."""
    about = {"ticket_id": number, "content": f"Dear [REDACTED_NAME], number {number}", "completion": "Noted."}
    fields = {**about, "client_ip": "192.0.2.7", "placeholders": ("[REDACTED_NAME]",), **fields}
    time = fields.pop("time", NOON + timedelta(seconds=number))
    return Entry(f"{account}-{number:05}", time, account, "generate", "user:ada", "returned", **fields)


@frozen
class Log:
    """A log that is written, sealed and exported."""

    store: FakeStore
    account: str = "acme"

    @classmethod
    async def of(cls, segments, per_segment, account="acme", store=None):
        """So many segments of so many entries, one a day."""
        log = cls(store or FakeStore(), account)
        if not await log.store.signing_keys():
            await log.store.add_signing_key(SigningKey(SIGNER.kid, SIGNER.public_key, b"", NOON), entry(0, "-"))
        for segment in range(segments):
            for number in range(per_segment):
                at = NOON + timedelta(days=segment, seconds=number)
                await log.store.append(entry(segment * per_segment + number, account, time=at))
            await log.seal()
        return log

    async def seal(self):
        while await self.store.seal(self.account, LATER, SIGNER.close):
            pass

    async def erase(self, *tickets):
        """Erase what was said, and seal the record of it."""
        number = 90_000 + sum(tickets)
        record = entry(number, self.account, content=None, completion=None, time=LATER - timedelta(days=1))
        await self.store.erase_tickets(self.account, tickets, record)
        await self.seal()

    async def purge(self, before: date):
        """Purge, and seal the record of it."""
        number = 80_000 + before.toordinal() % 10_000
        expired = await self.store.expired(self.account, Kind.AUDIT, datetime(*before.timetuple()[:3], tzinfo=UTC))
        target = f"segment:{expired.segment}"
        time = LATER - timedelta(hours=1)
        record = Entry(f"purge-{number}", time, self.account, PURGE, "system:raum", "done", target=target)
        await self.store.append(record)
        while await self.store.purge(expired, limit=99):
            pass
        await self.seal()

    async def lines(self) -> list[bytes]:
        """The export."""
        return [line.encode() async for line in sealed_lines(self.store, self.account)]

    async def newest(self) -> Checkpoint:
        return (await self.store.checkpoints(self.account))[-1]


def verdict(lines, newest=None, account=None, keys=KEYS):
    return verify(lines, keys, newest, account)


def ended(lines):
    """The lines with an end that fits them, as somebody writes who wants to hide a change."""
    entries = sum(line.startswith(b'{"entry"') for line in lines)
    body = [line for line in lines if not line.startswith(b'{"end"')]
    segments = len(kept_checkpoints(body))
    end = {"end": {"entries": entries, "segments": segments}}
    return [*body, json.dumps(end, separators=(",", ":")).encode() + b"\n"]
