"""Processes that meet the end of an account's access token at once renew it once; nobody is locked out."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

ROUNDS = 6


class Reader:
    """A process that reads tickets when it is told to."""

    def __init__(self, config):
        command = [sys.executable, str(Path(__file__).parent / "reader.py"), str(config)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._line("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def tell(self, ticket):
        self._process.stdin.write(f"{ticket}\n")
        self._process.stdin.flush()

    def has_read(self, ticket):
        return self._line(f"has read {ticket}")

    def _line(self, wanted):
        """Whether it says so, among what it logs, before it ends."""
        return any(line.strip() == wanted for line in self._process.stdout)


@pytest.fixture
def connected(fleet):
    """The fleet, with an account that is connected by OAuth."""
    fleet.connect()
    return fleet


def renewals(fleet):
    """The entries about them, and what the stand-in saw of them."""
    entries = fleet.entries()
    return [entry.operation for entry in entries].count("helpdesk_token_refresh"), fleet.zendesk.oauth.refreshes


def test_two_processes_that_are_refused_at_once_renew_once_and_both_go_on(connected):
    zendesk, ticket = connected.zendesk, connected.new_ticket()
    both_were_refused = 0
    with ExitStack() as stack:
        readers = [stack.enter_context(Reader(connected.config)) for _ in range(2)]
        for number in range(1, ROUNDS + 1):
            stale = zendesk.oauth.expire()
            zendesk.faults.slow(0.3, path="/oauth/tokens")  # while one renews it, the other comes along
            seen = len(zendesk.requests)
            for reader in readers:
                reader.tell(ticket)
            for reader in readers:
                assert reader.has_read(ticket)
            assert zendesk.oauth.refreshes == number
            refused = [each for each in zendesk.requests[seen:] if each.authorization == f"Bearer {stale.reveal()}"]
            both_were_refused += len(refused) == 2
    assert both_were_refused
    assert renewals(connected) == (ROUNDS, ROUNDS)


def test_two_workers_whose_token_has_ended_renew_once_and_answer_all_tickets(connected):
    connected.serve()
    for _ in range(2):
        connected.worker().wait_until_ready()
    connected.zendesk.oauth.expire()
    tickets = [connected.new_ticket() for _ in range(6)]
    assert [connected.deliver(ticket).status_code for ticket in tickets] == [202] * 6
    assert connected.ended()["done"] == 6
    assert [len(connected.replies(ticket)) for ticket in tickets] == [1] * 6
    assert renewals(connected) == (1, 1)
