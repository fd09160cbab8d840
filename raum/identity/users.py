"""What is kept about users, their sessions, and service tokens."""

import enum
from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen, validators

from raum.identity.actors import Actor, Role, Scope
from raum.model import Account


class UserState(enum.StrEnum):
    """The life of a user."""

    ACTIVE = "active"
    DISABLED = "disabled"


def _has_its_place(instance: "User", _attribute: object, account_id: str | None) -> None:
    if (account_id is None) != (instance.role is Role.OPERATOR):
        raise ValueError("an operator has no account, and everybody else has one")


@frozen
class User:
    """Somebody of the staff. `account_id` is None for an operator of the host.

    `email` is what the user signs in with, in small letters; `person_id` is the helpdesk's number of the user, for one
    who signs in from there.
    """

    id: str
    role: Role = field(converter=Role)
    account_id: str | None = field(validator=_has_its_place)
    created_at: datetime
    email: str | None = field(default=None, repr=False, validator=validators.optional(validators.max_len(254)))
    person_id: int | None = None
    state: UserState = field(default=UserState.ACTIVE, converter=UserState)

    @property
    def actor(self) -> Actor:
        """The user as the one who does something."""
        return Actor("operator" if self.role is Role.OPERATOR else "user", self.id)


def _both_or_neither(instance: "Session", _attribute: object, parent_id: str | None) -> None:
    if (parent_id is None) != (instance.impersonator_id is None):
        raise ValueError("an impersonation has both an impersonator and the session that it began in")


@frozen
class Session:
    """Makes tokens good for as long as it is there. `impersonator_id` is the user who acts in this one's place.

    `parent_id` is the session from which the impersonator began; with it, this one ends too.
    """

    id: str
    user_id: str
    created_at: datetime
    expires_at: datetime
    impersonator_id: str | None = None
    parent_id: str | None = field(default=None, validator=_both_or_neither)


@frozen
class Standing:
    """A session, and what is known of everybody in it."""

    session: Session
    user: User
    account: Account | None
    impersonator: User | None

    def is_good(self, now: datetime) -> bool:
        """Whether the session is worth anything: it lasts, and so do the users and the account."""
        users = (self.user, *([self.impersonator] if self.impersonator else []))
        return (
            now < self.session.expires_at
            and all(user.state is UserState.ACTIVE for user in users)
            and (self.account is None or self.account.is_active(now))
        )


def _scopes(words: Iterable[str]) -> frozenset[Scope]:
    return frozenset(map(Scope, words))


@frozen
class ServiceToken:
    """What is known of a service token: never the token itself. `label` says what it is for."""

    id: str
    account_id: str
    label: str = field(validator=validators.matches_re(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}"))
    scopes: frozenset[Scope] = field(converter=_scopes)
    created_at: datetime
    expires_at: datetime


@frozen
class AppUser:
    """Who opened the helpdesk's app, as the helpdesk's signature says.

    `id` is the helpdesk's number of the user. `once` is the same for every copy of the token, which is good once, until
    `expires_at`.
    """

    id: int
    once: bytes
    expires_at: datetime


@frozen
class SessionKey:
    """A key that signs the tokens of sessions, encrypted. From `retires_at` on, no token that it signed is good."""

    id: str
    ciphertext: bytes = field(repr=False)
    created_at: datetime
    retires_at: datetime | None = None
