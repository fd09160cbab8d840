"""What the SQL store says when it refuses a change; what every store does is in its contract suite."""

import pytest

from raum.api import Account, OperatorError

TAKEN = "an account with this id or this webhook key exists already"
TOKEN = "the token exists already, or there is no such account"
CONTRADICTION = "the store refused a change that contradicts what it holds"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda store, entry, job: store.add_account(Account("acme", "other", "hook-other"), entry()), TAKEN),
        (lambda store, entry, job: store.add_account(Account("other", "other", "hook-acme"), entry()), TAKEN),
        (lambda store, entry, job: store.add_token("nobody", b"\x01" * 32, "reports", entry()), TOKEN),
        (lambda store, entry, job: store.put_credential("nobody", "key", b"x", entry()), "there is no such account"),
        (
            lambda store, entry, job: store.accept(job(account_id="nobody")),
            "a job with this id exists already, or there is no such account",
        ),
        (lambda store, entry, job: store.finish(job(), entry(), failed=False), "the store has no such job"),
        (lambda store, entry, job: store.append(entry(id="added-acme")), CONTRADICTION),
        (lambda store, entry, job: store.add_token("acme", b"\x01" * 32, "x", entry(id="added-acme")), CONTRADICTION),
    ],
    ids=[
        "account id",
        "webhook key",
        "token",
        "credential",
        "job",
        "unknown job",
        "entry id",
        "entry id of another change",
    ],
)
async def test_a_refused_change_says_why(store, make_entry, make_job, change, message):
    with pytest.raises(OperatorError) as refusal:
        await change(store, make_entry, make_job)
    assert str(refusal.value) == message
