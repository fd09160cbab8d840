"""The part `zendesk`: its options, and deliveries from end to end."""

from datetime import UTC, datetime

import pytest

from raum.api import OperatorError, Secret
from raum_zendesk import Zendesk, ZendeskOptions, raum_helpdesks


@pytest.mark.parametrize(
    "url",
    [
        "https://{subdomain}.zendesk.com",
        "https://{subdomain}.zendesk.com/",
        "https://desk.example.com:8443",
        "http://127.0.0.1:9000",
        "http://localhost:9000",
        "http://[::1]:9000",
    ],
)
def test_zendesk_is_called_over_tls_unless_it_is_this_machine(url):
    assert Zendesk(ZendeskOptions(url=url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme.zendesk.com",
        "http://{subdomain}.zendesk.com",
        "http://10.0.0.1:9000",
        "http://127.0.0.1.example.com",
        "ftp://127.0.0.1",
        "https://user:password@acme.zendesk.com",
        "https://acme.zendesk.com/{subdomain}",
        "https://acme.zendesk.com?x=1",
        "https://acme.zendesk.com#x",
        "https://{account}.zendesk.com",
        "https://acme.zendesk.com:{subdomain}",
        "https://[acme",
        "https://",
    ],
)
def test_any_other_address_stops_the_start(url):
    with pytest.raises(OperatorError) as caught:
        Zendesk(ZendeskOptions(url=url))
    assert str(caught.value) == (
        "zendesk: url must be an https address without a path, such as https://{subdomain}.zendesk.com; "
        "http is allowed for this machine alone, such as http://127.0.0.1:9000"
    )


@pytest.mark.parametrize("name", ["timeout_seconds", "signature_age_seconds", "max_comments", "max_response_bytes"])
def test_a_limit_is_more_than_nothing(name):
    with pytest.raises(ValueError):
        ZendeskOptions(**{name: 0})


async def test_a_part_that_is_not_entered_says_so(account):
    with pytest.raises(RuntimeError, match="before it is entered"):
        await Zendesk(ZendeskOptions()).fetch(account, Secret("token"), 1)


def test_the_plugin_offers_the_part():
    (part,) = raum_helpdesks()
    assert part.name == "zendesk"
    assert isinstance(part.build(part.options()), Zendesk)


@pytest.mark.parametrize("kind", ["ticket_created", "comment_added", "message_added", "trigger"])
def test_a_delivery_of_the_stand_in_is_verified_and_read(standin, ticket_id, kind):
    first_comment = standin.comments(ticket_id)[0]["id"]
    more = {"comment_added": (first_comment,), "message_added": ("Hello",)}.get(kind, ())
    delivery = getattr(standin, f"delivery_for_{kind}")(ticket_id, *more)
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    desk = Zendesk(ZendeskOptions())
    desk.verify(headers, delivery.body, [standin.signing_secret], datetime.now(UTC))
    assert desk.parse(delivery.body).ticket_id == ticket_id
