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


async def test_a_reply_whose_answer_was_lost_is_found_by_its_marker(desk, standin, account, ticket_id):
    standin.fail_next(503, applied=True)
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.post(account, FakeLogin(standin.token), Ticket(ticket_id, ()), NOTE, "job-1")
    assert caught.value.retryable
    assert await desk.is_posted(account, FakeLogin(standin.token), ticket_id, "job-1")


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
