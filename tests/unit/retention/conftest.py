import pytest
from attrs import evolve
from unit.retention.moments import DAY, FAR, NOW

from raum.audit.actions import action_entry
from raum.audit.journal import Journal
from raum.model import Account, Actor, Job
from raum.retention.deletions import Deletions
from raum.retention.periods import LAW
from raum.retention.purge import Purger
from raum.secrets.credentials import HELPDESK_TOKEN, Credentials
from raum.secrets.secret import Secret
from raum.testing import FakeHelpdesk, FakeKeyManager, FakeQueue, FakeStore
from raum.testing.contracts.audit import sealed_all

SAID = {"content": "redacted", "completion": "answer", "placeholders": ("[REDACTED_NAME]",)}


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store():
    return FakeStore(Account("acme", "acme-help", "hook-acme"), Account("beta", "beta-help", "hook-beta"))


@pytest.fixture
def queue(store):
    queue = FakeQueue()
    queue.use(store)
    return queue


@pytest.fixture
def journal(store):
    return Journal(store)


@pytest.fixture
def purger(store, queue, journal):
    return Purger(store, queue, journal, LAW)


@pytest.fixture
async def credentials(store):
    credentials = Credentials(store, FakeKeyManager())
    entry = action_entry("credential_set", "acme", Actor("user", "tester"))
    await credentials.set("acme", HELPDESK_TOKEN, Secret("token"), evolve(entry, time=NOW - 1000 * DAY))
    store._log.clear()
    return credentials


@pytest.fixture
def helpdesk():
    return FakeHelpdesk()


@pytest.fixture
def deletions(store, helpdesk, credentials, journal, purger, clock):
    return Deletions(store, helpdesk, credentials, journal, purger, clock=clock)


@pytest.fixture
def say(store):
    """An entry about an operation, so many days ago."""

    async def say(days, account_id="acme", ticket_id=1, **fields):
        entry = action_entry("generate", account_id, Actor("system", "webhook"))
        said = evolve(entry, time=NOW - days * DAY, ticket_id=ticket_id, **(SAID | fields))
        written = await store.append(said)
        await sealed_all(store, account_id, FAR)
        return written

    return say


@pytest.fixture
def job(queue):
    """A job that ended, so many days ago."""

    async def job(days, account_id="acme", ticket_id=1):
        job_id = f"job-{account_id}-{days}"
        await queue.accept(Job(job_id, account_id, job_id, ticket_id, NOW - days * DAY))
        entry = evolve(action_entry("job_drop", account_id, Actor("user", "tester")), time=NOW - days * DAY)
        await queue.drop(job_id, entry)
        await sealed_all(queue._store, account_id, FAR)
        return job_id

    return job


async def nothing_else():
    """Nobody else does the same."""


@pytest.fixture
def keep_on():
    return nothing_else
