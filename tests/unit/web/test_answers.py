"""What the host accepts."""

import re

import pytest

from raum.model import Ticket, TicketText


async def test_a_delivery_is_accepted_once_its_job_is_kept(site):
    response = await site.deliver(b'{"event": "e", "ticket": 1}')
    assert response.status_code == 202
    assert response.json()["status"] == "accepted"
    assert sum((await site.host.queue.count("acme")).values()) == 1


async def test_a_delivery_that_comes_again_is_a_duplicate(site):
    await site.deliver(b'{"event": "e", "ticket": 1}')
    response = await site.deliver(b'{"event": "e", "ticket": 1}')
    assert (response.status_code, response.json()) == (200, {"status": "duplicate"})
    assert sum((await site.host.queue.count("acme")).values()) == 1


async def test_a_delivery_of_no_interest_is_ignored(site):
    response = await site.deliver(b'{"event": "e"}')
    assert (response.status_code, response.json()) == (200, {"status": "ignored"})
    assert sum((await site.host.queue.count("acme")).values()) == 0


async def test_a_reply_is_generated_for_a_ticket_of_the_helpdesk(site):
    site.assembly.helpdesk.part.tickets[1] = Ticket(1, (TicketText("text", "Text", "I am Ada Quill"),))
    response = await site.ask(b'{"ticket_id": 1}')
    document = response.json()
    assert (response.status_code, document["reply"], document["unresolved"]) == (200, "Text: I am Ada Quill", [])
    assert document["request_id"] == response.headers["x-request-id"]
    assert response.headers["cache-control"] == "no-store"


async def test_the_dry_run_shows_what_the_ai_would_get(site):
    response = await site.ask(b'{"ticket": {"id": 1, "text": "I am Ada Quill"}}', "/v1/redactions")
    assert response.json() == {
        "text": "I am [REDACTED_NAME]",
        "texts": [{"key": "text", "label": "", "text": "I am [REDACTED_NAME]"}],
        "placeholders": ["[REDACTED_NAME]"],
        "request_id": response.headers["x-request-id"],
    }
    assert site.assembly.providers[0].part.prompts == []


async def test_the_type_of_a_body_may_name_its_character_set(site):
    response = await site.ask(
        b'{"ticket": {"id": 1, "text": "x"}}', **{"content-type": "Application/JSON; charset=utf-8"}
    )
    assert response.status_code == 200


async def test_the_host_says_whether_it_lives_and_is_ready(site):
    for path, more in (
        ("/health/live", {}),
        ("/health/ready", {"details": {"overdue_deletions": 0, "parts_in_trouble": []}}),
    ):
        response = await site.client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok", **more})


async def test_a_part_that_will_not_work_for_long_is_named_and_the_host_is_ready_all_the_same(site):
    class Troubled:
        def troubles(self):
            return ["the token ends"]

    site.host.parts["openbao"] = Troubled()
    response = await site.client.get("/health/ready")
    assert response.status_code == 200
    assert response.json()["details"]["parts_in_trouble"] == ["openbao"]
    assert "token" not in response.text


@pytest.mark.parametrize(("scheme", "expected"), [("https", "max-age=31536000; includeSubDomains"), ("http", None)])
async def test_over_tls_browsers_are_told_to_stay_there(site, scheme, expected):
    response = await site.client.get(f"{scheme}://host/health/live")
    assert response.headers.get("strict-transport-security") == expected


async def test_the_metrics_count_the_jobs_in_every_state(site):
    await site.deliver(b'{"event": "1", "ticket": 7}')
    response = await site.client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    counts = dict(re.findall(r'^raum_jobs\{state="(\w+)"\} (\d+)$', response.text, re.MULTILINE))
    assert counts.keys() == {"waiting", "running", "done", "dead", "dropped"}
    assert sum(map(int, counts.values())) == 1
