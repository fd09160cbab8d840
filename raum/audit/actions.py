"""Entries about administrative actions."""

from typing import Final

from raum.ids import new_id, utc_now
from raum.model import NOWHERE, Actor, Change, Entry, Origin

HOST: Final = "_host"
"""The account under which stands what is about the host itself; no account can have this id."""


def action_entry(
    operation: str,
    account_id: str,
    actor: Actor,
    changes: tuple[Change, ...] = (),
    *,
    target: str | None = None,
    origin: Origin = NOWHERE,
) -> Entry:
    """The entry about something an administrator did to an account, for example `account_create`.

    `target` is what it was about, for example the name of a credential.
    """
    return Entry(
        id=new_id(),
        time=utc_now(),
        account_id=account_id,
        operation=operation,
        actor=str(actor),
        impersonator=actor.impersonator,
        outcome="done",
        peer_ip=origin.peer_ip,
        client_ip=origin.client_ip,
        request_id=origin.request_id,
        target=target,
        changes=changes,
    )
