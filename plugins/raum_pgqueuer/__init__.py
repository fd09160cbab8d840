"""The part `pgqueuer`: the queue for many hosts, by the engine PgQueuer in the PostgreSQL database of the store.

PgQueuer (https://github.com/janbjorge/pgqueuer) gives out jobs, notices workers that are gone and keeps to each
account's share; the table of jobs stays the record. An account is an entrypoint of the engine, and the payload is the
job's id. The engine's own loop, which would write the text of an exception into its log table, and beat its heart on
the event loop that a job may block, is not used.
"""

from collections.abc import Iterable

from raum.api import STORE, DataClass, DataUse, Part, Queue, hookimpl
from raum_pgqueuer.queue import PgQueuerQueue


@hookimpl
def raum_queues() -> Iterable[Part[Queue]]:
    """The part `pgqueuer`."""
    yield Part(
        "pgqueuer",
        lambda options: PgQueuerQueue(),
        DataUse({DataClass.IDS}, goes_to="the store", regions=(STORE,), kept="as [retention] says"),
        summary="hands out jobs by PgQueuer, to the workers of many hosts",
    )
