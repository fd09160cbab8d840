"""What the team allows is not replaced, unless the ticket's own records name it."""

import pytest

from raum.assembly import assemble
from raum.host import find_functions, opened
from raum.model import PUBLIC, Person, Ticket, TicketText
from raum.redaction.redact import redact
from raum.terminal.options import default_config

ALLOWED = find_functions(assemble(default_config(), {"redaction": {"allow": ["Nora Cola", "press@example.com"]}}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear Nora Cola,", "Dear Nora Cola,"),
        ("Dear NORA COLA,", "Dear NORA COLA,"),
        ("Ask Press@Example.com or jane@example.com", "Ask Press@Example.com or [REDACTED_EMAIL]"),
        ("Dear Nora Colani,", "Dear [REDACTED_NAME],"),
    ],
)
def test_an_allowed_value_stays_in_any_case(text, expected):
    redaction = redact(Ticket(1, (TicketText("text", "", text),)), ALLOWED)
    assert str(redaction.texts[0].text) == expected


def test_an_allowed_word_is_replaced_where_it_is_the_name_of_a_person_on_record():
    ticket = Ticket(1, (TicketText("text", "", "Dear Nora Cola,"),), (Person(("Nora Cola",)),))
    assert str(redact(ticket, ALLOWED).texts[0].text) == "Dear [REDACTED_NAME],"


async def test_what_the_configuration_says_of_types_reaches_the_redactor_and_the_pipeline(tmp_path):
    overrides = {
        "redaction": {"never_restore": ["CC"], "block": ["PASSPORT"]},
        "sqlite": {"path": str(tmp_path / "raum.db")},
        "localkeys": {"path": str(tmp_path / "raum.keys")},
    }
    async with opened(assemble(default_config(), overrides)) as host:
        assert host.pipeline.blocked == {"PASSPORT"}
        redaction = await host.redactor.redact(
            Ticket(1, (TicketText("text", "", "4111 1111 1111 1111, a@example.com"),))
        )
    assert {str(p): redaction.originals.value(p, PUBLIC) for p in redaction.originals.placeholders} == {
        "[REDACTED_CC]": None,
        "[REDACTED_EMAIL]": "a@example.com",
    }


def test_what_is_allowed_stays_in_every_text_of_a_ticket():
    texts = ("Dear Nora Cola,", "Dear Jane Doe,", "Dear NORA COLA,")
    ticket = Ticket(1, tuple(TicketText(f"comment:{n}", "Comment", text) for n, text in enumerate(texts)))
    assert [str(text.text) for text in redact(ticket, ALLOWED).texts] == [texts[0], "Dear [REDACTED_NAME],", texts[2]]
