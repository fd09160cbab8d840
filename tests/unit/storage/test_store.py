"""What the SQL store says when it refuses a change; what every store does is in its contract suite."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from raum.api import Account, OperatorError
from raum.identity.users import ServiceToken

TAKEN = "an account with this id or this webhook key exists already"
NOBODY = "there is no such account"
CONTRADICTION = "the store refused a change that contradicts what it holds"


def known(**fields):
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return evolve(ServiceToken("T", "acme", "x", (), now, now), **fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda store, entry: store.add_account(Account("acme", "other", "hook-other"), entry()), TAKEN),
        (lambda store, entry: store.add_account(Account("other", "other", "hook-acme"), entry()), TAKEN),
        (lambda store, entry: store.add_token(known(account_id="nobody"), b"\x01" * 32, entry()), NOBODY),
        (lambda store, entry: store.put_credential("nobody", "key", b"x", entry()), NOBODY),
        (lambda store, entry: store.append(entry(id="added-acme")), CONTRADICTION),
        (lambda store, entry: store.add_token(known(), b"\x01" * 32, entry(id="added-acme")), CONTRADICTION),
    ],
    ids=[
        "account id",
        "webhook key",
        "token",
        "credential",
        "entry id",
        "entry id of another change",
    ],
)
async def test_a_refused_change_says_why(store, make_entry, change, message):
    with pytest.raises(OperatorError) as refusal:
        await change(store, make_entry)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda queue, entry, job: queue.accept(job(account_id="nobody")),
            "a job with this id exists already, or there is no such account",
        ),
        (
            lambda queue, entry, job: queue.retry("job-1", entry()),
            "no job of this id is dead; `raum jobs list` shows them",
        ),
        (
            lambda queue, entry, job: queue.drop("job-1", entry()),
            "no job of this id is waiting or dead; `raum jobs list` shows them",
        ),
    ],
    ids=["account of a job", "retry", "drop"],
)
async def test_a_refused_change_of_a_job_says_why(queue, make_entry, make_job, change, message):
    with pytest.raises(OperatorError) as refusal:
        await change(queue, make_entry, make_job)
    assert str(refusal.value) == message
