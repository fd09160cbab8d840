"""Originals exist for one run (promise P5): nothing of a ticket is left in a cache of the process when it is over."""

import gc
import re
import secrets

from raum.assembly import assemble
from raum.commands.options import default_config
from raum.host import find_functions
from raum.model import PUBLIC, Person, Ticket, TicketText
from raum.redaction.redact import redact
from raum.redaction.restore import restore

DETECTORS = find_functions(assemble(default_config()))
LETTERS = "bcdfghjklmnpqrstvwz"


def _run(given, family, number):
    """One redaction and restoring with these values; gives them back to front, so that no copy stays."""
    name, email, phone = f"{given} {family}", f"{family.lower()}@example.org", f"+1 202 {number[:3]} {number[3:]}"
    text = f"Hi, I am {name}, {email}, call {phone} or {number}. {name.upper()}\n\nBest regards\n{given}"
    ticket = Ticket(1, (TicketText("subject", "Subject", text),), (Person((name,), (email,), (phone,)),))
    redaction = redact(ticket, DETECTORS)
    assert name in restore(str(redaction.texts[0].text), redaction.originals, PUBLIC).text
    return [value.lower()[::-1] for value in (given, family, number)]


def _word():
    return "".join(secrets.choice(LETTERS) for _ in range(9)).capitalize()


def _strings_back_to_front():
    """Every string that the process refers to from a container, the patterns of the cache of `re` among them."""
    gc.collect()
    for container in gc.get_objects():
        for referent in gc.get_referents(container):
            text = referent.pattern if isinstance(referent, re.Pattern) else referent
            if isinstance(text, str) and len(text) < 5_000:
                yield text.lower()[::-1]


def test_no_string_with_a_value_is_left_after_a_run():
    values = _run(_word(), _word(), "".join(secrets.choice("2345678") for _ in range(7)))
    assert {value for text in _strings_back_to_front() for value in values if value in text} == set()


def test_the_search_finds_a_value_that_is_kept():
    kept = re.compile(_word())
    value = kept.pattern.lower()[::-1]
    assert any(value in text for text in _strings_back_to_front())
