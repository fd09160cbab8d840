"""Tickets as a support agent sees them, through the whole redaction: every value is found, and nothing else.

Names are the exception: there a model guesses, and what is asked of it are shares.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

import raum_addresses
import raum_ids
import raum_patterns
import raum_secrets
from raum.model import Ticket, TicketText
from raum.redaction.redact import redact

PLUGINS = (raum_patterns, raum_ids, raum_secrets, raum_addresses)
PARTS = [part for plugin in PLUGINS for part in plugin.raum_detectors()]
EVERY = {part.name: part.build(part.options()).find for part in PARTS}
DETECTORS = {name: find for name, find in EVERY.items() if name != "name"}
VALUE = re.compile(r"\{([A-Z_]+)\|([^{}]+)\}")


def lines(name):
    rows = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [row.replace(r"\n", "\n").replace(r"\u00a0", "\u00a0") for row in rows if row and not row.startswith("# ")]


def found(text, detectors=DETECTORS):
    redaction = redact(Ticket(1, (TicketText("text", "", text),)), detectors)
    return [(finding.type, finding.of(text)) for finding in redaction.findings[0]]


def counted(tickets, wanted):
    """How many values of a type stand in the tickets, how many of them are found, and how many findings there are."""
    there, findings = Counter(), Counter()
    for number, ticket in enumerate(tickets):
        there.update((number, value) for type_, value in VALUE.findall(ticket) if type_ == wanted)
        values = found(VALUE.sub(lambda match: match[2], ticket), EVERY)
        findings.update((number, value) for type_, value in values if type_ == wanted)
    return there.total(), (there & findings).total(), findings.total()


TICKETS = lines("hard_tickets.txt")
NAMED = lines("named_tickets.txt")
TRAPS = lines("traps.txt")
UNSEEN = lines("unseen_tickets.txt")
UNSEEN_TRAPS = lines("unseen_traps.txt")


@pytest.mark.parametrize("ticket", TICKETS)
def test_every_value_of_a_hard_ticket_is_found_and_nothing_else(ticket):
    assert found(VALUE.sub(lambda match: match[2], ticket)) == VALUE.findall(ticket)


@pytest.mark.parametrize("text", TRAPS)
def test_nothing_is_found_in_a_trap(text):
    assert found(text, EVERY) == []


def test_most_names_of_a_ticket_are_found_and_most_findings_are_names():
    names, hits, findings = counted(NAMED, "NAME")
    assert hits >= 0.86 * names
    assert hits >= 0.90 * findings


@pytest.mark.parametrize(
    ("type_", "recall", "precision"),
    [("NAME", 0.75, 0.81), ("PHONE", 0.98, 0.97), ("EMAIL", 0.97, 0.97), ("CC", 1.0, 0.97)],
)
def test_most_values_of_tickets_by_others_are_found_and_most_findings_are_values(type_, recall, precision):
    values, hits, findings = counted(UNSEEN, type_)
    assert hits >= recall * values
    assert hits >= precision * findings


def test_hardly_anything_is_found_in_traps_by_others():
    words = sum(len(text.split()) for text in UNSEEN_TRAPS)
    assert sum(len(found(text, EVERY)) for text in UNSEEN_TRAPS) <= 0.01 * words


def test_there_are_enough_of_them_to_mean_something():
    assert len(set(TICKETS)) >= 100
    assert len(set(TRAPS)) >= 150
    assert len(set(NAMED)) >= 100
    assert len(set(UNSEEN)) >= 550
    assert len(set(UNSEEN_TRAPS)) >= 260
