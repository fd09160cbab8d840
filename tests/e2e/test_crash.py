"""Killed at any point, with kill -9, the host loses no accepted delivery and posts no reply twice."""

import os
import random

ROUNDS = int(os.environ.get("RAUM_TEST_CRASH_ROUNDS", "6"))
POINTS = ("accepted", "claimed", "answered", "posted", "any moment", "any moment")
TICKETS = 4


class Rounds:
    """Processes that are killed and replaced, and the tickets that were delivered to them."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.tickets = []
        self.web = fleet.serve()
        self.workers = [fleet.worker(), fleet.worker()]
        for worker in self.workers:
            worker.wait_until_ready()

    def deliver(self):
        """A new ticket, delivered as Zendesk does it: again while there is no answer, or 503."""
        ticket = self.fleet.new_ticket()
        response = self.fleet.deliver(ticket)
        while response is None or response.status_code == 503:
            if not self.web.is_alive:
                self.web.wait()
                self.web = self.fleet.serve()
            response = self.fleet.deliver(ticket)
        assert response.status_code in (200, 202)
        self.tickets.append(ticket)

    def crash_at(self, point):
        """One process comes to the point and is killed there, while jobs come in."""
        if point == "accepted":
            self.web.kill()
            self.web = self.fleet.serve(crash_at=point)
            victim = self.web
        else:
            self.workers[0].kill()
            victim = self.workers[0] = self.fleet.worker(crash_at=point)
        victim.wait_until_up()  # or else jobs pile up while it starts
        while victim.is_alive:
            self.deliver()
            victim.wait_a_moment(0.1)

    def crash_any_moment(self, chance):
        """One of the processes is killed at a moment that nobody chose, while jobs come in."""
        victim = chance.choice([self.web, *self.workers])
        moments = [chance.uniform(0, 0.2) for _ in range(chance.randrange(1, TICKETS))]
        for moment in moments:
            self.deliver()
            victim.wait_a_moment(moment)
        victim.kill()

    def finish(self):
        """All jobs end, though one process is gone; what must hold then."""
        while len(self.tickets) % TICKETS:
            self.deliver()
        if not self.web.is_alive:
            self.web = self.fleet.serve()
        jobs = self.fleet.ended()
        assert (jobs["done"], jobs["dead"]) == (len(self.tickets), 0)
        answered = {ticket: len(self.fleet.replies(ticket)) for ticket in self.tickets}
        assert set(answered.values()) == {1}, answered

    def replace(self):
        self.workers = [worker if worker.is_alive else self.fleet.worker() for worker in self.workers]


def test_nothing_accepted_is_lost_and_nothing_is_posted_twice(fleet):
    rounds, chance = Rounds(fleet), random.Random(20_261_124)
    for number in range(ROUNDS):
        point = POINTS[number % len(POINTS)]
        rounds.crash_any_moment(chance) if point == "any moment" else rounds.crash_at(point)
        rounds.finish()
        rounds.replace()
    print(f"{ROUNDS} rounds, {len(rounds.tickets)} tickets")
