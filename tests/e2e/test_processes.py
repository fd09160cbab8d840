"""A host of several processes: how they share the work, and how they stop."""

import asyncio
import random
import signal
from collections import Counter

import httpx2
from e2e.rig import eventually

from raum_zendesk.standin import Sender

PASSWORD = "correct horse battery"


def statuses(invocations):
    """How often each status ended a delivery; none needed a second attempt."""
    return Counter(attempt.status for invocation in invocations for attempt in invocation.attempts)


def test_deliveries_that_are_doubled_reordered_and_late_get_one_reply_each(fleet):
    fleet.serve()
    for _ in range(2):
        fleet.worker().wait_until_ready()
    tickets = [fleet.new_ticket() for _ in range(6)]
    deliveries = [fleet.zendesk.delivery_for_ticket_created(ticket) for ticket in tickets]
    sender = Sender(fleet.url + fleet.path, fleet.zendesk.signing_secret)  # a second of Zendesk's is a millisecond
    chance = random.Random(7)
    sent = asyncio.run(sender.send_all(deliveries[:5], times=4, chance=chance, latest=1000))
    assert statuses(sent) == {202: 5, 200: 15}
    fleet.ended()
    much_later = asyncio.run(sender.send_all(reversed(deliveries)))
    assert statuses(much_later) == {202: 1, 200: 5}
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


def test_two_hosts_on_one_store_are_as_one_and_go_on_when_one_is_killed(fleet):
    fleet.create_owner("ada@example.com", PASSWORD)
    first = fleet.serve(works=True)
    first_url = fleet.url
    fleet.serve(works=True)
    second_url = fleet.url

    fleet.url = first_url
    signed_in = fleet.ask("POST", "/v1/sessions", json={"email": "ada@example.com", "password": PASSWORD})
    fleet.url = second_url
    renewed = fleet.ask("POST", "/v1/sessions/current", signed_in.json()["access_token"])
    assert (signed_in.status_code, renewed.status_code) == (201, 201)
    token = renewed.json()["access_token"]

    tickets = [fleet.new_ticket() for _ in range(12)]
    for number, ticket in enumerate(tickets):
        fleet.url = (first_url, second_url)[number % 2]
        if number == 8:
            first.kill()
        answer = fleet.deliver(ticket)
        if answer is None:  # as Zendesk does, which delivers again to whoever answers
            fleet.url = second_url
            answer = fleet.deliver(ticket)
        assert answer.status_code == 202
    fleet.url = second_url
    assert fleet.ended() == {"waiting": 0, "running": 0, "done": 12, "dead": 0, "dropped": 0}
    assert [len(fleet.replies(ticket)) for ticket in tickets] == [1] * 12

    assert fleet.ask("GET", "/v1/settings", token).status_code == 200
    assert fleet.ask("DELETE", "/v1/sessions/current", token).status_code == 204
    assert fleet.ask("GET", "/v1/settings", token).status_code == 401
