"""What every queue does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest
import pytest_asyncio
from attrs import evolve

from raum.api import ClaimLost, EventKind, Job, JobState, OperatorError, Queue, Store
from raum.ids import utc_now
from raum.testing.contracts.entries import ACME, BETA, make_entry, refused
from raum.testing.contracts.parts import MARK, entered

Later = Callable[[float], Awaitable[None]]

LEASE: Final = 60.0
PER_ACCOUNT: Final = 2
_numbers = count(1)


def make_job(**fields: Any) -> Job:
    """A job of the account acme with these fields, accepted a minute ago; its ids are new, and it is the youngest."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "id": f"job-{number}",
        "account_id": "acme",
        "event_id": f"event-{number}",
        "ticket_id": number,
        "created_at": utc_now() - timedelta(seconds=60),
    }
    return Job(**(defaults | fields))


async def claimed(queue: Queue, *, per_account: int = 100) -> Job:
    """The next job, which there must be."""
    job = await queue.claim(LEASE, per_account)
    assert job is not None
    return job


async def _lost(call: Awaitable[object]) -> None:
    with pytest.raises(ClaimLost):
        await call


class QueueContract:
    """Subclass it and give the fixtures `part`, a queue; `in_store`, a store that it works in; and `later`.

    Both are migrated and then entered. `later(seconds)` makes that time pass for the queue, without waiting for it.
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def part(self) -> Queue:
        """The queue, not yet told its store; to be overridden."""
        raise NotImplementedError("give the fixture `part`: the queue")

    @pytest.fixture
    def in_store(self) -> Store:
        """A store that the queue works in, empty and not yet entered; to be overridden."""
        raise NotImplementedError("give the fixture `in_store`: the store")

    @pytest.fixture
    def later(self, part: Queue) -> Later:
        """Makes time pass; to be overridden."""
        raise NotImplementedError("give the fixture `later`: an async function of seconds")

    @pytest_asyncio.fixture(loop_scope="function")
    async def store(self, in_store: Store) -> AsyncIterator[Store]:
        """The store, with the accounts acme and beta."""
        await in_store.migrate()
        async with entered(in_store) as store:
            for account in (ACME, BETA):
                await store.add_account(account, make_entry(id=f"added-{account.id}", account_id=account.id))
            yield store

    @pytest_asyncio.fixture(loop_scope="function")
    async def queue(self, part: Queue, store: Store) -> AsyncIterator[Queue]:
        """The queue in that store."""
        part.use(store)
        await part.migrate()
        async with entered(part) as queue:
            yield queue

    async def test_it_refuses_a_store_that_it_cannot_work_in(self, part: Queue) -> None:
        with pytest.raises(OperatorError):
            part.use(object())  # type: ignore[arg-type]

    async def test_a_migrated_queue_is_current_and_migrating_again_changes_nothing(self, queue: Queue) -> None:
        await queue.accept(make_job())
        assert await queue.is_current() is True
        await queue.migrate()
        assert await queue.is_current() is True
        assert (await queue.count())["waiting"] == 1

    async def test_an_accepted_job_is_claimed_with_all_it_holds(self, queue: Queue) -> None:
        about = {"ticket_id": 2**40, "kind": EventKind.PERSON_DELETED, "person_id": 2**41}
        job = make_job(client_ip="192.0.2.1", peer_ip="10.0.0.1", request_id="01ARZ3NDEKTSV4RRFFQ69G5FAV", **about)
        assert await queue.accept(job) is True
        assert await claimed(queue) == evolve(job, attempts=1, token=1)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None

    async def test_an_event_is_accepted_once_for_each_account(self, queue: Queue) -> None:
        assert await queue.accept(make_job(event_id="event")) is True
        assert await queue.accept(make_job(event_id="event")) is False
        assert await queue.accept(make_job(event_id="event", account_id="beta")) is True
        assert (await queue.count("acme"))["waiting"] == 1

    @pytest.mark.parametrize("dead", [False, True])
    async def test_an_event_whose_job_has_ended_is_not_accepted_again(self, queue: Queue, dead: bool) -> None:
        await queue.accept(make_job(event_id="event"))
        await queue.finish(await claimed(queue), make_entry(), dead=dead)
        assert await queue.accept(make_job(event_id="event")) is False
        assert await queue.claim(LEASE, PER_ACCOUNT) is None

    async def test_of_fifty_deliveries_of_one_event_at_once_exactly_one_is_accepted(self, queue: Queue) -> None:
        accepted = await asyncio.gather(*(queue.accept(make_job(event_id="event")) for _ in range(50)))
        assert accepted.count(True) == 1
        assert (await queue.count())["waiting"] == 1

    async def test_a_job_id_exists_once_and_a_job_needs_its_account(self, queue: Queue) -> None:
        await queue.accept(make_job(id="taken"))
        await refused(queue.accept(make_job(id="taken", event_id=MARK)))
        await refused(queue.accept(make_job(account_id="nobody", event_id=MARK)))
        assert (await queue.count())["waiting"] == 1

    async def test_the_oldest_job_of_an_account_is_claimed_first(self, queue: Queue) -> None:
        for job_id in ("oldest", "middle", "youngest"):
            await queue.accept(make_job(id=job_id))
        assert [(await claimed(queue)).id for _ in range(3)] == ["oldest", "middle", "youngest"]

    async def test_claims_at_once_never_give_a_job_twice(self, queue: Queue) -> None:
        for number in range(20):
            await queue.accept(make_job(id=f"job-{number}"))
        given: list[str] = []
        while len(given) < 20:
            jobs = await asyncio.gather(*(queue.claim(LEASE, 100) for _ in range(10)))
            assert any(jobs)
            given += [job.id for job in jobs if job]
        assert sorted(given) == sorted(f"job-{number}" for number in range(20))
        assert await queue.claim(LEASE, 100) is None

    async def test_of_one_account_only_so_many_jobs_run_at_once(self, queue: Queue) -> None:
        for _ in range(3):
            await queue.accept(make_job())
        first, _ = [await claimed(queue, per_account=2) for _ in range(2)]
        assert await queue.claim(LEASE, 2) is None
        await queue.finish(first, make_entry(), dead=False)
        assert await queue.claim(LEASE, 2) is not None

    async def test_claims_at_once_keep_to_the_share_of_an_account(self, queue: Queue) -> None:
        for _ in range(10):
            await queue.accept(make_job())
        for _ in range(3):
            await asyncio.gather(*(queue.claim(LEASE, 2) for _ in range(8)))
        assert (await queue.count())["running"] == 2

    async def test_the_backlog_of_one_account_does_not_delay_the_first_job_of_another(self, queue: Queue) -> None:
        for _ in range(5):
            await queue.accept(make_job())
        await claimed(queue)
        await queue.accept(make_job(id="first", account_id="beta"))
        assert (await claimed(queue)).id == "first"

    async def test_a_claim_that_is_not_renewed_lapses(self, queue: Queue, later: Later) -> None:
        job = make_job()
        await queue.accept(job)
        await claimed(queue)
        await later(LEASE - 5)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None
        await later(10)
        assert await claimed(queue) == evolve(job, attempts=2, token=2)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None

    async def test_a_claim_that_is_renewed_lasts(self, queue: Queue, later: Later) -> None:
        await queue.accept(make_job())
        job = await claimed(queue)
        for _ in range(3):
            await later(LEASE - 5)
            assert list(await queue.renew([job])) == [job.id]
            assert await queue.claim(LEASE, PER_ACCOUNT) is None

    async def test_a_claim_can_be_renewed_from_another_thread(self, queue: Queue, later: Later) -> None:
        await queue.accept(make_job())
        job = await claimed(queue)
        await later(LEASE - 5)

        async def renew() -> list[str]:
            return list(await queue.another().renew([job]))

        assert await asyncio.to_thread(lambda: asyncio.run(renew())) == [job.id]
        await later(LEASE - 5)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None

    async def test_what_was_left_behind_is_given_out_though_the_share_of_its_account_is_used_up(
        self, queue: Queue, later: Later
    ) -> None:
        for _ in range(4):
            await queue.accept(make_job())
        left = {(await claimed(queue, per_account=2)).id for _ in range(2)}
        await later(LEASE + 5)
        assert {(await claimed(queue, per_account=2)).id for _ in range(2)} == left
        assert await queue.claim(LEASE, 2) is None

    async def test_who_lost_a_claim_can_do_nothing_with_the_job(self, queue: Queue, store: Store, later: Later) -> None:
        await queue.accept(make_job())
        lost = await claimed(queue)
        await later(LEASE + 5)
        job = await claimed(queue)
        assert list(await queue.renew([lost, job])) == [job.id]
        await queue.put_back(lost, 0)
        await queue.release(lost)
        await _lost(queue.finish(lost, make_entry(id="late", content=MARK), dead=False))
        assert "late" not in [entry.id for entry in await store.entries("acme")]
        await queue.finish(job, make_entry(), dead=False)
        assert (await queue.count())["done"] == 1

    @pytest.mark.parametrize("job_id", ["unknown", "waiting", "done"])
    async def test_a_job_that_nobody_claimed_cannot_be_finished(self, queue: Queue, job_id: str) -> None:
        done = make_job(id="done")
        await queue.accept(done)
        await queue.finish(await claimed(queue), make_entry(), dead=False)
        await queue.accept(make_job(id="waiting"))
        await _lost(queue.finish(make_job(id=job_id, token=1), make_entry(), dead=True))
        assert (await queue.count())["dead"] == 0

    async def test_a_finished_job_and_its_entry_are_seen_together(self, queue: Queue, store: Store) -> None:
        await queue.accept(make_job())
        job = await claimed(queue)
        await refused(queue.finish(job, make_entry(id="added-acme", content=MARK), dead=False))
        assert (await queue.count())["running"] == 1
        await queue.finish(job, make_entry(time=utc_now(), job_id=job.id), dead=False)
        assert (await queue.count())["done"] == 1
        assert (await store.entries("acme"))[0].job_id == job.id

    async def test_a_job_that_is_put_back_waits_so_long_and_counts_its_attempts(
        self, queue: Queue, later: Later
    ) -> None:
        await queue.accept(make_job())
        await queue.put_back(await claimed(queue), 30)
        await later(25)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None
        await later(10)
        again = await claimed(queue)
        assert (again.attempts, again.token) == (2, 2)

    async def test_a_job_waits_a_quarter_of_an_hour_at_most(self, queue: Queue, later: Later) -> None:
        await queue.accept(make_job())
        await queue.put_back(await claimed(queue), 1e6)
        await later(905)
        assert (await claimed(queue)).attempts == 2

    async def test_a_job_that_is_given_back_can_be_claimed_at_once_and_has_lost_no_attempt(self, queue: Queue) -> None:
        await queue.accept(make_job())
        await queue.release(await claimed(queue))
        again = await claimed(queue)
        assert (again.attempts, again.token) == (1, 2)

    async def test_a_job_that_was_put_back_is_as_old_as_it_was(self, queue: Queue) -> None:
        for job_id in ("older", "younger"):
            await queue.accept(make_job(id=job_id))
        await queue.release(await claimed(queue))
        assert (await claimed(queue)).id == "older"

    async def test_a_dead_job_says_why_and_stays_dead(self, queue: Queue, later: Later) -> None:
        await queue.accept(make_job())
        job = await claimed(queue)
        await queue.finish(job, make_entry(reason="ticket_not_found"), dead=True)
        await later(3 * LEASE)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None
        found = await queue.find(job.id)
        assert found is not None
        assert (found.job, found.state, found.reason) == (job, JobState.DEAD, "ticket_not_found")

    async def test_a_dead_job_can_be_tried_again_with_all_its_attempts(self, queue: Queue, store: Store) -> None:
        await queue.accept(make_job(id="stuck"))
        await queue.finish(await claimed(queue), make_entry(reason="timeout"), dead=True)
        await queue.retry("stuck", make_entry(id="retried"))
        again = await claimed(queue)
        assert (again.id, again.attempts, again.token) == ("stuck", 1, 2)
        assert "retried" in [entry.id for entry in await store.entries("acme")]
        await queue.finish(again, make_entry(), dead=False)
        assert (await queue.count())["done"] == 1

    async def test_a_waiting_job_and_a_dead_one_can_be_dropped(self, queue: Queue, store: Store, later: Later) -> None:
        await queue.accept(make_job(id="dead"))
        await queue.finish(await claimed(queue), make_entry(), dead=True)
        await queue.accept(make_job(id="waiting", event_id="event"))
        for job_id in ("dead", "waiting"):
            await queue.drop(job_id, make_entry(id=f"dropped-{job_id}"))
        await later(3 * LEASE)
        assert await queue.claim(LEASE, PER_ACCOUNT) is None
        assert (await queue.count())["dropped"] == 2
        assert {"dropped-dead", "dropped-waiting"} <= {entry.id for entry in await store.entries("acme")}
        assert await queue.accept(make_job(event_id="event")) is False

    async def test_a_job_in_another_state_is_neither_tried_again_nor_dropped(self, queue: Queue, store: Store) -> None:
        for job_id in ("done", "running", "waiting"):
            await queue.accept(make_job(id=job_id))
        await queue.finish(await claimed(queue), make_entry(), dead=False)
        await claimed(queue)
        for job_id in ("done", "running", "unknown"):
            await refused(queue.drop(job_id, make_entry(id="refused")))
        for job_id in ("done", "running", "waiting", "unknown"):
            await refused(queue.retry(job_id, make_entry(id="refused")))
        assert "refused" not in [entry.id for entry in await store.entries("acme")]

    async def test_what_an_operator_does_is_not_done_without_its_entry(self, queue: Queue) -> None:
        await queue.accept(make_job(id="dead"))
        await queue.finish(await claimed(queue), make_entry(), dead=True)
        await refused(queue.retry("dead", make_entry(id="added-acme", content=MARK)))
        await refused(queue.drop("dead", make_entry(id="added-acme", content=MARK)))
        assert (await queue.count())["dead"] == 1

    async def test_the_entry_of_a_job_whose_ticket_was_erased_says_nothing(self, queue: Queue, store: Store) -> None:
        await queue.accept(make_job(ticket_id=7))
        job = await claimed(queue)
        await store.erase_tickets("acme", [7], make_entry())
        entry = make_entry(time=utc_now(), ticket_id=7, job_id=job.id, content=MARK, completion=MARK)
        assert await queue.finish(job, entry, dead=False) == entry.without_content()
        assert (await store.entries("acme"))[0] == entry.without_content()
        assert (await queue.count())["done"] == 1

    async def test_ended_jobs_are_forgotten_when_they_are_old_and_no_others(self, queue: Queue, later: Later) -> None:
        now = utc_now()
        for job_id, days in (("done", 9), ("dead", 9), ("dropped", 9), ("running", 9), ("waiting", 9), ("young", 1)):
            await queue.accept(
                make_job(id=job_id, event_id=job_id, created_at=now - timedelta(days=days, seconds=-len(job_id)))
            )
        jobs = {job.id: job for job in [await claimed(queue) for _ in range(6)]}
        for job_id in ("done", "dead", "dropped", "young"):
            await queue.finish(jobs[job_id], make_entry(), dead=job_id in ("dead", "dropped"))
        await queue.drop("dropped", make_entry())
        await queue.release(jobs["waiting"])
        week = now - timedelta(days=7)
        assert await queue.expired("acme", week) == 3
        assert (await queue.expired("beta", week), await queue.purge("beta", week, limit=9)) == (0, 0)
        assert await queue.purge("acme", week, limit=9) == 3
        assert await queue.purge("acme", week, limit=9) == 0
        assert {status.job.id for status in await queue.jobs()} == {"running", "waiting", "young"}
        assert await queue.accept(make_job(event_id="young")) is False
        for job_id in ("done", "dead", "dropped"):
            assert await queue.accept(make_job(id=f"{job_id}-again", event_id=job_id)) is True
        given = [job.id for job in [await claimed(queue) for _ in range(4)]]
        assert given == ["waiting", "done-again", "dead-again", "dropped-again"]
        await later(3 * LEASE)
        assert (await claimed(queue)).id == "running"

    async def test_old_jobs_are_forgotten_some_at_a_time_the_oldest_first(self, queue: Queue) -> None:
        now = utc_now()
        for days in (8, 9, 7):
            await queue.accept(make_job(id=f"days-{days}", created_at=now - timedelta(days=days)))
            await queue.drop(f"days-{days}", make_entry())
        assert await queue.purge("acme", now, limit=2) == 2
        assert [status.job.id for status in await queue.jobs()] == ["days-7"]
        assert await queue.purge("acme", now, limit=2) == 1
        assert await queue.expired("acme", now) == 0

    async def test_jobs_are_counted_in_every_state_of_one_account_and_of_all(self, queue: Queue) -> None:
        for dead in (True, False, False):
            await queue.accept(make_job())
            await queue.finish(await claimed(queue), make_entry(), dead=dead)
        await queue.accept(make_job(account_id="beta"))
        none = {"waiting": 0, "running": 0, "done": 0, "dead": 0, "dropped": 0}
        assert await queue.count("acme") == {**none, "done": 2, "dead": 1}
        assert await queue.count("beta") == {**none, "waiting": 1}
        assert await queue.count("nobody") == none
        assert await queue.count() == {**none, "waiting": 1, "done": 2, "dead": 1}

    async def test_jobs_are_listed_newest_first_by_account_and_by_state(self, queue: Queue) -> None:
        for job_id, account_id in (("a", "acme"), ("b", "beta"), ("c", "acme")):
            await queue.accept(make_job(id=job_id, account_id=account_id))
        await queue.finish(await claimed(queue), make_entry(), dead=True)

        async def listed(*which: Any, limit: int = 100) -> list[str]:
            return [status.job.id for status in await queue.jobs(*which, limit=limit)]

        assert await listed() == ["c", "b", "a"]
        assert await listed("acme") == ["c", "a"]
        assert await listed("acme", JobState.DEAD) == ["a"]
        assert await listed(None, JobState.WAITING) == ["c", "b"]
        assert await listed(limit=1) == ["c"]
        assert await queue.find("unknown") is None
