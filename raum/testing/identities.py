"""What the store in memory keeps about users, sessions and service tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from raum.api import Account, Entry, KeptCredential, OperatorError, Stored
from raum.identity.users import ServiceToken, Session, SessionKey, Standing, User
from raum.model import AccountState
from raum.storage.identities import FORGOTTEN_AFTER, Slowing


class FakeIdentities:
    """Keeps everything in dictionaries. The share of FakeStore that is about identities."""

    _accounts: dict[str, Account]
    _credentials: dict[tuple[str, str], tuple[bytes, KeptCredential]]
    _settings: dict[str, Stored]

    def __init__(self) -> None:
        super().__init__()
        self._tokens: dict[bytes, ServiceToken] = {}
        self._users: dict[str, tuple[User, str | None]] = {}
        self._sessions: dict[str, Session] = {}
        self._session_keys: dict[str, SessionKey] = {}
        self._attempts: dict[bytes, tuple[int, datetime]] = {}
        self._marks: dict[bytes, datetime] = {}

    def write(self, entry: Entry) -> Entry:
        """Write an entry."""
        raise NotImplementedError

    def fail_if_told(self) -> None:
        """What every write begins with."""
        raise NotImplementedError

    def _account(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None or account.state is AccountState.DELETED:
            raise OperatorError("there is no such account")
        return account

    async def change_account(self, account_id: str, values: Mapping[str, Any], entry: Entry) -> None:
        """Set fields of an account."""
        changed = evolve(self._account(account_id), **values)
        self.write(entry)
        self._accounts[account_id] = changed

    async def delete_account(self, account_id: str, webhook_key: str, entry: Entry) -> None:
        """Delete what an account has."""
        self._account(account_id)
        self.write(entry)
        gone = {user.id for user, _ in self._users.values() if user.account_id == account_id}
        self._users = {key: kept for key, kept in self._users.items() if key not in gone}
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept.user_id not in gone}
        self._tokens = {key: kept for key, kept in self._tokens.items() if kept.account_id != account_id}
        for key in [key for key in self._credentials if key[0] == account_id]:
            del self._credentials[key]
        self._settings.pop(account_id, None)
        self._accounts[account_id] = Account(account_id, "deleted", webhook_key, state=AccountState.DELETED)

    async def accounts_of_installation(self, installation: str) -> Sequence[Account]:
        """The accounts whose helpdesk app has this installation."""
        return [account for account in self._accounts.values() if account.installation == installation]

    async def add_token(self, token: ServiceToken, digest: bytes, entry: Entry) -> None:
        """Keep a service token."""
        taken = {(kept.account_id, kept.label) for kept in self._tokens.values()}
        self._account(token.account_id)
        if digest in self._tokens or (token.account_id, token.label) in taken:
            raise OperatorError("the account has a token with this label already")
        self.write(entry)
        self._tokens[digest] = token

    async def token(self, digest: bytes) -> tuple[Account, ServiceToken] | None:
        """The service token with this digest."""
        token = self._tokens.get(digest)
        return (self._accounts[token.account_id], token) if token else None

    async def tokens(self, account_id: str) -> Sequence[ServiceToken]:
        """The service tokens of an account."""
        own = [token for token in self._tokens.values() if token.account_id == account_id]
        return sorted(own, key=lambda token: token.label)

    async def remove_token(self, account_id: str, token_id: str, entry: Entry) -> None:
        """Revoke a service token."""
        for digest, token in self._tokens.items():
            if (token.account_id, token.id) == (account_id, token_id):
                self.write(entry)
                del self._tokens[digest]
                return
        raise OperatorError("the account has no token of this id; `raum token list` shows them")

    async def add_user(self, user: User, password_hash: str | None, entry: Entry) -> None:
        """Add a user."""
        self._refuse_twin(user)
        self.write(entry)
        self._users[user.id] = (user, password_hash)

    def _refuse_twin(self, new: User) -> None:
        twins = any(
            (new.email is not None and user.email == new.email)
            or (new.person_id is not None and (user.account_id, user.person_id) == (new.account_id, new.person_id))
            for user, _ in self._users.values()
        )
        if new.account_id is not None:
            self._account(new.account_id)
        if twins:
            raise OperatorError("there is a user with this address, or for this person, already")

    async def user(self, user_id: str) -> User | None:
        """The user with this id."""
        return self._users[user_id][0] if user_id in self._users else None

    async def user_of_email(self, email: str) -> tuple[User, str | None] | None:
        """The user with this address."""
        return next((kept for kept in self._users.values() if kept[0].email == email), None)

    async def user_of_person(self, account_id: str, person_id: int) -> User | None:
        """The user of an account whom the helpdesk knows by this number."""
        place = (account_id, person_id)
        return next((user for user, _ in self._users.values() if (user.account_id, user.person_id) == place), None)

    async def users(self, account_id: str | None) -> Sequence[User]:
        """The users of an account."""
        own = [user for user, _ in self._users.values() if user.account_id == account_id]
        return sorted(own, key=lambda user: user.id)

    async def change_user(self, user_id: str, values: Mapping[str, Any], entry: Entry) -> None:
        """Set fields of a user, and end the user's sessions."""
        if user_id not in self._users:
            raise OperatorError("there is no such user")
        user, password_hash = self._users[user_id]
        fields = {name: value for name, value in values.items() if name != "password_hash"}
        self.write(entry)
        self._users[user_id] = (evolve(user, **fields), values.get("password_hash", password_hash))
        theirs = [key for key, kept in self._sessions.items() if user_id in (kept.user_id, kept.impersonator_id)]
        for key in theirs:
            del self._sessions[key]

    async def renew_hash(self, user_id: str, old: str, new: str) -> None:
        """Hash the same password in another way."""
        user, password_hash = self._users[user_id]
        if password_hash == old:
            self.fail_if_told()
            self._users[user_id] = (user, new)

    async def add_session(
        self, session: Session, entry: Entry, new_user: User | None = None, password_hash: str | None = None
    ) -> bool:
        """Keep a session."""
        if password_hash is not None and self._users[session.user_id][1] != password_hash:
            return False
        if new_user is not None:
            self._refuse_twin(new_user)
        self.write(entry)
        if new_user is not None:
            self._users[new_user.id] = (new_user, None)
        self._sessions[session.id] = session
        return True

    async def standing(self, session_id: str) -> Standing | None:
        """A session and everybody in it."""
        session = self._sessions.get(session_id)
        if session is None or session.parent_id not in (None, *self._sessions):
            return None
        user = self._users[session.user_id][0]
        impersonator = self._users[session.impersonator_id][0] if session.impersonator_id else None
        return Standing(session, user, self._accounts[user.account_id] if user.account_id else None, impersonator)

    async def end_session(self, session_id: str, entry: Entry) -> None:
        """End a session, and the impersonations that began in it."""
        self.write(entry)
        ended = [key for key, kept in self._sessions.items() if session_id in (key, kept.parent_id)]
        for key in ended:
            del self._sessions[key]

    async def add_session_key(self, key: SessionKey, retire_others_at: datetime | None, entry: Entry) -> None:
        """Keep a key; the others retire."""
        self.write(entry)
        others = list(self._session_keys.values())
        if retire_others_at is not None:
            others = [
                evolve(kept, retires_at=min(kept.retires_at or retire_others_at, retire_others_at)) for kept in others
            ]
        others = [kept for kept in others if kept.retires_at is None or kept.retires_at > key.created_at]
        self._session_keys = {kept.id: kept for kept in [*others, key]}

    async def session_key(self, key_id: str) -> SessionKey | None:
        """The key with this id."""
        return self._session_keys.get(key_id)

    async def newest_session_key(self) -> SessionKey | None:
        """The key that signs now."""
        signing = [key for key in self._session_keys.values() if key.retires_at is None]
        return max(signing, key=lambda key: key.created_at, default=None)

    async def attempt(self, slowings: Sequence[Slowing], now: datetime) -> float:
        """Count an attempt; or the seconds to wait."""
        known = {slowing.digest: self._attempts.get(slowing.digest, (0, now)) for slowing in slowings}
        wait = max((until - now).total_seconds() for _, until in known.values())
        if wait > 0:
            return wait
        self.fail_if_told()
        for slowing in slowings:
            failed, until = known[slowing.digest]
            failures = 1 if until < now - FORGOTTEN_AFTER else failed + 1
            self._attempts[slowing.digest] = (failures, now + timedelta(seconds=slowing.seconds(failures)))
        return 0.0

    async def forgive(self, cleared: Sequence[bytes], lowered: Sequence[bytes], now: datetime) -> None:
        """An attempt was none."""
        self.fail_if_told()
        for digest in cleared:
            self._attempts.pop(digest, None)
        for digest in lowered:
            failures, _ = self._attempts.get(digest, (0, now))
            if failures:
                self._attempts[digest] = (failures - 1, now)

    async def mark(self, digest: bytes, until: datetime, now: datetime) -> bool:
        """Remember a digest."""
        self.fail_if_told()
        is_new = self._marks.get(digest, now) <= now
        self._marks[digest] = until
        return is_new

    async def is_marked(self, digest: bytes, now: datetime) -> bool:
        """Whether a digest is remembered."""
        return self._marks.get(digest, now) > now
