"""Hosts with their two neighbours."""

from contextlib import ExitStack

import pytest
from attrs import frozen
from e2e.fleet import Fleet
from e2e.rig import Ai, Answer, Host, Login, served

from raum.model import Delivery
from raum_zendesk.standin import ZendeskStandIn


@frozen
class Service:
    """A host that serves two accounts: one gets its replies as notes, the other has them sent to its customers."""

    host: Host
    zendesk: ZendeskStandIn
    ai: Ai
    notes: Login
    public: Login

    def replies(self, ticket_id):
        """What the host posted on a ticket: text, and whether customers see it."""
        mine = [comment for comment in self.zendesk.comments(ticket_id) if comment["author_id"] == self.zendesk.me]
        return [(comment["plain_body"], comment["public"]) for comment in mine]

    def run(self, login, delivery):
        """Deliver, and wait for the entry."""
        return self.host.entry_of(login, self.host.deliver(login, delivery))


@pytest.fixture(scope="module")
def make_service(tmp_path_factory):
    """Builds services that are not started; all of them end with the module."""
    with ExitStack() as stack:

        def make(names=("notes", "public"), **options):
            zendesk, ai = ZendeskStandIn(page_size=60), Ai()
            urls = [stack.enter_context(served(app)) for app in (zendesk.app, ai.app)]
            host = Host(tmp_path_factory.mktemp("host"), *urls, **options)
            stack.callback(host.stop)
            notes = host.create_account(names[0], zendesk)
            public = host.create_account(names[1], zendesk, Delivery.PUBLIC)
            return Service(host, zendesk, ai, notes, public)

        yield make


@pytest.fixture(scope="module")
def running(make_service):
    """A service that is up for the whole module."""
    service = make_service()
    service.host.start()
    return service


@pytest.fixture
def service(running):
    """The service of the module, with an AI that has nothing behind it yet."""
    running.ai.prompts.clear()
    running.ai.answer = lambda ticket: Answer("Noted.")
    return running


@pytest.fixture(params=["embedded", "pgqueuer"])
def fleet(request, tmp_path):
    """A host of several processes, none of which runs yet, with each of the queues."""
    zendesk = ZendeskStandIn(calls_per_minute=100_000)
    url = request.getfixturevalue("postgres_server").new_database() if request.param == "pgqueuer" else ""
    with served(zendesk.app) as zendesk_url:
        fleet = Fleet(tmp_path, zendesk, zendesk_url, postgres_url=url)
        try:
            yield fleet
        finally:
            fleet.stop()
