"""Every hook, on one page. pluggy is used once, when the host is assembled; no hook is on the way of a ticket.

A plugin implements any of these functions with `@raum.api.hookimpl`. A function whose name is no hook stops the start.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from raum.api import (
        AuditSink,
        Detector,
        Extractor,
        Guarded,
        Helpdesk,
        KeyManager,
        Part,
        Provider,
        Queue,
        StandIn,
        Store,
    )
    from raum.model import Entry, Measures

hookspec = pluggy.HookspecMarker("raum")


@hookspec
def raum_detectors() -> "Iterable[Part[Detector]]":  # type: ignore[empty-body]
    """Detectors of personal data.

    import re
    from raum.api import DataClass, DataUse, Finding, Part, hookimpl

    class OrderNumbers:
        def find(self, text):
            return [Finding("ORDER", *match.span()) for match in re.finditer(r"\\bORD-[0-9]{6}\\b", text)]

    @hookimpl
    def raum_detectors():
        yield Part("order-numbers", lambda options: OrderNumbers(), DataUse({DataClass.RAW}))
    """


@hookspec
def raum_providers() -> "Iterable[Part[Provider]]":  # type: ignore[empty-body]
    """AI providers. They are handed a `Prompt` of redacted texts and the customer's key.

    from raum.api import Completion, DataClass, DataUse, Part, hookimpl

    class Parrot:
        needs_key = False
        default_model = "parrot-1"
        vendor = None

        async def complete(self, prompt, *, key, options):
            return Completion(str(prompt.ticket), model=options.model)

        async def stream(self, prompt, *, key, options):
            completion = await self.complete(prompt, key=key, options=options)
            yield completion.text
            yield completion

    @hookimpl
    def raum_providers():
        yield Part("parrot", lambda options: Parrot(), DataUse({DataClass.REDACTED}))
    """


@hookspec
def raum_helpdesks() -> "Iterable[Part[Helpdesk]]":  # type: ignore[empty-body]
    """Helpdesks. The whole Protocol is in `raum.api.Helpdesk`; `raum.testing.FakeHelpdesk` is the smallest one.

    from raum.api import DataClass, DataUse, Part, hookimpl
    from raum.testing import FakeHelpdesk

    @hookimpl
    def raum_helpdesks():
        yield Part("fake-desk", lambda options: FakeHelpdesk(), DataUse({DataClass.RAW}))
    """


@hookspec
def raum_extractors() -> "Iterable[Part[Extractor]]":  # type: ignore[empty-body]
    """Extractors of text from attachments. They run in a process of their own, so their class is in the module.

    from raum.api import DataClass, DataUse, Part, Unreadable, Withheld, hookimpl

    class Subtitles:
        def reads(self, name, head):
            return name.lower().endswith(".srt")

        def extract(self, content):
            try:
                return content.decode()
            except UnicodeDecodeError:
                raise Unreadable(Withheld.BROKEN) from None

    @hookimpl
    def raum_extractors():
        yield Part("subtitles", lambda options: Subtitles(), DataUse({DataClass.RAW}))
    """


@hookspec
def raum_stand_ins() -> "Iterable[StandIn]":  # type: ignore[empty-body]
    """Stand-ins for helpdesks, which `raum demo` starts on this machine. The whole Protocol is in `raum.api.StandIn`.

    from raum.api import hookimpl
    from raum.testing import FakeStandIn

    @hookimpl
    def raum_stand_ins():
        yield FakeStandIn()
    """


@hookspec
def raum_stores() -> "Iterable[Part[Store]]":  # type: ignore[empty-body]
    """Stores of accounts, credentials and entries. `SqlStore` holds the queries; a plugin brings the engine.

    from raum.api import DataClass, DataUse, Part, SqlStore, hookimpl
    from sqlalchemy.ext.asyncio import create_async_engine

    @hookimpl
    def raum_stores():
        yield Part(
            "memory",
            lambda options: SqlStore(lambda: create_async_engine("sqlite+aiosqlite://"), upgrades_itself=True),
            DataUse({DataClass.REDACTED, DataClass.IDS}),
        )
    """


@hookspec
def raum_queues() -> "Iterable[Part[Queue]]":  # type: ignore[empty-body]
    """Queues of jobs. `SqlQueue` is one in the tables of an `SqlStore`; the whole Protocol is in `raum.api.Queue`.

    from raum.api import DataClass, DataUse, Part, SqlQueue, hookimpl

    @hookimpl
    def raum_queues():
        yield Part("in-the-store", lambda options: SqlQueue(), DataUse({DataClass.IDS}))
    """


@hookspec
def raum_key_managers() -> "Iterable[Part[KeyManager]]":  # type: ignore[empty-body]
    """Key managers, which encrypt the credentials field by field. `raum.testing.FakeKeyManager` is the smallest one.

    from raum.api import DataClass, DataUse, Part, hookimpl
    from raum.testing import FakeKeyManager

    @hookimpl
    def raum_key_managers():
        yield Part("fake-keys", lambda options: FakeKeyManager(), DataUse({DataClass.SECRETS}))
    """


@hookspec
def raum_audit_sinks() -> "Iterable[Part[AuditSink]]":  # type: ignore[empty-body]
    """Audit sinks, each of which gets a copy of every entry.

    from raum.api import DataClass, DataUse, Part, hookimpl

    class Counter:
        seen = 0

        async def write(self, entry):
            self.seen += 1

    @hookimpl
    def raum_audit_sinks():
        yield Part("counter", lambda options: Counter(), DataUse({DataClass.REDACTED}))
    """


@hookspec
def raum_entry_written(entry: "Entry") -> None:
    """Called with each audit entry, after it was written. Synchronous and quick: it only observes.

    from raum.api import hookimpl

    @hookimpl
    def raum_entry_written(entry):
        print(entry.operation, entry.outcome, entry.duration_ms)
    """


@hookspec
def raum_ticket_measured(account_id: str, measures: "Measures") -> None:
    """Called when a ticket was solved or rated: how long it took, and how it was rated. It says nothing of whom.
    It may be called twice with the same measures: a host that was killed before it had noted the end of the job does
    the job again. An exception is logged, by its type, and changes nothing.

    from raum.api import hookimpl

    @hookimpl
    def raum_ticket_measured(account_id, measures):
        print(account_id, measures.full_resolution_minutes, measures.score)
    """


@hookspec
def raum_routes() -> "Iterable[Guarded]":  # type: ignore[empty-body]
    """Further HTTP routes: Starlette's route objects, each with the roles that may use it, or `open=True` for all.

    from raum.api import Role, guarded, hookimpl
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    @hookimpl
    def raum_routes():
        route = Route("/hello", lambda request: PlainTextResponse("hello"))
        yield guarded(route, {Role.ADMIN, Role.OWNER})
    """


@hookspec
def raum_commands() -> "Iterable[click.Command]":  # type: ignore[empty-body]
    """Further commands of `raum`. `@click.pass_obj` gives them a `raum.api.Console`, to work on an account with.

    import click

    from raum.api import hookimpl

    @hookimpl
    def raum_commands():
        yield click.Command("hello", callback=lambda: click.echo("hello"))
    """
