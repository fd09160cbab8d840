"""When two values are the same value: the normalisation behind promise P4.

E-mails are the same up to case, cards by digits, phones by number, names by person, anything else up to case and
white space.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import phonenumbers
from attrs import frozen

from raum.model import Person
from raum.values.folding import words_only
from raum.values.words import TITLES

LITERAL = "LITERAL"
"""The type of text in a ticket that looks like a placeholder; it stands for itself."""

_SHORTEST_HANDLE = 5
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def without_blanks(text: str) -> bool:
    """Whether a text is in a script that puts no blanks between words: Chinese, Japanese, Korean, Thai."""
    return _WITHOUT_BLANKS.search(text) is not None


def name_tokens(name: str) -> tuple[str, ...]:
    """The folded words of a name, without titles."""
    tokens = tuple(words_only(name).split())
    return tuple(token for token in tokens if token not in TITLES) or tokens


def handles(name: tuple[str, ...]) -> frozenset[str]:
    """What a full name becomes in a user name or an address: `janedoe`, `doejane`, `jdoe`, `janed`."""
    if len(name) < 2 or any(map(without_blanks, name)):
        return frozenset()
    first, last = name[0], name[-1]
    glued = (first + last, last + first, first[0] + last, first + last[0])
    return frozenset(handle for handle in glued if len(handle) >= _SHORTEST_HANDLE)


def digits(text: str) -> str:
    """The decimal digits of any script, as ASCII."""
    return "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())


@frozen
class PhoneNumber:
    """`country` and national digits; country is empty for a number that was written without one."""

    country: str
    national: str
    extension: str = ""

    def fits(self, other: "PhoneNumber") -> bool:
        """Whether this number, written without its country, can be the other, written with it."""
        if self.country or self.extension != other.extension:
            return False
        return self.national.lstrip("0") in (other.national, other.country + other.national)


def phone_number(text: str) -> PhoneNumber:
    """What a written phone number dials, as far as the text tells (E.164, extension apart)."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if plain.startswith("+"):
        try:
            parsed = phonenumbers.parse(plain)
        except phonenumbers.NumberParseException:
            return PhoneNumber("", digits(plain))
        return PhoneNumber(str(parsed.country_code), str(parsed.national_number), parsed.extension or "")
    number, _, extension = re.sub(r"(?i)\s*(?:ext\.?|extension|x|#)\s*(?=[0-9]+$)", "\0", plain).partition("\0")
    return PhoneNumber("", digits(number), digits(extension))


def identities(values: Sequence[tuple[str, str]], persons: Iterable[Person] = ()) -> list[str]:
    """For each (type, value) a key; two values of one type have the same key if they are the same value."""
    known = tuple(persons)
    phones = _phone_keys([value for type_, value in values if type_ == "PHONE"], known)
    names = _name_keys([value for type_, value in values if type_ == "NAME"], known)
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


def _phone_keys(values: Iterable[str], persons: Iterable[Person]) -> dict[str, str]:
    """Numbers grouped by what they dial: one without its country is the only one of the ticket that it fits."""
    numbers = {value: phone_number(value) for value in values}
    on_record = {phone_number(phone) for person in persons for phone in person.phones}
    with_country = {number for number in (*numbers.values(), *on_record) if number.country}
    keys = {}
    for value, number in numbers.items():
        same = [other for other in with_country if number.fits(other)]
        chosen = same[0] if len(same) == 1 else number
        # A number without its country is told apart from all that have one by the blank in front.
        keys[value] = f"{chosen.country} {chosen.national.lstrip('0') or chosen.national};{chosen.extension}"
    return keys


def _name_keys(values: Iterable[str], persons: Iterable[Person]) -> dict[str, str]:
    """Names grouped by person: a part of a full name belongs to that person when no other fits."""
    written = {value: name_tokens(value) for value in values}
    people = _People()
    for person in persons:
        people.add({tokens for name in person.names if (tokens := name_tokens(name))})
    full = {tokens for tokens in written.values() if len(tokens) > 1}
    for tokens in sorted(full, key=lambda tokens: (-len(tokens), -sum(map(len, tokens)), tokens)):
        people.add_full_name(tokens)
    keys = {}
    for value, tokens in written.items():
        who = people.called(tokens) or people.fitting(tokens)
        keys[value] = f"#{who[0]}" if len(who) == 1 else " ".join(sorted(tokens)) or value
    return keys


Name = tuple[str, ...]


class _People:
    """The distinct people of a ticket, each with the names that are theirs; looked up by the words of a name."""

    def __init__(self) -> None:
        self._names: list[set[Name]] = []
        self._by_word: dict[str, set[int]] = {}

    def add(self, names: set[Name]) -> None:
        """A person on record; nobody new if one of the names is somebody's already."""
        if names and not any(self.called(name) for name in names):
            self._names.append(set())
            for name in names:
                self._call(len(self._names) - 1, name)

    def add_full_name(self, name: Name) -> None:
        """A full name in a text: a fuller name of the one person that it fits, or else somebody's of their own."""
        fitting = self.fitting(name)
        if len(fitting) == 1:
            return
        shorter = [who for who in self._near(name) if any(len(n) > 1 and _is_part(n, name) for n in self._names[who])]
        if not fitting and len(shorter) == 1:
            self._call(shorter[0], name)
        else:
            self.add({name})

    def called(self, name: Name) -> list[int]:
        """Who has exactly this name."""
        return [who for who in self._near(name) if name in self._names[who]]

    def fitting(self, name: Name) -> list[int]:
        """Whose name this is, or is a part of."""
        return [who for who in self._near(name) if any(_is_part(name, full) for full in self._names[who])]

    def _call(self, who: int, name: Name) -> None:
        self._names[who].add(name)
        for word in (*self._words(name), *handles(name)):
            self._by_word.setdefault(word, set()).add(who)

    def _near(self, name: Name) -> list[int]:
        """Who shares a word with the name; without one, nobody can have it."""
        return sorted({who for word in self._words(name) for who in self._by_word.get(word, ())})

    @staticmethod
    def _words(name: Name) -> Iterable[str]:
        # Where no blanks are written, the first character stands for the word.
        return (word[0] if without_blanks(word) else word for word in name)


def _is_part(tokens: Name, full: Name) -> bool:
    """Whether every word of a name is a word of the full name, or, beside at least one such word, its initial."""
    if any(map(without_blanks, tokens)):
        return "".join(tokens) in "".join(full)
    if len(tokens) == 1 and tokens[0] in handles(full):
        return True
    rest = Counter(full)
    initials = []
    for token in tokens:
        if rest[token] > 0:
            rest[token] -= 1
        else:
            initials.append(token)
    if len(initials) == len(tokens) or any(len(token) > 1 for token in initials):
        return False
    left = [token for token, count in rest.items() for _ in range(count)]
    for initial in initials:
        match = next((token for token in left if token.startswith(initial)), None)
        if match is None:
            return False
        left.remove(match)
    return True


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
