"""The persons whom a ticket's documents name."""

from collections.abc import Mapping

from attrs import define, field

from raum.api import Person
from raum_zendesk.documents import Document, mapping, number, text

_STAFF_ROLES = frozenset({"agent", "admin"})


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
        user.phones.update(_set(text(document.get("phone"), "a user's 'phone'")))
        user.is_staff = user.is_staff or text(document.get("role"), "a user's 'role'").lower() in _STAFF_ROLES

    def add_identity(self, document: Document) -> None:
        """A further mail address or telephone number of a user."""
        user = self._users.setdefault(number(document.get("user_id"), "an identity's 'user_id'"), _User())
        kind = text(document.get("type"), "an identity's 'type'")
        value = _set(text(document.get("value"), "an identity's 'value'")) if kind in ("email", "phone_number") else {}
        (user.emails if kind == "email" else user.phones).update(value)

    def add_requester(self, document: Document) -> None:
        """A requester who is written into the ticket itself, with or without an id."""
        if document.get("id") is not None:
            self.add_user(document)
        else:
            self._add_sender(document.get("name"), document.get("email"), document.get("phone"))

    def add_channel(self, via: object) -> None:
        """The sender in a `via` object: mail names an address, telephone channels a number."""
        source = mapping(mapping(via, "'via'").get("source"), "'via.source'")
        sender = mapping(source.get("from"), "'via.source.from'")
        address = text(sender.get("address"), "'via.source.from.address'")
        is_mail = "@" in address
        phone = sender.get("phone") or sender.get("formatted_phone")
        self._add_sender(sender.get("name"), address if is_mail else "", phone or ("" if is_mail else address))

    def name_of(self, user_id: object) -> str:
        """The name of a user; empty for the system (-1) and for users who are not known."""
        user = self._users.get(user_id) if isinstance(user_id, int) else None
        return next(iter([*user.names, *user.emails]), "") if user else ""

    def is_end_user(self, user_id: object) -> bool:
        """Whether the user is known and not staff."""
        user = self._users.get(user_id) if isinstance(user_id, int) else None
        return user is not None and not user.is_staff

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

    def _add_sender(self, name: object, email: object, phone: object) -> None:
        sender = _User()
        sender.add_name(text(name, "a sender's 'name'"))
        sender.emails.update(_set(text(email, "a sender's 'email'")))
        sender.phones.update(_set(text(phone, "a sender's 'phone'")))
        self._senders.append(sender)


def _set(value: str) -> dict[str, None]:
    return {value.strip(): None} if value.strip() else {}


def _is_held(sender: Person, holders: Mapping[str, set[int]]) -> bool:
    """Whether one user holds all that is known of the sender."""
    users = sorted((holders.get(value, set()) for value in (*sender.names, *sender.emails, *sender.phones)), key=len)
    return not users or bool(set.intersection(*users))
