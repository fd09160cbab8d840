"""The persons of a ticket's records are found in its texts however they are written, and are nobody else."""

import pytest

from raum.model import PUBLIC, Person, Ticket, TicketText
from raum.redaction.redact import redact

PERSONS = {
    "Jane Doe": Person(("Jane Doe", "Janey"), ("jane.doe@example.com", "jd@example.org"), ("+1 202 555 0143",)),
    "Łukasz Żółć": Person(("Łukasz Żółć",), ("lukasz.zolc@example.pl",), ("+48 22 555 01 43",)),
    "Seán O'Neill": Person(("Seán O'Neill",), ("sean@example.ie",)),
    "Jean-Luc van der Berg": Person(("Jean-Luc van der Berg",), ("jlvdb@example.nl",)),
    "山田 花子": Person(("山田 花子", "Hanako Yamada"), ("hanako@example.jp",)),
}
WRITTEN = [
    ("Jane Doe", ["Jane Doe", "JANE DOE", "jane doe", "Doe, Jane", "doe jane", "J. Doe", "J Doe", "Jane D", "Jane",
                  "Doe", "jane_doe", "jane.doe", "jane-doe", "Jane\u00a0Doe", "janedoe", "doejane", "Janey", "JANEY",
                  "Mrs. Doe", "Ja\u200bne Doe", "J\u0430ne Doe"]),
    ("Łukasz Żółć", ["Łukasz Żółć", "Lukasz Zolc", "LUKASZ ZOLC", "łukasz", "Zolc, Lukasz", "Ł. Żółć", "L. Zolc",
                     "lukaszzolc", "lzolc", "ŻÓŁĆ", "Żo\u0301łć"]),
    ("Seán O'Neill", ["Seán O'Neill", "Sean O'Neill", "SEAN O'NEILL", "Sean O’Neill", "O'Neill, Sean", "S. O'Neill",
                      "Neill", "Sean", "sea&#110; o&#39;neill", "SE\u00c1N", "oneill", "sean.oneill", "SeanONeill"]),
    ("Jean-Luc van der Berg", ["Jean-Luc van der Berg", "Jean-Luc Berg", "jean-luc", "Jean Luc van der Berg", "Berg",
                               "van der Berg", "BERG, Jean-Luc", "jeanluc", "J. van der Berg", "Jean",
                               "jean_luc_van_der_berg"]),
    ("山田 花子", ["山田 花子", "山田花子", "山田", "花子", "Hanako Yamada", "YAMADA Hanako", "hanako", "Yamada-san",
                "H. Yamada", "hyamada"]),
]  # fmt: skip
CASES = [(person, written) for person, spellings in WRITTEN for written in spellings]


def test_the_table_is_long_enough():
    assert len(CASES) >= 60
    assert len(WRITTEN) == 5


@pytest.mark.parametrize(("person", "written"), CASES)
def test_a_person_is_found_and_is_nobody_else(person, written):
    texts = [TicketText(name, "", f"- {name} -") for name in PERSONS]
    ticket = Ticket(1, (*texts, TicketText("asked", "", f"so: {written}; yes")), tuple(PERSONS.values()))
    redaction = redact(ticket, {})
    of_person = str(redaction.texts[list(PERSONS).index(person)].text).removeprefix("- ").removesuffix(" -")
    asked = str(redaction.texts[-1].text)
    assert (
        asked.replace(f"{of_person}-san", of_person).replace(f"Mrs. {of_person}", of_person) == f"so: {of_person}; yes"
    )
    issued = next(p for p in redaction.originals.placeholders if str(p) == of_person)
    assert redaction.originals.value(issued, PUBLIC) is not None


@pytest.mark.parametrize(
    "text", ["a janeway to doeskin", "bergamot", "the lukaszek", "neilling", "山本 太郎", "jdoes it"]
)
def test_what_only_begins_like_a_name_is_nobody(text):
    redaction = redact(Ticket(1, (TicketText("asked", "", text),), tuple(PERSONS.values())), {})
    assert str(redaction.texts[0].text) == text


@pytest.mark.parametrize("written", ["zb99", "ZB99", "@zb99", "zb99_invoice", "zb-99", "zb99@elsewhere.example"])
def test_the_user_name_of_an_address_is_found_alone(written):
    persons = (Person(("Zoe Brand",), ("zb99+shop@example.org",)),)
    redaction = redact(Ticket(1, (TicketText("asked", "", f"so: {written}; yes"),), persons), {})
    assert "99" not in str(redaction.texts[0].text)


@pytest.mark.parametrize("mailbox", ["orders", "customer.service", "kontakt", "zb", "2026", "summer", "no-reply"])
def test_a_shared_mailbox_or_a_word_is_no_user_name(mailbox):
    text = f"{mailbox} customer service orders 2026 summer".replace(".", " ")
    persons = (Person((), (f"{mailbox}@example.org",)),)
    redaction = redact(Ticket(1, (TicketText("asked", "", text),), persons), {})
    assert str(redaction.texts[0].text) == text
