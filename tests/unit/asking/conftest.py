"""An asker of scripted providers, with a clock that only pauses move."""

import pytest
from attrs import define, field

from raum.asking.asker import Asker, Policy
from raum.ids import utc_now
from raum.model import Account, Completion, Entry
from raum.secrets.credentials import Credentials
from raum.secrets.secret import Secret
from raum.testing import FakeKeyManager, FakeStore


@define
class Scripted:
    """Does what its script says, call after call, and then the last thing again."""

    script: list = field(repr=False)
    needs_key: bool = True
    default_model: str = "default-1"
    vendor: str | None = None
    keys: list = field(factory=list)
    options: list = field(factory=list)

    def _next(self, key, options):
        self.keys.append(key)
        self.options.append(options)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    async def complete(self, prompt, *, key, options):
        step = self._next(key, options)
        if isinstance(step, Exception):
            raise step
        return Completion("".join(step), options.model)

    async def stream(self, prompt, *, key, options):
        step = self._next(key, options)
        for piece in [step] if isinstance(step, Exception) else step:
            if isinstance(piece, Exception):
                raise piece
            yield piece
        yield Completion("".join(step), options.model)


@define
class Desk:
    """What an account of the host meets when it asks."""

    store: FakeStore
    credentials: Credentials
    pauses: list = field(factory=list)
    number: int = 0

    def asker(self, seconds=60, attempts=3, longest=20.0, **providers):
        async def sleep(pause):
            self.pauses.append(pause)

        policy = Policy(seconds, attempts, longest)
        return Asker(providers, self.store, self.credentials, policy, sleep=sleep, jitter=lambda least, most: most)

    def _entry(self):
        self.number += 1
        return Entry(f"entry-{self.number}", utc_now(), "acme", "test", "system:test", "done")

    async def key(self, name, text="sk-key", account="acme"):
        await self.credentials.set(account, name, Secret(text), self._entry())

    async def choose(self, account="acme", **values):
        version = (await self.store.settings(account)).version
        assert await self.store.change_settings(account, version, values, self._entry())


@pytest.fixture
async def desk():
    store = FakeStore(Account("acme", "acme-help", "k1"), Account("beta", "beta-help", "k2"))
    desk = Desk(store, Credentials(store, FakeKeyManager()))
    await desk.key("one", "sk-one")
    return desk


@pytest.fixture
def make():
    return Scripted
