"""Tickets as a support agent sees them, through the whole redaction: every value is found, and nothing else."""

import re
from pathlib import Path

import pytest

import raum_addresses
import raum_ids
import raum_patterns
import raum_secrets
from raum.model import Ticket, TicketText
from raum.redaction.redact import redact

PLUGINS = (raum_patterns, raum_ids, raum_secrets, raum_addresses)
PARTS = [part for plugin in PLUGINS for part in plugin.raum_detectors() if part.name != "name"]
DETECTORS = {part.name: part.build(part.options()).find for part in PARTS}
VALUE = re.compile(r"\{([A-Z_]+)\|([^{}]+)\}")


def lines(name):
    rows = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [row.replace(r"\n", "\n").replace(r"\u00a0", "\u00a0") for row in rows if row and not row.startswith("# ")]


def found(text):
    redaction = redact(Ticket(1, (TicketText("text", "", text),)), DETECTORS)
    return [(finding.type, finding.of(text)) for finding in redaction.findings[0]]


TICKETS = lines("hard_tickets.txt")
TRAPS = lines("traps.txt")


@pytest.mark.parametrize("ticket", TICKETS)
def test_every_value_of_a_hard_ticket_is_found_and_nothing_else(ticket):
    assert found(VALUE.sub(lambda match: match[2], ticket)) == VALUE.findall(ticket)


@pytest.mark.parametrize("text", TRAPS)
def test_nothing_is_found_in_a_trap(text):
    assert found(text) == []


def test_there_are_enough_of_them_to_mean_something():
    assert len(set(TICKETS)) >= 100
    assert len(set(TRAPS)) >= 150
