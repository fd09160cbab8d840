"""An actor under impersonation has both identities, or is none."""

import attrs
import pytest

from raum.audit.actions import action_entry
from raum.audit.record import Record
from raum.identity.actors import Actor, ImpersonatedActor, Role
from raum.identity.users import Session, User
from raum.ids import utc_now
from raum.model import Account, Operation, Order

OPERATOR = Actor("operator", "opal")


@pytest.mark.parametrize("arguments", [("user", "ada"), ("user", "ada", None), ("user", "ada", "operator:opal")])
def test_an_impersonated_actor_cannot_be_built_without_an_impersonator(arguments):
    with pytest.raises((TypeError, ValueError)):
        ImpersonatedActor(*arguments)


def test_a_plain_actor_cannot_be_given_an_impersonator():
    with pytest.raises(TypeError):
        Actor("user", "ada", OPERATOR)
    with pytest.raises((TypeError, AttributeError)):
        attrs.evolve(Actor("user", "ada"), by=OPERATOR)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        ImpersonatedActor("user", "ada", OPERATOR).by = None


@pytest.mark.parametrize(
    "by",
    [
        Actor("user", "ada"),
        Actor("token", "reports"),
        Actor("system", "raum"),
        ImpersonatedActor("user", "ben", OPERATOR),
    ],
    ids=["itself", "a token", "the host", "somebody who is impersonated"],
)
def test_nobody_impersonates_but_a_user_or_an_operator_in_their_own_name(by):
    with pytest.raises(ValueError):
        ImpersonatedActor("user", "ada", by)


@pytest.mark.parametrize("kind", ["operator", "token", "system"])
def test_nobody_but_a_user_is_impersonated(kind):
    with pytest.raises(ValueError):
        ImpersonatedActor(kind, "ada", OPERATOR)


def test_every_entry_holds_both_identities():
    actor = ImpersonatedActor("user", "ada", OPERATOR)
    order = Order(Operation.GENERATE, Account("acme", "acme", "hook"), actor, 7)
    for entry in (action_entry("admin_settings_change", "acme", actor), Record(order).entry()):
        assert (entry.actor, entry.impersonator) == ("user:ada", "operator:opal")


def test_an_entry_of_an_actor_alone_names_no_impersonator():
    assert action_entry("admin_settings_change", "acme", Actor("user", "ada")).impersonator is None


@pytest.mark.parametrize("fields", [{"impersonator_id": "opal"}, {"parent_id": "s"}])
def test_a_session_in_anothers_place_has_both_an_impersonator_and_a_beginning(fields):
    with pytest.raises(ValueError):
        Session("s", "ada", utc_now(), utc_now(), **fields)


@pytest.mark.parametrize(("role", "account"), [(Role.OPERATOR, "acme"), (Role.OWNER, None), (Role.AUDITOR, None)])
def test_an_operator_has_no_account_and_everybody_else_has_one(role, account):
    with pytest.raises(ValueError):
        User("u", role, account, utc_now())
