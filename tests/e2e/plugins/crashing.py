"""Parts that kill their process, as kill -9 does, at the point that RAUM_TEST_CRASH_AT names."""

import asyncio
import os
import random
import signal

from raum.api import Completion, DataClass, DataUse, Part, SqlQueue, hookimpl
from raum_pgqueuer.queue import PgQueuerQueue
from raum_zendesk.helpdesk import Zendesk, ZendeskOptions

POINT = os.environ.get("RAUM_TEST_CRASH_AT", "")
USE = DataUse({DataClass.RAW})


def reach(point):
    if point == POINT:
        os.kill(os.getpid(), signal.SIGKILL)


class Crashing:
    """A queue, whichever it is."""

    async def accept(self, job):
        accepted = await super().accept(job)
        reach("accepted")
        return accepted

    async def claim(self, *how):
        job = await super().claim(*how)
        if job is not None:
            reach("claimed")
        return job


class CrashingEmbedded(Crashing, SqlQueue):
    pass


class CrashingPgQueuer(Crashing, PgQueuerQueue):
    pass


class CrashingDesk(Zendesk):
    async def post(self, *reply):
        await super().post(*reply)
        reach("posted")


class CrashingProvider:
    needs_key = False
    default_model = "crashing-1"
    vendor = None

    async def complete(self, prompt, *, key, options):
        await asyncio.sleep(random.uniform(0.05, 0.25))  # so that a kill at a random moment meets it at work
        reach("answered")
        return Completion("Dear [REDACTED_NAME], soon.", model="crashing-1")

    async def stream(self, prompt, *, key, options):
        yield await self.complete(prompt, key=key, options=options)


@hookimpl
def raum_queues():
    yield Part("crashing-embedded", lambda options: CrashingEmbedded(), USE)
    yield Part("crashing-pgqueuer", lambda options: CrashingPgQueuer(), USE)


@hookimpl
def raum_helpdesks():
    yield Part("crashing-desk", CrashingDesk, USE, ZendeskOptions)


@hookimpl
def raum_providers():
    yield Part("crashing-provider", lambda options: CrashingProvider(), USE)
