"""Entries about administrative actions."""

from typing import Final

from raum.ids import new_id, utc_now
from raum.model import Actor, Change, Entry

HOST: Final = "_host"
"""The account under which stands what is about the host itself; no account can have this id."""


def action_entry(operation: str, account_id: str, actor: Actor, changes: tuple[Change, ...] = ()) -> Entry:
    """The entry about something an administrator did to an account, for example `account_create`."""
    return Entry(
        id=new_id(),
        time=utc_now(),
        account_id=account_id,
        operation=operation,
        actor=str(actor),
        impersonator=actor.impersonator,
        outcome="done",
        changes=changes,
    )
