"""A host of several processes: how they share the work, and how they stop."""

import random
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx2
from e2e.rig import eventually


def test_deliveries_that_are_doubled_reordered_and_late_get_one_reply_each(fleet):
    fleet.serve()
    for _ in range(2):
        fleet.worker()
    tickets = [fleet.new_ticket() for _ in range(6)]
    deliveries = [ticket for ticket in tickets[:5] for _ in range(4)]
    random.Random(7).shuffle(deliveries)
    with ThreadPoolExecutor(8) as senders:
        responses = list(senders.map(fleet.deliver, deliveries))
    assert sorted(response.status_code for response in responses) == [200] * 15 + [202] * 5
    fleet.ended()
    late = [fleet.deliver(ticket).status_code for ticket in reversed(tickets)]
    assert late == [202] + [200] * 5
    assert fleet.ended() == {"waiting": 0, "running": 0, "done": 6, "dead": 0, "dropped": 0}
    assert [len(fleet.replies(ticket)) for ticket in tickets] == [1] * 6


def test_processes_that_are_told_to_stop_finish_what_they_do_and_leave_the_rest(fleet):
    web = fleet.serve()
    tickets = [fleet.new_ticket() for _ in range(4)]
    assert [fleet.deliver(ticket).status_code for ticket in tickets] == [202] * 4
    assert httpx2.get(f"{fleet.url}/health/ready", trust_env=False).status_code == 200
    assert fleet.jobs()["waiting"] == 4

    worker = fleet.worker()
    eventually(lambda: fleet.jobs()["done"] or None)
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    jobs = fleet.jobs()
    assert (jobs["running"], jobs["waiting"] + jobs["done"]) == (0, 4)
    assert not [line for line in worker.output if "Traceback" in line]

    fleet.worker()
    assert fleet.ended()["done"] == 4
    assert [len(fleet.replies(ticket)) for ticket in tickets] == [1] * 4
    web.signal(signal.SIGTERM)
    assert web.wait() == 0
