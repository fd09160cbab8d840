"""Run as a program: redacts and restores a ticket of random values, then looks for them in the memory of the process.

Prints whether anything of them is left, and whether the search finds a value that is kept on purpose.
"""

import gc
import re
import secrets

from raum.assembly import assemble
from raum.host import find_functions
from raum.model import PUBLIC, Person, Ticket, TicketText
from raum.redaction.redact import redact
from raum.redaction.restore import restore
from raum.terminal.options import default_config

LETTERS = "bcdfghjklmnpqrstvwz"


def run(detectors, given, family, number):
    """One redaction and restoration with these values; gives them back to front, so that no copy stays."""
    name, email, phone = f"{given} {family}", f"{family.lower()}@example.org", f"+1 202 {number[:3]} {number[3:]}"
    text = f"Hi, I am {name}, {email}, call {phone} or {number}. {name.upper()}\n\nBest regards\n{given}"
    ticket = Ticket(1, (TicketText("subject", "Subject", text),), (Person((name,), (email,), (phone,)),))
    redaction = redact(ticket, detectors)
    assert name in restore(str(redaction.texts[0].text), redaction.originals, PUBLIC).text
    return [value.lower()[::-1] for value in (given, family, number)]


def word():
    """A word that nothing else in the process holds."""
    return "".join(secrets.choice(LETTERS) for _ in range(9)).capitalize()


def is_left(values):
    """Whether a string that a container refers to, or a compiled pattern, holds one of the values."""
    gc.collect()
    for container in gc.get_objects():
        for referent in gc.get_referents(container):
            text = referent.pattern if isinstance(referent, re.Pattern) else referent
            if isinstance(text, str) and len(text) < 5_000:
                for value in values:  # written so that no variable of this search holds a value the right way round
                    if value in text.lower()[::-1]:
                        return True
    return False


def main():
    """Prints `False True` if all is well."""
    detectors = find_functions(assemble(default_config()))
    left = is_left(run(detectors, word(), word(), "".join(secrets.choice("2345678") for _ in range(7))))
    kept = re.compile(word())
    print(left, is_left([kept.pattern.lower()[::-1]]))


if __name__ == "__main__":
    main()
