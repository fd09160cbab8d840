"""Signing in, staying in, acting for somebody else, and signing out."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from attrs import evolve, field, frozen

from raum.api import Helpdesk, InvalidSignature, Store
from raum.audit.actions import HOST, action_entry
from raum.audit.journal import Journal
from raum.errors import NoSuchUser, NotAllowed, OperatorError, SignInRefused, TooManyAttempts
from raum.identity import jwts
from raum.identity.actors import Actor, Role
from raum.identity.attempts import Attempt, Attempts
from raum.identity.doorman import Caller
from raum.identity.keys import SessionKeys
from raum.identity.passwords import Passwords
from raum.identity.users import Session, Standing, User, UserState
from raum.ids import new_id, utc_now
from raum.model import Account, Change, Entry, Origin, Outcome
from raum.secrets.credentials import Credentials
from raum.secrets.logins import StoredLogin
from raum.secrets.secret import Secret
from raum.settings import stored_settings

_log = structlog.get_logger("raum.identity")

LONGEST_SESSION: Final = timedelta(hours=12)
"""How long somebody stays signed in at most; who does not renew a token in time is signed out before."""


@frozen
class Granted:
    """A token for a session, and until when it is good."""

    token: Secret
    expires_at: datetime
    session: Session


@frozen
class Sessions:
    """Begins, renews and ends sessions. Each of these makes one entry, with the change, also where it is refused."""

    store: Store
    journal: Journal
    keys: SessionKeys
    helpdesk: Helpdesk
    credentials: Credentials
    redacted: Callable[[str], Awaitable[str]]
    passwords: Passwords = field(factory=Passwords)

    async def sign_in(self, email: str, password: Secret, origin: Origin) -> Granted:
        """A session for who knows the password. Raises SignInRefused, the same for all reasons, and TooManyAttempts.

        An unknown user takes the same steps as a wrong password (ASVS 5.0, V6.3.8).
        """
        email = email.strip().lower()
        attempt = await self._attempt(origin, email)
        user, password_hash = await self.store.user_of_email(email) or (None, None)
        if not await self.passwords.verify(password_hash, password) or user is None or password_hash is None:
            raise await self._refused(user, origin, "wrong_password")
        account = await self.store.account(user.account_id) if user.account_id else None
        if not _may_sign_in(user, account, utc_now()):
            raise await self._refused(user, origin, "not_active")
        await attempt.succeeded(utc_now())
        if self.passwords.is_outdated(password_hash):
            old, password_hash = password_hash, await self.passwords.hash(password)
            await self.store.renew_hash(user.id, old, password_hash)
        return await self._begin(user, account, origin, password_hash=password_hash)

    async def sign_in_from_helpdesk(self, token: Secret, origin: Origin) -> Granted:
        """A session for the bearer of a token that the helpdesk signed for its app, which is good once.

        Who is not known yet becomes an agent. Raises SignInRefused and TooManyAttempts; HelpdeskFailed if the
        helpdesk's key cannot be had.
        """
        attempt = await self._attempt(origin, None)
        found = await self._bearer(token)
        if found is None:
            raise await self._refused(None, origin, "invalid_token")
        account, person_id = found
        now = utc_now()
        user = await self.store.user_of_person(account.id, person_id)
        new_user = None if user else User(new_id(), Role.AGENT, account.id, now, person_id=person_id)
        known = user or new_user
        if known is None or not _may_sign_in(known, account, now):
            raise await self._refused(known, origin, "not_active")
        await attempt.succeeded(now)
        try:
            return await self._begin(known, account, origin, new_user)
        except OperatorError:
            user = await self.store.user_of_person(account.id, person_id)
            if new_user is None or user is None:
                raise
            return await self._begin(user, account, origin)  # who opened the app twice at once, for the first time

    async def _bearer(self, token: Secret) -> tuple[Account, int] | None:
        """The account and the person of an app's token that was not used before."""
        installation = self.helpdesk.installation_of(token)
        for account in await self.store.accounts_of_installation(installation) if installation else ():
            now = utc_now()
            if not account.is_active(now):
                continue
            login = StoredLogin(account.id, self.credentials, self.journal)
            try:
                person = await self.helpdesk.app_user(account, login, token)
            except InvalidSignature:
                continue
            return (account, person.id) if await self.store.mark(person.once, person.expires_at, now) else None
        return None

    async def renew(self, caller: Caller, origin: Origin) -> Granted:
        """Another token for the same session. Raises NotAllowed for an impersonation, which ends when it ends."""
        standing = await self._standing(caller)
        if standing.impersonator is not None:
            raise NotAllowed("A session in somebody else's place is not renewed; begin another one.")
        entry = _entry("session_renew", standing.user.account_id, caller.actor, origin)
        granted = await self._granted(standing)
        await self.journal.write(entry)
        return granted

    async def end(self, caller: Caller, origin: Origin) -> None:
        """Sign out: none of the session's tokens is good any more, on any host."""
        standing = await self._standing(caller)
        entry = _entry("session_end", standing.user.account_id, caller.actor, origin)
        await self.store.end_session(standing.session.id, entry)
        await self.journal.tell(entry)  # whether the sinks are ready or not: nobody is kept from signing out

    async def impersonate(self, caller: Caller, user_id: str, reason: str, origin: Origin) -> Granted:
        """A session in a user's place, for a quarter of an hour, with the reason in the entry.

        Operators may; owners may in their own account, if it allows them to. Raises NotAllowed, and NoSuchUser also for
        a user of another account.
        """
        standing = await self._standing(caller)
        if standing.impersonator is not None:
            raise NotAllowed("Whoever acts in somebody else's place cannot pass that on.")
        user, account = await self._target(caller, user_id)
        if caller.home is not None and not stored_settings(await self.store.settings(account.id)).impersonation:
            raise NotAllowed("The account does not allow its owners to act as its other users.")
        now = utc_now()
        session = Session(
            new_id(), user.id, now, min(now + jwts.LONGEST, standing.session.expires_at),
            impersonator_id=standing.user.id, parent_id=standing.session.id,
        )  # fmt: skip
        entry = evolve(
            _entry("impersonation_start", account.id, caller.actor, origin),
            target=user.id,
            impersonation_reason=await self.redacted(reason),
        )
        async with self.journal.recording(entry):
            await self.store.add_session(session, entry)
        return await self._granted(Standing(session, user, account, standing.user))

    async def _target(self, caller: Caller, user_id: str) -> tuple[User, Account]:
        """Whom the caller may act for, as far as that depends on who it is."""
        user = await self.store.user(user_id)
        if user is None or user.account_id is None or (caller.home and caller.home.id != user.account_id):
            raise NoSuchUser
        account = await self.store.account(user.account_id)
        if account is None or not _may_sign_in(user, account, utc_now()):
            raise NoSuchUser
        if caller.actor == user.actor:
            raise NotAllowed("Nobody acts in their own place.")
        return user, account

    async def _standing(self, caller: Caller) -> Standing:
        standing = await self.store.standing(caller.session_id) if caller.session_id else None
        if standing is None:
            raise SignInRefused
        return standing

    async def _attempt(self, origin: Origin, email: str | None) -> Attempt:
        try:
            return await Attempts(self.store).begin(origin.client_ip, utc_now(), email)
        except TooManyAttempts as early:
            _log.warning("too many attempts to sign in", request=origin.request_id, seconds=round(early.seconds))
            raise

    async def _begin(
        self,
        user: User,
        account: Account | None,
        origin: Origin,
        new_user: User | None = None,
        password_hash: str | None = None,
    ) -> Granted:
        now = utc_now()
        session = Session(new_id(), user.id, now, now + LONGEST_SESSION)
        changes = (Change("user", None, user.id), Change("role", None, user.role)) if new_user else ()
        entry = _entry("session_start", user.account_id, user.actor, origin, changes)
        async with self.journal.recording(entry):
            is_kept = await self.store.add_session(session, entry, new_user, password_hash)
            if not is_kept:  # the password was changed while this one was verified
                raise await self._refused(user, origin, "wrong_password")
        return await self._granted(Standing(session, user, account, None))

    async def _granted(self, standing: Standing) -> Granted:
        key_id, key = await self.keys.signing()
        now = utc_now()
        expires_at = min(now + jwts.LONGEST, standing.session.expires_at)
        token = jwts.issue(jwts.claims_of(standing), key_id, key, now, expires_at)
        return Granted(Secret(token), expires_at, standing.session)

    async def _refused(self, user: User | None, origin: Origin, reason: str) -> SignInRefused:
        """The refusal, after its entry was written: under the user's account, or under the host where there is none."""
        actor = user.actor if user else Actor("user", "unknown")
        entry = _entry("session_start", user.account_id if user else None, actor, origin)
        await self.journal.write(evolve(entry, outcome=Outcome.FAILED, reason=reason))
        return SignInRefused()


def _may_sign_in(user: User, account: Account | None, now: datetime) -> bool:
    is_in_place = account.is_active(now) if account else user.account_id is None
    return user.state is UserState.ACTIVE and is_in_place


def _entry(
    operation: str, account_id: str | None, actor: Actor, origin: Origin, changes: tuple[Change, ...] = ()
) -> Entry:
    return action_entry(operation, account_id or HOST, actor, changes, origin=origin)
