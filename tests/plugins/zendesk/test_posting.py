"""Posting replies to Zendesk, once each."""

import json

import httpx2
import pytest

from raum.api import HelpdeskFailed, Reply, Ticket
from raum.testing import FakeLogin
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.standin import ZendeskStandIn

NOTE = Reply("Your hat is on its way.", public=False)


@pytest.mark.parametrize(("public", "text"), [(False, "a note"), (True, "a <b>public</b> comment\nin two lines")])
async def test_a_reply_is_posted_as_it_is_meant(desk, standin, account, ticket_id, public, text):
    ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    await desk.post(account, FakeLogin(standin.token), ticket, Reply(text, public=public), "job-1")
    comment = standin.comments(ticket_id)[-1]
    assert (comment["public"], comment["plain_body"], comment["author_id"]) == (public, text, standin.me)


async def test_a_reply_is_posted_in_one_guarded_and_marked_update(desk, standin, account, ticket_id):
    ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    await desk.post(account, FakeLogin(standin.token), ticket, NOTE, "job-1")
    request = standin.requests[-1]
    assert (request.method, request.path) == ("PUT", f"/api/v2/tickets/{ticket_id}.json")
    assert json.loads(request.body) == {
        "ticket": {
            "comment": {"html_body": "<p>Your hat is on its way.</p>", "public": False},
            "metadata": {"raum_job": "job-1"},
            "safe_update": True,
            "updated_stamp": ticket.version,
        }
    }


async def test_a_lone_surrogate_in_a_reply_is_replaced(desk, standin, account, ticket_id):
    await desk.post(
        account, FakeLogin(standin.token), Ticket(ticket_id, ()), Reply("hat \ud83e", public=False), "job-1"
    )
    assert standin.comments(ticket_id)[-1]["plain_body"] == "hat \ufffd"


async def test_a_reply_to_an_older_state_is_refused_and_nothing_is_posted(desk, standin, account, ticket_id):
    ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    standin.add_comment(ticket_id, ticket_author(standin, ticket_id), "Wait, I found it!")
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.post(account, FakeLogin(standin.token), ticket, NOTE, "job-1")
    assert str(caught.value) == "the ticket changed in Zendesk since it was read; read it again"
    assert (caught.value.code, caught.value.retryable) == ("ticket_changed", True)
    assert standin.comments(ticket_id)[-1]["plain_body"] == "Wait, I found it!"


def ticket_author(standin, ticket_id):
    return standin.ticket(ticket_id)["requester_id"]


async def test_a_closed_ticket_takes_no_reply(desk, standin, account):
    ticket_id = standin.add_ticket("Hats", standin.add_user("Ada Quill"), "Hello", status="closed")
    ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.post(account, FakeLogin(standin.token), ticket, NOTE, "job-1")
    assert str(caught.value) == "the ticket is closed in Zendesk; a closed ticket takes no reply"
    assert (caught.value.code, caught.value.retryable) == ("ticket_closed", False)


async def test_a_posted_reply_is_found_by_its_marker(desk, standin, account, ticket_id):
    assert not await desk.is_posted(account, FakeLogin(standin.token), ticket_id, "job-1")
    await desk.post(account, FakeLogin(standin.token), Ticket(ticket_id, ()), NOTE, "job-1")
    assert await desk.is_posted(account, FakeLogin(standin.token), ticket_id, "job-1")
    assert not await desk.is_posted(account, FakeLogin(standin.token), ticket_id, "job-2")


LOST = {
    "503": lambda faults: faults.answer(503, applied=True),
    "HTML": lambda faults: faults.answer(502, b"<html>", applied=True),
    "dropped": lambda faults: faults.drop(applied=True),
}


@pytest.mark.parametrize("lost", LOST)
async def test_a_reply_whose_answer_was_lost_is_looked_for_and_not_posted_again(
    desk, standin, account, login, ticket_id, lost
):
    ticket = await desk.fetch(account, login, ticket_id)
    LOST[lost](standin.faults)
    await desk.post(account, login, ticket, NOTE, "job-1")
    assert [comment["plain_body"] for comment in standin.comments(ticket_id)].count(NOTE.text) == 1
    assert await desk.is_posted(account, login, ticket_id, "job-1")


async def test_a_slow_answer_to_an_update_that_was_applied_counts_as_posted(standin, account, login, ticket_id):
    async with Zendesk(ZendeskOptions(timeout_seconds=0.2), transport=httpx2.ASGITransport(standin.app)) as desk:
        standin.faults.slow(60)
        await desk.post(account, login, Ticket(ticket_id, ()), NOTE, "job-1")
    assert standin.comments(ticket_id)[-1]["plain_body"] == NOTE.text


async def test_an_update_that_was_not_applied_is_tried_again_later(desk, standin, account, login, ticket_id):
    standin.faults.drop(applied=False)
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.post(account, login, Ticket(ticket_id, ()), NOTE, "job-1")
    assert caught.value.retryable
    assert not await desk.is_posted(account, login, ticket_id, "job-1")


async def test_where_nobody_knows_whether_it_was_applied_the_next_try_looks(desk, standin, account, login, ticket_id):
    standin.faults.drop(applied=True)
    standin.faults.maintenance()
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.post(account, login, Ticket(ticket_id, ()), NOTE, "job-1")
    assert caught.value.retryable
    assert await desk.is_posted(account, login, ticket_id, "job-1")


async def test_a_conflict_is_not_posted_over(desk, standin, account, login, ticket_id):
    standin.faults.conflict()
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.post(account, login, Ticket(ticket_id, ()), NOTE, "job-1")
    assert (caught.value.code, caught.value.retryable) == ("ticket_changed", True)
    assert len(standin.requests) == 1


async def test_an_update_that_was_refused_for_too_many_calls_is_made_once(standin, account, login, ticket_id):
    standin.faults.rate_limit(0)
    async with Zendesk(ZendeskOptions(), transport=httpx2.ASGITransport(standin.app)) as desk:
        await desk.post(account, login, Ticket(ticket_id, ()), NOTE, "job-1")
    assert [comment["plain_body"] for comment in standin.comments(ticket_id)].count(NOTE.text) == 1


async def test_a_marker_is_looked_for_on_all_pages(account):
    standin = ZendeskStandIn(page_size=1)
    ada = standin.add_user("Ada Quill")
    ticket_id = standin.add_ticket("Hats", ada, "Hello")
    async with Zendesk(ZendeskOptions(), transport=httpx2.ASGITransport(standin.app)) as desk:
        await desk.post(account, FakeLogin(standin.token), Ticket(ticket_id, ()), NOTE, "job-1")
        standin.add_comment(ticket_id, ada, "Thanks")
        assert await desk.is_posted(account, FakeLogin(standin.token), ticket_id, "job-1")


async def test_a_marker_that_cannot_be_looked_for_is_not_taken_for_missing(desk, standin, account, ticket_id):
    standin.fail_next(429, headers={"Retry-After": "7"})
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.is_posted(account, FakeLogin(standin.token), ticket_id, "job-1")
    assert str(caught.value) == (
        "Zendesk is not available while reading the ticket's audits (status 429); try again later"
    )
