"""When two values are the same value: the normalisation behind promise P4.

E-mails are the same up to case, cards by digits, phones by number, names by person, anything else up to case and
white space.
"""

from collections.abc import Iterable, Sequence

from raum.model import Person
from raum.values.people import name_keys, name_tokens
from raum.values.phones import digits, phone_keys

LITERAL = "LITERAL"
"""The type of text in a ticket that looks like a placeholder; it stands for itself."""


def identities(values: Sequence[tuple[str, str]], persons: Iterable[Person] = ()) -> list[str]:
    """For each (type, value) a key; two values of one type have the same key if they are the same value."""
    known = tuple(persons)
    phones = phone_keys([value for type_, value in values if type_ == "PHONE"], known)
    names = name_keys([value for type_, value in values if type_ == "NAME"], known)
    return [_key(type_, value, phones, names) for type_, value in values]


def _key(type_: str, value: str, phones: dict[str, str], names: dict[str, str]) -> str:
    match type_:
        case "PHONE":
            return phones[value]
        case "NAME":
            return names[value]
        case "CC":
            return digits(value) or value
        case _ if type_ == LITERAL:
            return value
        case _:
            return " ".join(value.casefold().split())


def fullness(type_: str, value: str) -> tuple[int, ...]:
    """How full a form is; of several forms of one value the fullest is restored, the first where they are equal."""
    match type_:
        case "NAME":
            tokens = name_tokens(value)
            return (len(tokens), sum(len(token) for token in tokens))
        case "PHONE":
            return (len(digits(value)),)
        case _:
            return (0,)
