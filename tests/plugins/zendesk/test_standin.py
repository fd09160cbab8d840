"""The stand-in behaves as Zendesk does where raum could notice."""

import json

import httpx2
import pytest

from raum_zendesk.standin import ReceivedRequest, ZendeskStandIn
from raum_zendesk.standin.calls import Calls

BASE = "http://desk.example.com:9000"
TOKEN = "stand-in-token"


@pytest.fixture
async def client(standin):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(standin.app), base_url=f"{BASE}/api/v2/", headers=headers, trust_env=False
    ) as client:
        yield client


@pytest.fixture
def ada(standin):
    return standin.add_user("Ada Quill", "ada@example.com", "+12025550123")


@pytest.fixture
def ticket_id(standin, ada):
    return standin.add_ticket("Hats", ada, "Where is my hat?", files=["hat.png"])


def test_ids_are_larger_than_32_bits(standin, ada, ticket_id):
    comment, audit = standin.comments(ticket_id)[0], standin.audits(ticket_id)[0]
    ids = {standin.me, ada, comment["id"], comment["audit_id"], comment["attachments"][0]["id"]}
    assert len(ids) == 5
    assert min(ids) > 2**32
    assert comment["audit_id"] == audit["id"]
    assert audit["events"][0]["id"] == comment["id"]


@pytest.mark.parametrize("path", ["tickets/{ticket}", "tickets/{ticket}/comments", "tickets/{ticket}/audits"])
async def test_each_path_works_with_and_without_json(client, ticket_id, path):
    path = path.format(ticket=ticket_id)
    plain, suffixed = await client.get(path), await client.get(f"{path}.json")
    assert plain.status_code == suffixed.status_code == 200
    assert plain.json() == suffixed.json()


async def test_addresses_lead_back_to_where_the_request_came_in(client, ada, ticket_id):
    ticket = (await client.get(f"tickets/{ticket_id}")).json()["ticket"]
    comments = (await client.get(f"tickets/{ticket_id}/comments?include=users&page[size]=1")).json()
    identities = (await client.get(f"users/{ada}/identities")).json()["identities"]
    attachment = comments["comments"][0]["attachments"][0]
    addresses = [ticket["url"], comments["users"][0]["url"], comments["links"]["next"], identities[0]["url"]]
    addresses += [attachment["url"], attachment["content_url"]]
    assert all(address.startswith(f"{BASE}/") for address in addresses)
    assert (await client.get(ticket["url"])).json()["ticket"]["id"] == ticket_id


async def test_the_last_page_has_a_next_link_and_no_more_items(client, standin, ada, ticket_id):
    standin.add_comment(ticket_id, ada, "Hello?")
    first = (await client.get(f"tickets/{ticket_id}/comments.json", params={"page[size]": "1"})).json()
    second = (await client.get(first["links"]["next"])).json()
    assert [page["meta"]["has_more"] for page in (first, second)] == [True, False]
    assert [page["comments"][0]["plain_body"] for page in (first, second)] == ["Where is my hat?", "Hello?"]
    assert second["links"]["next"] is not None
    assert (await client.get(second["links"]["next"])).json()["comments"] == []


async def test_without_a_page_size_a_listing_is_counted(client, standin, ada, ticket_id):
    standin.add_comment(ticket_id, ada, "Hello?")
    first = (await client.get(f"tickets/{ticket_id}/comments?per_page=1")).json()
    second = (await client.get(first["next_page"])).json()
    assert (first["count"], first["previous_page"], second["next_page"]) == (2, None, None)
    assert second["comments"][0]["plain_body"] == "Hello?"


@pytest.mark.parametrize(
    "path", ["tickets/1", "tickets/1/comments", "tickets/1/audits", "users/1", "users/1/identities"]
)
async def test_what_is_not_there_is_not_found(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "RecordNotFound", "description": "Not found"})


@pytest.mark.parametrize("path", ["juggle.json", "../../elsewhere"])
async def test_an_unknown_route_is_not_found(client, path):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "InvalidEndpoint", "description": "Not found"})


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic c3RhbmQtaW4tdG9rZW4=", "", "Bearer tökën".encode()])
async def test_a_wrong_token_is_refused(client, ticket_id, header):
    answer = await client.get(f"tickets/{ticket_id}", headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})


async def test_the_token_belongs_to_an_agent_and_without_it_one_is_anonymous(client, standin):
    me = (await client.get("users/me.json")).json()["user"]
    anonymous = (await client.get("users/me.json", headers={"Authorization": ""})).json()["user"]
    assert (me["id"], me["role"]) == (standin.me, "agent")
    assert anonymous["name"] == "Anonymous user"


async def test_answers_tell_the_rate_limit(client, ticket_id):
    answer = await client.get(f"tickets/{ticket_id}")
    assert answer.headers["x-rate-limit"] == "700"
    assert answer.headers["ratelimit-remaining"] == "699"
    assert answer.headers["x-zendesk-api-version"] == "v2"


def test_the_calls_of_a_minute_come_back_with_the_next_one():
    now = 0.0
    calls = Calls(3, lambda: now)
    told = [calls.counted()["ratelimit-remaining"] for _ in range(4)]
    now = 59.5
    assert calls.counted()["ratelimit-reset"] == "1"
    now = 60
    assert (told, calls.counted()["ratelimit-remaining"]) == (["2", "1", "0", "0"], "2")


async def test_every_request_is_kept(client, standin, ticket_id):
    await client.put(f"tickets/{ticket_id}?x=1", content=b'{"ticket": {}}')
    assert standin.requests == [
        ReceivedRequest("PUT", f"/api/v2/tickets/{ticket_id}", "x=1", b'{"ticket": {}}'),
    ]


async def test_an_update_adds_a_comment_and_tells_its_audit(client, standin, ticket_id):
    before = standin.ticket(ticket_id)["updated_at"]
    update = {"comment": {"body": "Here it is", "public": False}, "tags": ["hat"], "metadata": {"raum_job": "7"}}
    answer = (await client.put(f"tickets/{ticket_id}", json={"ticket": update})).json()
    comment = standin.comments(ticket_id)[-1]
    assert answer["audit"]["metadata"]["custom"] == {"raum_job": "7"}
    assert [event["type"] for event in answer["audit"]["events"]] == ["Comment", "Change"]
    assert (comment["plain_body"], comment["public"], comment["author_id"]) == ("Here it is", False, standin.me)
    assert answer["ticket"]["tags"] == ["hat"]
    assert answer["ticket"]["updated_at"] > before


async def test_an_update_without_a_comment_makes_an_audit_of_its_own(client, standin, ticket_id):
    answer = await client.put(f"tickets/{ticket_id}", json={"ticket": {"status": "solved"}})
    assert answer.json()["ticket"]["status"] == "solved"
    assert standin.audits(ticket_id)[-1]["events"][0]["field_name"] == "status"
    assert len(standin.comments(ticket_id)) == 1


async def test_a_safe_update_of_an_older_state_changes_nothing(client, standin, ticket_id):
    update = {"comment": {"body": "Late"}, "safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}
    answer = await client.put(f"tickets/{ticket_id}", json={"ticket": update})
    assert (answer.status_code, answer.json()["error"]) == (409, "UpdateConflict")
    assert len(standin.comments(ticket_id)) == 1


async def test_a_closed_ticket_takes_no_update(client, standin, ada):
    ticket_id = standin.add_ticket("Hats", ada, "Hello", status="closed")
    answer = await client.put(f"tickets/{ticket_id}", json={"ticket": {"comment": {"body": "Late"}}})
    assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")


async def test_an_update_that_is_not_json_is_refused(client, ticket_id):
    answer = await client.put(f"tickets/{ticket_id}", content=b"{")
    assert (answer.status_code, answer.json()["error"]) == (400, "Unprocessable")


@pytest.mark.parametrize(("applied", "comments"), [(False, 1), (True, 2)])
async def test_a_failure_comes_once_before_or_after_the_request_is_done(client, standin, ticket_id, applied, comments):
    standin.fail_next(503, body=b"<html>down</html>", headers={"Retry-After": "1"}, applied=applied)
    update = {"ticket": {"comment": {"body": "Hello"}}}
    failed = await client.put(f"tickets/{ticket_id}", json=update)
    assert (failed.status_code, failed.text, failed.headers["retry-after"]) == (503, "<html>down</html>", "1")
    assert len(standin.comments(ticket_id)) == comments
    assert (await client.get(f"tickets/{ticket_id}")).status_code == 200


def test_a_delivery_looks_like_one_of_zendesk(standin, ticket_id):
    delivery = standin.delivery_for_ticket_created(ticket_id)
    assert list(delivery.headers) == [
        "X-Zendesk-Webhook-Signature-Timestamp",
        "X-Zendesk-Webhook-Signature",
        "Content-Type",
        "User-Agent",
        "X-Zendesk-Account-Id",
        "X-Zendesk-Webhook-Id",
        "X-Zendesk-Webhook-Invocation-Id",
    ]
    assert len(delivery.headers["X-Zendesk-Webhook-Invocation-Id"]) == 26
    assert delivery.body.startswith(b'{\n   "account_id"')
    assert delivery.body.endswith(b"}\n")
    document = json.loads(delivery.body)
    assert (document["detail"]["id"], document["detail"]["status"]) == (str(ticket_id), "NEW")
    assert document["detail"]["description"] == "Where is my hat?"


def test_an_event_is_the_same_however_often_it_is_delivered(standin, ticket_id):
    first, second = (standin.delivery_for_ticket_created(ticket_id) for _ in range(2))
    assert first.body == second.body
    assert first.headers["X-Zendesk-Webhook-Invocation-Id"] == second.headers["X-Zendesk-Webhook-Invocation-Id"]


def test_each_comment_and_message_is_an_event_of_its_own(standin, ada, ticket_id):
    comments = [standin.comments(ticket_id)[0]["id"], standin.add_comment(ticket_id, ada, "Hello?")]
    deliveries = [standin.delivery_for_comment_added(ticket_id, comment) for comment in comments]
    deliveries += [standin.delivery_for_message_added(ticket_id, "Hello?") for _ in range(2)]
    assert len({json.loads(delivery.body)["id"] for delivery in deliveries}) == 4


def test_a_comment_event_tells_staff_from_customers(standin, ticket_id):
    comment_id = standin.add_comment(ticket_id, standin.me, "A draft", public=False)
    event = json.loads(standin.delivery_for_comment_added(ticket_id, comment_id).body)["event"]["comment"]
    assert (event["is_public"], event["author"]["is_staff"]) == (False, True)


def test_two_stand_ins_share_nothing(ticket_id):
    other = ZendeskStandIn()
    with pytest.raises(KeyError):
        other.ticket(ticket_id)
