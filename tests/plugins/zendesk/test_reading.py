"""Reading tickets from Zendesk."""

import asyncio
import base64
import gzip
import json

import httpx2
import pytest

from raum.api import (
    PRIVATE,
    PUBLIC,
    Account,
    HelpdeskFailed,
    Measures,
    Person,
    Secret,
    TicketNotFound,
    side_conversation,
)
from raum.testing import FakeLogin
from raum_zendesk import Zendesk, ZendeskOptions
from raum_zendesk.standin import ZendeskStandIn

SECRET_TEXT = "Ada Quill ada@example.com"


def desk_on(transport, **options):
    return Zendesk(ZendeskOptions(**{"patience_seconds": 0, **options}), transport=transport)


def answering(status=200, content=b"", headers=None):
    return httpx2.MockTransport(lambda _request: httpx2.Response(status, content=content, headers=headers))


async def test_the_whole_ticket_is_read(desk, standin, account, ticket_id):
    ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    first, note, answer = (comment["id"] for comment in standin.comments(ticket_id))
    attachment = standin.comments(ticket_id)[0]["attachments"][0]["id"]
    assert [(text.key, text.text, text.audience) for text in ticket.texts] == [
        ("subject", "My hat is late", PUBLIC),
        ("requester", "Ada Quill", PUBLIC),
        ("field:31", "HAT-7", PRIVATE),
        (f"comment:{first}:author", "Ada Quill", PUBLIC),
        (f"comment:{first}", "Where is my hat?", PUBLIC),
        (f"comment:{first}:file:{attachment}", "hat.png", PUBLIC),
        (f"comment:{note}:author", "Ben Ochre", PRIVATE),
        (f"comment:{note}", "Ask the hatter", PRIVATE),
        (f"comment:{answer}:author", "Ben Ochre", PUBLIC),
        (f"comment:{answer}", "We are looking for it.", PUBLIC),
    ]
    assert (ticket.id, ticket.version) == (ticket_id, standin.ticket(ticket_id)["updated_at"])


async def test_persons_have_the_addresses_of_their_identities(desk, standin, account, ticket_id):
    ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    assert ticket.persons == (
        Person(("Ada Quill",), ("ada@example.com", "ada.quill@example.net"), ("+12025550123",)),
        Person(("Ben Ochre", "Benny"), ("ben@example.org",), is_staff=True),
    )


async def test_identities_are_read_for_end_users_alone(desk, standin, account, ticket_id):
    await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    requester = standin.ticket(ticket_id)["requester_id"]
    paths = [request.path for request in standin.requests if "identities" in request.path]
    assert paths == [f"/api/v2/users/{requester}/identities.json"]


async def test_a_requester_who_wrote_nothing_is_a_person(desk, standin, account):
    ada = standin.add_user("Ada Quill", "ada@example.com")
    ticket = await desk.fetch(account, FakeLogin(standin.token), standin.add_ticket("A call", ada, channel="phone"))
    assert ticket.persons == (Person(("Ada Quill",), ("ada@example.com",)),)


async def test_a_user_who_was_deleted_for_good_does_not_stop_the_ticket(account):
    def answer(request):
        if "identities" in request.url.path:
            return httpx2.Response(404)
        ada = {"id": 7, "name": "Ada Quill", "role": "end-user"}
        return httpx2.Response(200, json={"ticket": {"requester_id": 7}, "comments": [], "users": [ada]})

    async with desk_on(httpx2.MockTransport(answer)) as desk:
        ticket = await desk.fetch(account, FakeLogin(Secret("token")), 1)
    assert ticket.persons == (Person(("Ada Quill",)),)


async def test_pages_of_one_comment_are_all_read(account):
    standin = ZendeskStandIn(page_size=1)
    ada = standin.add_user("Ada Quill", "ada@example.com")
    ticket_id = standin.add_ticket("Hats", ada, "0")
    for number in range(1, 4):
        standin.add_comment(ticket_id, ada, str(number))
    async with desk_on(httpx2.ASGITransport(standin.app)) as desk:
        ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    bodies = [text.text for text in ticket.texts if text.label == "Public comment"]
    assert bodies == ["0", "1", "2", "3"]
    assert sum(request.path.endswith("/comments.json") for request in standin.requests) == 4


async def test_a_link_to_another_host_is_not_followed(account):
    hosts = []

    def answer(request):
        hosts.append(request.url.host)
        if "side_conversations" in request.url.path:
            return httpx2.Response(404)
        more = "page[after]" not in request.url.params
        return httpx2.Response(
            200,
            json={
                "ticket": {},
                "comments": [{"id": 1, "body": "Hello"}],
                "meta": {"has_more": more, "after_cursor": "abc"},
                "links": {"next": "https://other.example.com/steal"},
            },
        )

    async with desk_on(httpx2.MockTransport(answer)) as desk:
        await desk.fetch(account, FakeLogin(Secret("token")), 1)
    assert hosts == ["acme-help.zendesk.com"] * 4


@pytest.mark.parametrize(
    "page",
    [
        {"comments": [], "meta": {"has_more": True, "after_cursor": "abc"}},
        {"comments": [{"id": 1}], "meta": {"has_more": True, "after_cursor": "abc"}},
        {"comments": [{"id": 1}], "meta": {"has_more": True, "after_cursor": None}},
        {"comments": {}, "meta": {}},
        {"comments": [], "meta": []},
    ],
    ids=["empty for ever", "the same cursor for ever", "no cursor", "no list", "no object"],
)
async def test_a_listing_that_does_not_come_to_an_end_is_given_up(account, page):
    async with desk_on(answering(content=json.dumps({"ticket": {}, **page}).encode())) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    failure = caught.value
    assert str(failure) == (
        "Zendesk's answer is not in the shape of its API while reading the comments; try again later"
    )
    assert (failure.code, failure.retryable) == ("helpdesk_malformed", True)


async def test_a_ticket_with_too_many_comments_is_given_up(standin, account, ticket_id):
    async with desk_on(httpx2.ASGITransport(standin.app), max_comments=2) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    assert str(caught.value) == "Zendesk has more than 2 items; stopped while reading the comments"
    assert (caught.value.code, caught.value.retryable) == ("ticket_too_large", False)


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}], ids=["plain", "packed"])
async def test_an_answer_that_is_too_large_is_given_up(account, headers):
    content = b" " * 2_000_000
    packed = gzip.compress(content) if headers else content
    async with desk_on(answering(content=packed, headers=headers), max_response_bytes=1_000_000) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    assert str(caught.value) == "Zendesk's answer is larger than 1000000 bytes; stopped while reading the ticket"
    assert (caught.value.code, caught.value.retryable) == ("ticket_too_large", False)


UNAUTHORIZED = (
    "Zendesk refused the account's token while reading the ticket (status {}); "
    "store one that may read and write tickets, or connect the account with `raum zendesk connect`"
)
UNAVAILABLE = "Zendesk is not available while reading the ticket (status {}); try again later"
REFUSED = "Zendesk refused the call while reading the ticket (status {})"
NOT_FOUND = "Zendesk has no such ticket, or the account's token may not see it"
CONFLICT = "the ticket changed in Zendesk since it was read; read it again"

STATUSES = [
    (302, "helpdesk_refused", False, REFUSED),
    (400, "helpdesk_refused", False, REFUSED),
    (401, "helpdesk_unauthorized", False, UNAUTHORIZED),
    (403, "helpdesk_unauthorized", False, UNAUTHORIZED),
    (404, "ticket_not_found", False, NOT_FOUND),
    (408, "helpdesk_unavailable", True, UNAVAILABLE),
    (409, "ticket_changed", True, CONFLICT),
    (422, "helpdesk_refused", False, REFUSED),
    (429, "helpdesk_unavailable", True, UNAVAILABLE),
    (500, "helpdesk_unavailable", True, UNAVAILABLE),
    (503, "helpdesk_unavailable", True, UNAVAILABLE),
]


@pytest.mark.parametrize(("status", "code", "retryable", "message"), STATUSES)
async def test_a_refusal_says_what_to_do_and_nothing_that_zendesk_said(account, status, code, retryable, message):
    headers = {"Location": "https://other.example.com/", "Retry-After": "7"}
    async with desk_on(answering(status, SECRET_TEXT.encode(), headers)) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    failure = caught.value
    assert str(failure) == message.format(status)
    assert (failure.code, failure.retryable) == (code, retryable)


async def test_a_ticket_that_is_not_there_is_not_found(desk, standin, account):
    with pytest.raises(TicketNotFound) as caught:
        await desk.fetch(account, FakeLogin(standin.token), 1)
    assert str(caught.value) == NOT_FOUND


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>Down for maintenance: " + SECRET_TEXT.encode(), b"[]", b'{"ticket": 1}', b'{"ticket": {"via": 1}}'],
)
async def test_an_answer_in_another_shape_can_be_tried_again(account, content):
    async with desk_on(answering(content=content)) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    failure = caught.value
    assert failure.code == "helpdesk_malformed"
    assert failure.retryable
    assert "Ada" not in str(failure)


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ReadTimeout, httpx2.RemoteProtocolError])
async def test_a_broken_connection_can_be_tried_again(account, error):
    def break_off(_request):
        raise error(SECRET_TEXT)

    async with desk_on(httpx2.MockTransport(break_off)) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    failure = caught.value
    assert str(failure) == "Zendesk could not be reached or broke off while reading the ticket; try again later"
    assert (failure.code, failure.retryable) == ("helpdesk_unavailable", True)
    assert failure.__suppress_context__


async def test_an_answer_that_never_ends_is_given_up(account):
    async def never(_request):
        await asyncio.Event().wait()

    async with desk_on(httpx2.MockTransport(never), timeout_seconds=0.01) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    assert (caught.value.code, caught.value.retryable) == ("helpdesk_unavailable", True)


async def test_an_oauth_token_is_sent_as_bearer_and_a_legacy_one_as_basic(account):
    sent = []

    def answer(request):
        sent.append(request.headers["authorization"])
        return httpx2.Response(404)

    async with desk_on(httpx2.MockTransport(answer)) as desk:
        for token in ("abc123", "ben@example.org/token:abc123"):
            with pytest.raises(TicketNotFound):
                await desk.fetch(account, FakeLogin(Secret(token)), 1)
    legacy = base64.b64encode(b"ben@example.org/token:abc123").decode()
    assert sent == ["Bearer abc123", f"Basic {legacy}"]


@pytest.mark.parametrize("token", ["", "abc\n", "abc\r\nX-Evil: 1", "täken", "\ud800"])
async def test_a_token_that_can_be_none_is_not_sent(desk, standin, account, token):
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, FakeLogin(Secret(token)), 1)
    failure = caught.value
    assert str(failure) == (
        "the account's Zendesk token is empty or holds characters that no token has; store it again"
    )
    assert (failure.code, failure.retryable) == ("helpdesk_unauthorized", False)
    assert standin.requests == []


async def test_a_wrong_token_is_refused(desk, account, ticket_id):
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, FakeLogin(Secret("wrong")), ticket_id)
    assert caught.value.code == "helpdesk_unauthorized"


async def test_a_legacy_token_opens_the_stand_in(account):
    standin = ZendeskStandIn("ben@example.org/token:abc123")
    ticket_id = standin.add_ticket("Hats", standin.add_user("Ada Quill"), "Hello")
    async with desk_on(httpx2.ASGITransport(standin.app)) as desk:
        assert (await desk.fetch(account, FakeLogin(standin.token), ticket_id)).id == ticket_id


async def test_cookies_are_not_kept(account):
    cookies = []

    def answer(request):
        cookies.append(request.headers.get("cookie"))
        return httpx2.Response(200, json={"ticket": {}, "comments": []}, headers={"Set-Cookie": "session=1; Path=/"})

    async with desk_on(httpx2.MockTransport(answer)) as desk:
        await desk.fetch(account, FakeLogin(Secret("token")), 1)
    assert set(cookies) == {None}


async def test_each_account_has_its_own_host():
    hosts = []

    def answer(request):
        hosts.append(request.url.host)
        return httpx2.Response(404)

    async with desk_on(httpx2.MockTransport(answer)) as desk:
        for name in ("one", "two"):
            with pytest.raises(TicketNotFound):
                await desk.fetch(Account(name, name, "key"), FakeLogin(Secret("token")), 1)
    assert hosts == ["one.zendesk.com", "two.zendesk.com"]


async def test_everybody_is_a_person_wherever_the_documents_name_them(desk, standin, account, login):
    ada = standin.add_user("Ada Quill", "ada@example.com")
    standin.add_identity(ada, "twitter", "@hatlover")
    standin.add_identity(ada, "whatsapp", "+1 202 555 0199")
    cc = standin.add_user("Cy Mauve", "cy@example.net")
    ticket_id = standin.add_ticket(
        "Hats", ada, "Hello", channel="email", recipient="help@desk.example.com", email_cc_ids=[cc]
    )
    via = standin.comments(ticket_id)[0]["via"]["source"]
    via["to"] = {"name": "Hat Shop", "address": "help@desk.example.com"}
    via["from"]["original_recipients"] = ["help@desk.example.com", "dee@example.org"]
    standin.add_comment(
        ticket_id, standin.me, "Call from +12025550123", channel="phone", public=False,
        data={"from": "+12025550123", "answered_by_name": "Eve Teal", "transcription_text": "Where is my hat?"},
    )  # fmt: skip
    fay = {"user_id": None, "name": "Fay Umber", "email": "fay@maker.example.org"}
    standin.add_side_conversation(ticket_id, "A hat", [{"from": fay, "to": [], "body": "It is felt."}])
    ticket = await desk.fetch(account, login, ticket_id)
    names = {name for person in ticket.persons for name in person.names}
    emails = {email for person in ticket.persons for email in person.emails}
    phones = {phone for person in ticket.persons for phone in person.phones}
    assert names == {"Ada Quill", "hatlover", "Cy Mauve", "Eve Teal", "Fay Umber", "raum assistant"}
    assert emails == {
        "ada@example.com", "cy@example.net", "dee@example.org", "fay@maker.example.org", "assistant@example.org",
    }  # fmt: skip
    assert phones == {"+1 202 555 0199", "+12025550123"}


async def test_side_conversations_organization_transcript_and_rating_are_texts(desk, standin, account, login):
    ada, hats = standin.add_user("Ada Quill"), standin.add_organization("Quill Hats")
    rating = {"id": 5, "score": "bad", "comment": "Too late for me", "reason": "Slow"}
    ticket_id = standin.add_ticket("Hats", ada, "Hello", organization_id=hats, satisfaction_rating=rating)
    standin.add_comment(ticket_id, ada, "Call", channel="phone", public=False, data={"transcription_text": "Hello?"})
    fay = {"user_id": None, "name": "Fay Umber", "email": "fay@maker.example.org"}
    side = standin.add_side_conversation(ticket_id, "A hat", [{"from": fay, "to": [], "body": "It is felt."}])
    ticket = await desk.fetch(account, login, ticket_id)
    call = standin.comments(ticket_id)[1]["id"]
    audience = side_conversation(side)
    said = {text.key: (text.text, text.audience) for text in ticket.texts}
    assert (
        said
        | {
            f"organization:{hats}": ("Quill Hats", PRIVATE),
            f"comment:{call}:call": ("Hello?", PRIVATE),
            "satisfaction:comment": ("Too late for me", PRIVATE),
            "satisfaction:reason": ("Slow", PRIVATE),
            f"side:{side}:subject": ("A hat", audience),
            f"side:{side}:1:author": ("Fay Umber", audience),
            f"side:{side}:1": ("It is felt.", audience),
        }
        == said
    )


async def test_a_ticket_that_is_closed_says_so(desk, standin, account, login):
    ada = standin.add_user("Ada Quill")
    tickets = [standin.add_ticket("Hats", ada, "Hello", status=status) for status in ("solved", "closed")]
    assert [(await desk.fetch(account, login, each)).takes_replies for each in tickets] == [True, False]


async def test_five_thousand_comments_are_read(account):
    standin = ZendeskStandIn()
    ada = standin.add_user("Ada Quill")
    ticket_id = standin.add_ticket("Hats", ada, "0")
    comment = standin.comments(ticket_id)[0]
    standin.comments(ticket_id).extend({**comment, "id": comment["id"] + number} for number in range(1, 5000))
    async with desk_on(httpx2.ASGITransport(standin.app), reserve=0) as desk:
        ticket = await desk.fetch(account, FakeLogin(standin.token), ticket_id)
    assert sum(text.label == "Public comment" for text in ticket.texts) == 5000


async def test_a_comment_of_65_000_characters_is_read_whole(desk, standin, account, login):
    long = "hat " * 16_250
    ticket_id = standin.add_ticket("Hats", standin.add_user("Ada Quill"), long)
    ticket = await desk.fetch(account, login, ticket_id)
    assert long.strip() in [text.text for text in ticket.texts]


async def test_an_html_page_in_maintenance_can_be_tried_again_when_it_says(desk, standin, account, login, ticket_id):
    standin.faults.maintenance(retry_after=30)
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, login, ticket_id)
    failure = caught.value
    assert (failure.code, failure.retryable, failure.retry_after_seconds) == ("helpdesk_unavailable", True, 30)


async def test_a_short_retry_after_is_waited_for(standin, account, login, ticket_id):
    standin.faults.rate_limit(0)
    async with desk_on(httpx2.ASGITransport(standin.app), patience_seconds=1) as desk:
        assert (await desk.fetch(account, login, ticket_id)).id == ticket_id


async def test_a_long_retry_after_is_carried_and_no_further_call_is_made(desk, standin, account, login, ticket_id):
    standin.faults.rate_limit(468)
    failures = []
    for _ in range(2):
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, login, ticket_id)
        failures.append(caught.value)
    assert [failure.code for failure in failures] == ["helpdesk_unavailable", "helpdesk_busy"]
    assert failures[0].retry_after_seconds == 468
    assert 460 < failures[1].retry_after_seconds <= 468
    assert len(standin.requests) == 1


async def test_a_share_of_the_calls_is_left_to_others(desk, standin, account, login, ticket_id):
    standin.set_calls_left(141)
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.fetch(account, login, ticket_id)
    assert (caught.value.code, caught.value.retryable) == ("helpdesk_busy", True)
    assert len(standin.requests) == 1


async def test_a_slow_answer_is_given_up(standin, account, login, ticket_id):
    standin.faults.slow(60)
    async with desk_on(httpx2.ASGITransport(standin.app), timeout_seconds=0.05) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, login, ticket_id)
    assert (caught.value.code, caught.value.retryable) == ("helpdesk_unavailable", True)


ECHO = "Requester: ada@example.com is suspended."


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"error": "RecordInvalid", "details": {"requester": [{"description": ECHO}]}}, "RecordInvalid: requester"),
        ({"error": "RecordInvalid", "details": {"email": [ECHO], ECHO: []}}, "RecordInvalid: email"),
        ({"error": {"title": "Forbidden", "message": ECHO}}, "Forbidden"),
        ({"errors": [{"code": "TooManyValues", "title": ECHO}]}, "TooManyValues"),
        ({"error": ECHO, "description": ECHO}, None),
        ({"errors": ECHO, "error": [ECHO]}, None),
    ],
)
async def test_of_an_error_only_known_words_are_told(account, document, told):
    async with desk_on(answering(422, json.dumps(document).encode())) as desk:
        with pytest.raises(HelpdeskFailed) as caught:
            await desk.fetch(account, FakeLogin(Secret("token")), 1)
    status = f"status 422, {told}" if told else "status 422"
    assert str(caught.value) == f"Zendesk refused the call while reading the ticket ({status})"


async def test_measures_are_minutes_and_a_score_without_words(desk, standin, account, login):
    rating = {"id": 5, "score": "bad", "comment": "SEVEN-LEMONS"}
    ticket_id = standin.add_ticket("Hats", standin.add_user("Ada Quill"), "Hello", satisfaction_rating=rating)
    standin.set_minutes(ticket_id, reply_time_in_minutes=5, full_resolution_time_in_minutes=60)
    assert await desk.measures(account, login, ticket_id) == Measures(5, None, 60, "bad")
    open_ticket = standin.add_ticket("Hats", standin.add_user("Ben"), "Hi", satisfaction_rating={"score": "unoffered"})
    assert await desk.measures(account, login, open_ticket) == Measures()


async def test_the_tickets_of_a_person_are_found(desk, standin, account, login):
    ada, ben = standin.add_user("Ada Quill"), standin.add_user("Ben Ochre")
    tickets = [standin.add_ticket("Hats", person, "Hello") for person in (ada, ben, ada)]
    assert await desk.tickets_of(account, login, ada) == [tickets[0], tickets[2]]


async def test_a_person_whom_zendesk_does_not_know_any_more_is_not_one_without_tickets(desk, account, login):
    with pytest.raises(HelpdeskFailed) as caught:
        await desk.tickets_of(account, login, 1)
    assert (caught.value.code, caught.value.retryable) == ("person_not_found", False)
