"""What an administrator does to the lives of accounts, to users and to the keys of sessions."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from raum.api import Store
from raum.audit.actions import HOST, action_entry
from raum.audit.journal import Journal
from raum.errors import OperatorError
from raum.identity import jwts
from raum.identity.actors import Actor, Role
from raum.identity.keys import SessionKeys
from raum.identity.passwords import Passwords
from raum.identity.users import User, UserState
from raum.ids import new_id, utc_now
from raum.model import NOWHERE, Account, AccountState, Change, Origin
from raum.secrets.secret import Secret


@frozen
class IdentityAdministration:
    """Administrative actions by one actor, each with its entry. All raise OperatorError for what cannot be."""

    store: Store
    journal: Journal
    keys: SessionKeys
    actor: Actor
    passwords: Passwords = field(factory=Passwords)
    origin: Origin = NOWHERE

    async def account(self, account_id: str) -> Account:
        """The account."""
        account = await self.store.account(account_id)
        if account is None or account.state is AccountState.DELETED:
            raise OperatorError(f"there is no account '{account_id}'; `raum account list` shows all of them")
        return account

    async def suspend(self, account_id: str) -> None:
        """Do nothing for the account any more, until it is resumed: all its doors are shut at once."""
        await self._change_account("account_suspend", account_id, {"state": AccountState.SUSPENDED})

    async def resume(self, account_id: str) -> None:
        """Do again what was suspended or terminated."""
        await self._change_account("account_resume", account_id, {"state": AccountState.ACTIVE, "ends_at": None})

    async def terminate(self, account_id: str, ends_at: datetime) -> None:
        """End the account's subscription at a time; from then on its doors are shut."""
        await self._change_account("account_terminate", account_id, {"ends_at": ends_at})

    async def set_app(self, account_id: str, app: str, installation: str) -> None:
        """Let the agents sign in from this installation of the helpdesk's app."""
        await self._change_account("account_change", account_id, {"app": app, "installation": installation})

    async def delete(self, account_id: str) -> None:
        """Delete what the account has, at once and for good. Its entries stay until they are purged."""
        if account_id in await self.store.holds():
            raise OperatorError(f"account '{account_id}' is under a legal hold; `raum account release` lifts it")
        entry = action_entry("account_delete", account_id, self.actor, origin=self.origin)
        async with self.journal.recording(entry):
            await self.store.delete_account(account_id, secrets.token_urlsafe(24), entry)

    async def _change_account(self, operation: str, account_id: str, values: Mapping[str, Any]) -> None:
        account = await self.account(account_id)
        entry = action_entry(operation, account_id, self.actor, _changes(account, values), origin=self.origin)
        async with self.journal.recording(entry):
            await self.store.change_account(account_id, values, entry)

    async def create_user(
        self, account_id: str | None, email: str, role: Role, password: Secret, person_id: int | None = None
    ) -> User:
        """A user of an account, or an operator of the host; `person_id` is the helpdesk's number of the user."""
        if account_id is not None:
            await self.account(account_id)
        try:
            user = User(new_id(), role, account_id, utc_now(), _address(email), person_id)
        except ValueError:
            raise OperatorError("an operator has no account, and everybody else has one") from None
        entry = action_entry(
            "user_create", account_id or HOST, self.actor, _created(user), target=user.id, origin=self.origin
        )
        async with self.journal.recording(entry):
            await self.store.add_user(user, await self.passwords.hash(password), entry)
        return user

    async def user(self, email: str) -> User:
        """The user with this address, or this id."""
        found = await self.store.user_of_email(email.strip().lower())
        user = found[0] if found else await self.store.user(email)
        if user is None:
            raise OperatorError("there is no such user; `raum user list` shows them")
        return user

    async def disable_user(self, email: str) -> None:
        """Let a user in no more, and end what the user is in the middle of."""
        await self._change_user("user_disable", email, {"state": UserState.DISABLED})

    async def enable_user(self, email: str) -> None:
        """Let a user in again."""
        await self._change_user("user_enable", email, {"state": UserState.ACTIVE})

    async def change_role(self, email: str, role: Role) -> None:
        """Give a user of an account another role there."""
        if Role.OPERATOR in (role, (await self.user(email)).role):
            raise OperatorError("an operator stays one, and nobody becomes one; create another user")
        await self._change_user("user_role_change", email, {"role": role})

    async def set_password(self, email: str, password: Secret) -> None:
        """Give a user another password; all sessions end."""
        await self._change_user("user_password_change", email, {"password_hash": await self.passwords.hash(password)})

    async def _change_user(self, operation: str, email: str, values: Mapping[str, Any]) -> None:
        user = await self.user(email)
        entry = action_entry(
            operation, user.account_id or HOST, self.actor, _changes(user, values), target=user.id, origin=self.origin
        )
        async with self.journal.recording(entry):
            await self.store.change_user(user.id, values, entry)

    async def rotate_session_keys(self, *, at_once: bool) -> None:
        """Sign sessions with a new key; tokens of the old one last until they end, or not even that."""
        await self.keys.rotate(timedelta(0) if at_once else jwts.LONGEST, self.actor)


def _address(email: str) -> str:
    address = email.strip().lower()
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > 254 or not address.isprintable() or " " in address:
        raise OperatorError("this is not an e-mail address")
    return address


def _created(user: User) -> tuple[Change, ...]:
    return (Change("role", None, user.role),)


def _changes(known: object, values: Mapping[str, Any]) -> tuple[Change, ...]:
    """What changes, from what to what; of a password, nothing but that it changed."""
    if "password_hash" in values:
        return (Change("password", None, "changed"),)
    return tuple(Change(name, _word(getattr(known, name)), _word(new)) for name, new in values.items())


def _word(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
