"""Who does something, in what role, and what an automation may do."""

import enum

from attrs import field, frozen, validators


class Role(enum.StrEnum):
    """What a user may do. Every role but operator is one in an account; an operator runs the host, and has none."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Scope(enum.StrEnum):
    """What a service token may do."""

    OPERATIONS = "operations"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"
    CREDENTIALS = "credentials"
    AUDIT = "audit"
    ANALYTICS = "analytics"
    DELETIONS = "deletions"


@frozen
class Actor:
    """Who caused an operation: a user, an operator of the host, an automation holding a token, or the host itself."""

    kind: str = field(validator=validators.in_(("user", "operator", "token", "system")))
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def impersonator(self) -> str | None:
        """Who acts in this actor's place, as an entry holds it."""
        return None


def _can_impersonate(instance: Actor, _attribute: object, by: Actor) -> None:
    if type(by) is not Actor or by.kind not in ("user", "operator"):
        raise ValueError("a user is impersonated by a user or an operator, who acts as nobody else")
    if instance.kind != "user" or (by.kind, by.id) == (instance.kind, instance.id):
        raise ValueError("only another user is impersonated")


@frozen
class ImpersonatedActor(Actor):
    """A user in whose place somebody else acts. It cannot be built without both identities."""

    by: Actor = field(validator=_can_impersonate)

    def __str__(self) -> str:
        return super().__str__()

    @property
    def impersonator(self) -> str:
        """Who acts in the user's place."""
        return str(self.by)
