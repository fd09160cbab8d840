"""A host that is up: the parts entered, and the pipeline put together from them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial

from attrs import evolve, field, frozen

from raum.administration import Administration, JobAdministration
from raum.api import Detector, HasTroubles, Helpdesk, Queue, Store, Warns
from raum.asking.asker import Asker, Policy
from raum.assembly import Assembly
from raum.audit.journal import Journal
from raum.audit.reading import LogReader
from raum.config import Network
from raum.errors import RaumError
from raum.extraction.attachments import Attachments
from raum.extraction.reader import Bounds, Reader
from raum.identity.administration import IdentityAdministration
from raum.identity.doorman import Doorman
from raum.identity.keys import SessionKeys
from raum.identity.sessions import Sessions
from raum.jobs.errands import Errands
from raum.jobs.worker import Worker
from raum.model import NOWHERE, Actor, Origin, Ticket, TicketText
from raum.pipeline import Pipeline
from raum.redaction.detection import Redactor, unless
from raum.redaction.redact import Find, FindTogether
from raum.retention.administration import RetentionAdministration
from raum.retention.deletions import Deletions
from raum.retention.housekeeping import Housekeeper
from raum.retention.purge import Purger
from raum.sealing.keys import SigningKeys
from raum.sealing.sealer import Sealer
from raum.secrets.credentials import Credentials
from raum.settings import MONTH_DAYS


@frozen
class Host:
    """What routes and commands work with."""

    store: Store
    queue: Queue
    helpdesk: Helpdesk
    credentials: Credentials
    journal: Journal
    redactor: Redactor
    pipeline: Pipeline
    worker: Worker
    purger: Purger
    deletions: Deletions
    sealer: Sealer
    signing_keys: SigningKeys
    doorman: Doorman
    sessions: Sessions
    body_bytes: int
    trusted_proxies: tuple[Network, ...] = ()
    parts: Mapping[str, object] = field(factory=dict, repr=False)
    """All parts, by name."""

    def parts_in_trouble(self) -> Sequence[str]:
        """The parts that do not work, or will not for long; what it is they have logged."""
        return [name for name, part in self.parts.items() if isinstance(part, HasTroubles) and part.troubles()]

    async def work(self) -> None:
        """Run jobs and keep the audit log sealed, until stopped."""
        sealing = asyncio.create_task(self.sealer.run())
        try:
            await self.worker.run()
        finally:
            self.sealer.stop()
            await asyncio.gather(sealing, return_exceptions=True)

    def stop(self) -> None:
        """Let `work` return, once the running jobs have ended."""
        self.worker.stop()

    def administration(self, actor: Actor, origin: Origin = NOWHERE) -> Administration:
        """Administrative actions in an actor's name."""
        providers = self.pipeline.asker.providers
        return Administration(self.store, self.credentials, self.journal, actor, providers, origin)

    def log_reader(self, actor: Actor, origin: Origin = NOWHERE) -> LogReader:
        """Reads the audit log in an actor's name."""
        return LogReader(self.store, self.journal, self.sealer, actor, origin)

    def identity_administration(self, actor: Actor, origin: Origin = NOWHERE) -> IdentityAdministration:
        """What is done about accounts' lives, users and the keys of sessions, in an actor's name."""
        sessions = self.sessions
        return IdentityAdministration(self.store, self.journal, sessions.keys, actor, sessions.passwords, origin)

    def retention(self, actor: Actor) -> RetentionAdministration:
        """What is done about the keeping of data, in an actor's name."""
        return RetentionAdministration(
            self.store,
            self.journal,
            evolve(self.purger, actor=actor),
            evolve(self.deletions, actor=actor),
            self.sealer,
            actor,
        )

    def job_administration(self, actor: Actor) -> JobAdministration:
        """What an operator does about jobs, in an actor's name."""
        return JobAdministration(self.queue, self.journal, actor)


@asynccontextmanager
async def opened(assembly: Assembly) -> AsyncIterator[Host]:
    """Enter the parts in the order of the configuration; leave them in reverse. Raises OperatorError if one cannot."""
    async with AsyncExitStack() as stack:
        for stage in assembly.stages:
            if isinstance(stage.part, AbstractAsyncContextManager):
                await stack.enter_async_context(stage.part)
        yield _host(assembly)


async def warnings_of(assembly: Assembly) -> list[str]:
    """What the operator should know: about the configuration, and from the parts.

    Each part is entered for that alone; one that cannot be says so.
    """
    told = []
    if assembly.config.retention.audit_days < MONTH_DAYS:
        told.append(
            f"[retention] audit_days is less than {MONTH_DAYS}: what accounts may spend in a month is counted by "
            "the entries, so that they can spend more"
        )
    for stage in assembly.stages:
        if isinstance(stage.part, Warns):
            try:
                async with AsyncExitStack() as stack:
                    if isinstance(stage.part, AbstractAsyncContextManager):
                        await stack.enter_async_context(stage.part)
                    told += [f"part '{stage.name}': {warning}" for warning in await stage.part.warnings()]
            except RaumError as error:
                told.append(f"part '{stage.name}': {error}")
    return told


def attachments(assembly: Assembly) -> Attachments:
    """The stage that reads attachments, with the configured extractors and limits."""
    limits = assembly.config.attachments
    bounds = Bounds(limits.seconds, limits.memory_bytes, limits.characters)
    reader = Reader([stage.part for stage in assembly.extractors], bounds)
    return Attachments(assembly.helpdesk.part, reader, limits.files, limits.file_bytes)


def redactor(assembly: Assembly) -> Redactor:
    """The redactor with the configured detectors and limits."""
    limits = assembly.config.limits
    return Redactor(
        find_functions(assembly),
        seconds=limits.detection_seconds,
        characters=limits.ticket_characters,
        never_restored=frozenset(assembly.config.redaction.never_restore),
    )


def find_functions(assembly: Assembly) -> dict[str, Find]:
    """The search function of each detector, by part name, without what the configuration allows."""
    searches = {stage.name: _search_of(stage.part) for stage in assembly.detectors}
    return unless(assembly.config.redaction.allow, searches)


def _search_of(detector: Detector) -> Find:
    find_all = getattr(detector, "find_all", None)
    return FindTogether(detector.find, find_all) if find_all else detector.find


async def _redacted(redactor: Redactor, text: str) -> str:
    """A text of the staff's, as it may be kept."""
    redaction = await redactor.redact(Ticket(1, (TicketText("text", "", text),)))
    return str(redaction.texts[0].text)


def _host(assembly: Assembly) -> Host:
    store, queue, limits = assembly.store.part, assembly.queue.part, assembly.config.limits
    key_manager = assembly.key_manager
    credentials = Credentials(store, key_manager)
    sinks = {stage.name: stage.part for stage in assembly.audit}
    options = assembly.config.audit
    observe = assembly.hook.raum_entry_written
    journal = Journal(store, sinks, observe, stops=options.on_audit_failure == "stop")
    signing_keys = SigningKeys(store, key_manager, journal)
    asker = Asker(
        providers={stage.name: stage.part for stage in assembly.providers},
        store=store,
        credentials=credentials,
        policy=Policy(limits.provider_seconds, limits.provider_attempts, limits.retry_after_seconds),
    )
    pipeline = Pipeline(
        helpdesk=assembly.helpdesk.part,
        attachments=attachments(assembly),
        redactor=redactor(assembly),
        asker=asker,
        credentials=credentials,
        queue=queue,
        journal=journal,
        blocked=frozenset(assembly.config.redaction.block),
    )
    purger = Purger(store, queue, journal, assembly.config.retention.periods)
    deletions = Deletions(store, assembly.helpdesk.part, credentials, journal, purger)
    every = timedelta(hours=assembly.config.retention.every_hours)
    housekeeper = Housekeeper(store, purger, deletions, every)
    keys = SessionKeys(store, key_manager, journal)
    measured = assembly.hook.raum_ticket_measured
    errands = Errands(assembly.helpdesk.part, credentials, queue, journal, measured, deletions)
    return Host(
        store=store,
        queue=queue,
        helpdesk=assembly.helpdesk.part,
        credentials=credentials,
        journal=journal,
        redactor=pipeline.redactor,
        pipeline=pipeline,
        worker=Worker(
            store,
            queue,
            pipeline,
            errands,
            assembly.config.jobs,
            attempts=limits.attempts,
            chores=housekeeper.run_if_due,
        ),
        purger=purger,
        deletions=deletions,
        sealer=Sealer(store, signing_keys, journal, options.seal_seconds),
        signing_keys=signing_keys,
        doorman=Doorman(store, keys.verifying),
        sessions=Sessions(
            store, journal, keys, assembly.helpdesk.part, credentials, partial(_redacted, pipeline.redactor)
        ),
        body_bytes=limits.body_bytes,
        trusted_proxies=assembly.config.server.proxies,
        parts={stage.name: stage.part for stage in assembly.stages},
    )
