"""The stand-in's sender makes the attempts that Zendesk makes."""

import random

import httpx2
import pytest

from raum_zendesk.standin import Sender
from raum_zendesk.standin.sender import with_bad_utf8

ENDPOINT = "https://raum.example.com/webhooks/zendesk/key"


class Endpoint:
    """Answers with the statuses in turn, the last one for ever; 0 is no answer."""

    def __init__(self, *statuses, retry_after="5"):
        self.statuses, self.retry_after, self.received = list(statuses), retry_after, []

    async def __call__(self, request):
        self.received.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status == 0:
            raise httpx2.ReadTimeout("no answer")
        return httpx2.Response(status, headers={"Retry-After": self.retry_after} if self.retry_after else {})


def sender_to(standin, endpoint):
    return Sender(ENDPOINT, standin.signing_secret, second=0, transport=httpx2.MockTransport(endpoint))


@pytest.fixture
def delivery(standin, ticket_id):
    return standin.delivery_for_ticket_created(ticket_id)


@pytest.mark.parametrize(
    ("statuses", "retry_after", "attempts", "outcome"),
    [
        ([202], "5", 1, "success"),
        ([200], "5", 1, "success"),
        ([409, 202], "", 2, "success"),
        ([409], "", 4, "terminated"),
        ([503, 202], "5", 2, "success"),
        ([429, 202], "59", 2, "success"),
        ([503], "60", 1, "terminated"),
        ([503], "", 1, "terminated"),
        ([0, 202], "", 2, "success"),
        ([0], "", 6, "terminated"),
        ([500], "5", 1, "terminated"),
        ([401], "5", 1, "terminated"),
    ],
)
async def test_some_answers_are_final_and_some_are_not(standin, delivery, statuses, retry_after, attempts, outcome):
    endpoint = Endpoint(*statuses, retry_after=retry_after)
    invocation = await sender_to(standin, endpoint).send(delivery)
    assert (len(invocation.attempts), invocation.status) == (attempts, outcome)
    assert len({request.content for request in endpoint.received}) == 1
    assert len({request.headers["x-zendesk-webhook-invocation-id"] for request in endpoint.received}) == 1


async def test_each_delivery_is_sent_so_many_times_in_another_order(standin, ticket_id, delivery):
    others = [standin.delivery_for_rated(ticket_id), standin.delivery_for_status_changed(ticket_id, "solved")]
    endpoint = Endpoint(202)
    done = await sender_to(standin, endpoint).send_all([delivery, *others], times=3, chance=random.Random(7))
    assert [invocation.status for invocation in done] == ["success"] * 9
    bodies = [request.content for request in endpoint.received]
    assert sorted(bodies) == sorted([delivery.body, *(other.body for other in others)] * 3)
    assert bodies != [each.body for each in (delivery, *others) for _ in range(3)]


async def test_the_circuit_breaker_pauses_an_endpoint_that_fails(standin, delivery):
    sender = sender_to(standin, Endpoint(*[500] * 12, 202))
    for _ in range(12):
        await sender.send(delivery)
    invocation = await sender.send(delivery)
    assert invocation.status == "success"
    assert len(sender.invocations) == 13


def test_a_body_of_bad_utf8_is_refused_and_not_an_error(standin, desk, ticket_id):
    from raum.api import InvalidDelivery

    with pytest.raises(InvalidDelivery):
        desk.parse(with_bad_utf8(standin.delivery_for_trigger(ticket_id)).body)


def test_every_event_that_zendesk_sends_is_read(standin, desk, ticket_id):
    ada = standin.ticket(ticket_id)["requester_id"]
    events = [
        standin.delivery_for_status_changed(ticket_id, "solved"),
        standin.delivery_for_rated(ticket_id),
        standin.delivery_for_ticket_deleted(ticket_id),
        standin.delivery_for_user_deleted(ada),
        standin.delivery_for_ticket_merged(ticket_id, 1),
    ]
    read = [desk.parse(event.body) for event in events]
    assert [event and (event.kind, event.ticket_id, event.person_id) for event in read] == [
        ("solved", ticket_id, 0),
        ("rated", ticket_id, 0),
        ("ticket_deleted", ticket_id, 0),
        ("person_deleted", 0, ada),
        None,
    ]
