"""The persons whom a ticket's documents name."""

import re
from collections.abc import Iterator, Mapping
from typing import LiteralString

from attrs import define, field

from raum.api import Person
from raum_zendesk.documents import Document, Malformed, mapping, number, text

_STAFF_ROLES = frozenset({"agent", "admin"})
_PHONE = re.compile(r"[+0-9(][0-9 ().\-/]{4,30}")


@define
class _User:
    """What the documents say about one user; the dictionaries are sets that keep their order."""

    names: dict[str, None] = field(factory=dict)
    emails: dict[str, None] = field(factory=dict)
    phones: dict[str, None] = field(factory=dict)
    is_staff: bool = False

    def add_name(self, name: str) -> None:
        # Zendesk shows the address in place of the name of somebody who is known by the address alone.
        (self.emails if "@" in name else self.names).update(_set(name))

    def person(self) -> Person:
        return Person(tuple(self.names), tuple(self.emails), tuple(self.phones), self.is_staff)


class Persons:
    """Users, merged by their id, and the senders whom a channel names.

    A sender is not merged into a user: several people write from one address, and a value must never be restored to
    the wrong one of them.
    """

    def __init__(self) -> None:
        self._users: dict[int, _User] = {}
        self._senders: list[_User] = []

    def add_user(self, document: Document) -> None:
        """A user document (https://developer.zendesk.com/api-reference/ticketing/users/users/)."""
        user = self._users.setdefault(number(document.get("id"), "a user's 'id'"), _User())
        user.add_name(text(document.get("name"), "a user's 'name'"))
        user.add_name(text(document.get("alias"), "a user's 'alias'"))
        user.emails.update(_set(text(document.get("email"), "a user's 'email'")))
        user.phones.update(_set(_phone(document.get("phone"))))
        user.is_staff = user.is_staff or text(document.get("role"), "a user's 'role'").lower() in _STAFF_ROLES

    def add_identity(self, document: Document) -> None:
        """A further mail address or telephone number of a user."""
        user = self._users.setdefault(number(document.get("user_id"), "an identity's 'user_id'"), _User())
        value = text(document.get("value"), "an identity's 'value'")
        # By what it looks like: besides email and phone_number there are kinds such as twitter and any_channel.
        if "@" in value.strip().lstrip("@"):
            user.emails.update(_set(value))
        elif _PHONE.fullmatch(value):
            user.phones.update(_set(value))
        elif any(map(str.isalpha, value)):
            user.names.update(_set(value.strip().lstrip("@")))

    def add_requester(self, document: Document) -> None:
        """A requester who is written into the ticket itself, with or without an id."""
        if document.get("id") is not None:
            self.add_user(document)
        else:
            self._add_sender(document.get("name"), document.get("email"), document.get("phone"))

    def add_channel(self, via: object, own_address: str = "") -> None:
        """Both ends of a `via` object: mail names addresses, telephone channels numbers, social media names.

        `own_address` is the account's own, which is nobody's.
        """
        source = mapping(mapping(via, "'via'").get("source"), "'via.source'")
        for end in (source.get("from"), source.get("to")):
            party = mapping(end, "'via.source.from'")
            address = text(party.get("address"), "'via.source.from.address'").strip()
            if not address or address.casefold() != own_address.casefold():
                self._add_party(party, address)
            for recipient in _strings(party.get("original_recipients"), "'original_recipients'"):
                if recipient.casefold() != own_address.casefold():
                    self._add_sender("", recipient, "")

    def add_call(self, data: object) -> None:
        """Whoever is on the telephone, in the `data` of a voice comment."""
        call = mapping(data, "a comment's 'data'")
        for key in ("from", "to", "formatted_from", "formatted_to"):
            self._add_sender("", "", _phone(call.get(key)))
        self._add_sender(call.get("answered_by_name"), "", "")

    def add_participant(self, document: Document) -> None:
        """Somebody in a side conversation, who may be no user."""
        user_id = document.get("user_id")
        if user_id is not None and user_id != -1:
            self.add_user({"id": user_id, "name": document.get("name"), "email": document.get("email")})
        else:
            self._add_sender(document.get("name"), document.get("email"), "")

    def name_of(self, user_id: object) -> str:
        """The name of a user; empty for the system (-1) and for users who are not known."""
        user = self._users.get(user_id) if isinstance(user_id, int) else None
        return next(iter([*user.names, *user.emails]), "") if user else ""

    def end_users(self) -> tuple[int, ...]:
        """The numbers of the users who are not staff: their other addresses and numbers may be in the texts."""
        return tuple(user_id for user_id, user in self._users.items() if not user.is_staff)

    def everybody(self) -> tuple[Person, ...]:
        """Each person once, in the order in which they were added."""
        staff_emails = {email.casefold() for user in self._users.values() if user.is_staff for email in user.emails}
        for sender in self._senders:
            sender.is_staff = any(email.casefold() in staff_emails for email in sender.emails)
        senders = dict.fromkeys(sender.person() for sender in self._senders)
        holders: dict[str, set[int]] = {}
        for user_id, user in self._users.items():
            for value in (*user.names, *user.emails, *user.phones):
                holders.setdefault(value, set()).add(user_id)
        strangers = (sender for sender in senders if not _is_held(sender, holders))
        people = (*(user.person() for user in self._users.values()), *strangers)
        return tuple(person for person in people if person.names or person.emails or person.phones)

    def _add_party(self, party: Document, address: str) -> None:
        is_mail = "@" in address
        phone = party.get("phone") or party.get("formatted_phone")
        self._add_sender(party.get("name"), address if is_mail else "", phone or ("" if is_mail else address))
        for key in ("username", "screen_name"):
            self._add_sender(party.get(key), "", "")

    def _add_sender(self, name: object, email: object, phone: object) -> None:
        sender = _User()
        sender.add_name(text(name, "a sender's 'name'"))
        sender.emails.update(_set(text(email, "a sender's 'email'")))
        sender.phones.update(_set(text(phone, "a sender's 'phone'")))
        self._senders.append(sender)


def _phone(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value, "a 'phone'")


def _strings(value: object, name: LiteralString) -> Iterator[str]:
    if value is not None and not isinstance(value, list):
        raise Malformed(f"{name} must be a list")
    for item in value or ():
        yield text(item, name).strip()


def _set(value: str) -> dict[str, None]:
    return {value.strip(): None} if value.strip() else {}


def _is_held(sender: Person, holders: Mapping[str, set[int]]) -> bool:
    """Whether one user holds all that is known of the sender."""
    users = sorted((holders.get(value, set()) for value in (*sender.names, *sender.emails, *sender.phones)), key=len)
    return not users or bool(set.intersection(*users))
