"""Zendesk as helpdesk: signed webhooks in, tickets read and replies posted over the REST API."""

from collections.abc import Iterable

import click

from raum.api import ORIGIN, DataClass, DataUse, Helpdesk, Part, StandIn, hookimpl
from raum_zendesk.helpdesk import Zendesk, ZendeskOptions

__all__ = ["Zendesk", "ZendeskOptions", "raum_commands", "raum_helpdesks", "raum_stand_ins"]


@hookimpl
def raum_helpdesks() -> Iterable[Part[Helpdesk]]:
    """The part `zendesk`."""
    yield Part(
        "zendesk",
        Zendesk,
        DataUse(
            {DataClass.RAW, DataClass.IDS, DataClass.SECRETS},
            goes_to="the account's own Zendesk, where the ticket comes from",
            regions=(ORIGIN,),
            kept="as the account keeps it there",
        ),
        ZendeskOptions,
        summary="Zendesk Support: webhooks, tickets and replies",
    )


@hookimpl
def raum_commands() -> Iterable[click.Command]:
    """`raum zendesk`."""
    from raum_zendesk.commands import zendesk

    yield zendesk


@hookimpl
def raum_stand_ins() -> Iterable[StandIn]:
    """The stand-in for the part, with its sample ticket; imported only where it is asked for."""
    from raum_zendesk.rehearsal import ZendeskRehearsal

    yield ZendeskRehearsal()
