"""What a store keeps about users, sessions and service tokens, and the SQL that does it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from attrs import frozen
from sqlalchemy import Select, Table, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from raum.audit.actions import HOST
from raum.errors import OperatorError
from raum.identity.users import ServiceToken, Session, SessionKey, Standing, User
from raum.model import Account, AccountState, Entry
from raum.storage.failures import refusing
from raum.storage.reach import EVERY_ACCOUNT, NO_ACCOUNT, Reach, only
from raum.storage.tables import (
    accounts,
    attempts,
    credentials,
    from_row,
    from_table,
    marks,
    rates,
    session_keys,
    sessions,
    settings,
    to_row,
    tokens,
    users,
)


@frozen
class Slowing:
    """How attempts of one kind are slowed: freely at first, then twice as long each time, up to a longest wait."""

    digest: bytes
    free: int
    longest_seconds: float

    def seconds(self, failures: int) -> float:
        """The wait after so many failures."""
        return 0.0 if failures < self.free else min(2.0 ** min(failures - self.free, 32), self.longest_seconds)


class Identities(Protocol):
    """Accounts' lives, users, sessions, service tokens, and what slows down whoever guesses passwords.

    Every change writes its entry in the same transaction. A change of a user ends all of the user's sessions, and those
    in which the user acts for somebody else.
    """

    async def change_account(self, account_id: str, values: Mapping[str, Any], entry: Entry) -> None:
        """Set fields of an account that is not deleted. Raises OperatorError if there is none."""

    async def delete_account(self, account_id: str, webhook_key: str, entry: Entry) -> None:
        """Delete what an account has (credentials, settings, users, sessions, tokens) and keep its name from others.

        The row that stays gets another webhook key. Raises OperatorError if there is no such account.
        """

    async def accounts_of_installation(self, installation: str) -> Sequence[Account]:
        """The accounts whose helpdesk app has this installation."""

    async def add_token(self, token: ServiceToken, digest: bytes, entry: Entry) -> None:
        """Keep a service token by its digest. Raises OperatorError if the account has one of this label, or is none."""

    async def token(self, digest: bytes) -> tuple[Account, ServiceToken] | None:
        """The service token with this digest, and its account."""

    async def tokens(self, account_id: str) -> Sequence[ServiceToken]:
        """The service tokens of an account, by label."""

    async def remove_token(self, account_id: str, token_id: str, entry: Entry) -> None:
        """Revoke a service token. Raises OperatorError if the account has none of this id."""

    async def add_user(self, user: User, password_hash: str | None, entry: Entry) -> None:
        """Add a user. Raises OperatorError if the address or the person is taken, or there is no such account."""

    async def user(self, user_id: str) -> User | None:
        """The user with this id."""

    async def user_of_email(self, email: str) -> tuple[User, str | None] | None:
        """The user with this address, and the hash of the password, if there is one."""

    async def user_of_person(self, account_id: str, person_id: int) -> User | None:
        """The user of an account whom the helpdesk knows by this number."""

    async def users(self, account_id: str | None) -> Sequence[User]:
        """The users of an account, or the operators of the host, by age."""

    async def change_user(self, user_id: str, values: Mapping[str, Any], entry: Entry) -> None:
        """Set fields of a user, or `password_hash`, and end the user's sessions. Raises OperatorError if none."""

    async def renew_hash(self, user_id: str, old: str, new: str) -> None:
        """Hash the same password in another way; nothing if it is another password by now."""

    async def add_session(
        self, session: Session, entry: Entry, new_user: User | None = None, password_hash: str | None = None
    ) -> bool:
        """Keep a session, with its user if that one is new, and forget those that have ended.

        False, changing nothing, if `password_hash` is not that of the user any more.
        """

    async def standing(self, session_id: str) -> Standing | None:
        """A session and everybody in it; None also for one whose parent has ended."""

    async def end_session(self, session_id: str, entry: Entry) -> None:
        """End a session, and the impersonations that began in it."""

    async def add_session_key(self, key: SessionKey, retire_others_at: datetime | None, entry: Entry) -> None:
        """Keep a key; the others retire at that time at the latest, or, with None, when they would have.

        Keys that have retired are deleted.
        """

    async def session_key(self, key_id: str) -> SessionKey | None:
        """The key with this id."""

    async def newest_session_key(self) -> SessionKey | None:
        """The key that signs now."""

    async def attempt(self, slowings: Sequence[Slowing], now: datetime) -> float:
        """Count an attempt, as a failure until it is forgiven; or the seconds to wait, if it comes too early.

        Attempts of one kind are counted one after the other, over all hosts.
        """

    async def forgive(self, cleared: Sequence[bytes], lowered: Sequence[bytes], now: datetime) -> None:
        """An attempt was none: forget all failures of some kinds, and take one off the others."""

    async def mark(self, digest: bytes, until: datetime, now: datetime) -> bool:
        """Remember a digest; False if it was remembered already, whose time is then lengthened."""

    async def is_marked(self, digest: bytes, now: datetime) -> bool:
        """Whether a digest is remembered."""


_impersonators = users.alias("impersonators")
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""After that, failed attempts to sign in count no more."""


async def require_account(connection: AsyncConnection, account_id: str) -> None:
    """Let an account not be deleted until the transaction ends. Raises OperatorError if it is, or was never there."""
    there = select(accounts.c.id).where(accounts.c.id == account_id, accounts.c.state != AccountState.DELETED)
    if (await connection.execute(there.with_for_update(read=True))).first() is None:
        raise OperatorError("there is no such account")


class SqlIdentities:
    """The share of an SqlStore that is about identities."""

    reading: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    writing: Callable[[Reach], AbstractAsyncContextManager[AsyncConnection]]
    insert: Callable[[Table], sqlite.Insert | postgresql.Insert]
    add_entry: Callable[[AsyncConnection, Entry], Any]

    async def change_account(self, account_id: str, values: Mapping[str, Any], entry: Entry) -> None:
        """Set fields of an account."""
        change = update(accounts).where(accounts.c.id == account_id, accounts.c.state != AccountState.DELETED)
        async with self.writing(only(account_id)) as connection:
            if (await connection.execute(change.values(dict(values)))).rowcount != 1:
                raise OperatorError("there is no such account")
            await self.add_entry(connection, entry)

    async def delete_account(self, account_id: str, webhook_key: str, entry: Entry) -> None:
        """Delete what an account has, and keep its name from others."""
        own = select(users.c.id).where(users.c.account_id == account_id)
        rest = {"state": AccountState.DELETED, "subdomain": "deleted", "webhook_key": webhook_key}
        changed = update(accounts).where(accounts.c.id == account_id, accounts.c.state != AccountState.DELETED)
        async with self.writing(only(account_id)) as connection:
            # First, so that whoever adds something to the account comes before, and it goes, or after, and is refused.
            if (await connection.execute(changed.values(app=None, installation=None, **rest))).rowcount != 1:
                raise OperatorError("there is no such account")
            # Users before their sessions, as in a change of a user, so that the two do not wait for each other.
            await connection.execute(own.order_by(users.c.id).with_for_update())
            await connection.execute(delete(sessions).where(sessions.c.user_id.in_(own)))
            for table in (users, tokens, credentials, settings, rates):
                await connection.execute(delete(table).where(table.c.account_id == account_id))
            await self.add_entry(connection, entry)

    async def accounts_of_installation(self, installation: str) -> Sequence[Account]:
        """The accounts whose helpdesk app has this installation."""
        query = select(accounts).where(accounts.c.installation == installation).order_by(accounts.c.id)
        async with self.reading(EVERY_ACCOUNT) as connection:
            return [from_row(Account, row) for row in (await connection.execute(query)).mappings()]

    async def add_token(self, token: ServiceToken, digest: bytes, entry: Entry) -> None:
        """Keep a service token by its digest."""
        row = to_row(token) | {"digest": digest, "scopes": sorted(token.scopes)}
        async with self.writing(only(token.account_id)) as connection:
            await require_account(connection, token.account_id)
            with refusing("the account has a token with this label already"):
                await connection.execute(self.insert(tokens).values(row))
            await self.add_entry(connection, entry)

    async def token(self, digest: bytes) -> tuple[Account, ServiceToken] | None:
        """The service token with this digest, and its account."""
        query = select(accounts, tokens).join_from(tokens, accounts).where(tokens.c.digest == digest)
        async with self.reading(EVERY_ACCOUNT) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return (from_table(Account, accounts, row), from_table(ServiceToken, tokens, row)) if row else None

    async def tokens(self, account_id: str) -> Sequence[ServiceToken]:
        """The service tokens of an account, by label."""
        query = select(tokens).where(tokens.c.account_id == account_id).order_by(tokens.c.label)
        async with self.reading(only(account_id)) as connection:
            return [from_row(ServiceToken, row) for row in (await connection.execute(query)).mappings()]

    async def remove_token(self, account_id: str, token_id: str, entry: Entry) -> None:
        """Revoke a service token."""
        async with self.writing(only(account_id)) as connection:
            gone = await connection.execute(delete(tokens).filter_by(account_id=account_id, id=token_id))
            if gone.rowcount != 1:
                raise OperatorError("the account has no token of this id; `raum token list` shows them")
            await self.add_entry(connection, entry)

    async def add_user(self, user: User, password_hash: str | None, entry: Entry) -> None:
        """Add a user."""
        async with self.writing(only(user.account_id or HOST)) as connection:
            await self._insert_user(connection, user, password_hash)
            await self.add_entry(connection, entry)

    async def _insert_user(self, connection: AsyncConnection, user: User, password_hash: str | None) -> None:
        row = to_row(user) | {"password_hash": password_hash}
        if user.account_id is not None:
            await require_account(connection, user.account_id)
        with refusing("there is a user with this address, or for this person, already"):
            await connection.execute(self.insert(users).values(row))

    async def user(self, user_id: str) -> User | None:
        """The user with this id."""
        return await self._one_user(EVERY_ACCOUNT, select(users).where(users.c.id == user_id))

    async def user_of_email(self, email: str) -> tuple[User, str | None] | None:
        """The user with this address, and the hash of the password."""
        async with self.reading(EVERY_ACCOUNT) as connection:
            rows = await connection.execute(select(users).where(users.c.email == email))
            row = rows.mappings().one_or_none()
        return (from_row(User, row), row["password_hash"]) if row else None

    async def user_of_person(self, account_id: str, person_id: int) -> User | None:
        """The user of an account whom the helpdesk knows by this number."""
        query = select(users).filter_by(account_id=account_id, person_id=person_id)
        return await self._one_user(only(account_id), query)

    async def _one_user(self, reach: Reach, query: Select[Any]) -> User | None:
        async with self.reading(reach) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return from_row(User, row) if row else None

    async def users(self, account_id: str | None) -> Sequence[User]:
        """The users of an account, or the operators of the host, by age."""
        query = select(users).where(users.c.account_id.is_not_distinct_from(account_id)).order_by(users.c.id)
        async with self.reading(only(account_id or HOST)) as connection:
            return [from_row(User, row) for row in (await connection.execute(query)).mappings()]

    async def change_user(self, user_id: str, values: Mapping[str, Any], entry: Entry) -> None:
        """Set fields of a user, and end the user's sessions."""
        theirs = or_(sessions.c.user_id == user_id, sessions.c.impersonator_id == user_id)
        async with self.writing(_acting_in(entry)) as connection:
            changed = await connection.execute(update(users).where(users.c.id == user_id).values(dict(values)))
            if changed.rowcount != 1:
                raise OperatorError("there is no such user")
            await connection.execute(delete(sessions).where(theirs))
            await self.add_entry(connection, entry)

    async def renew_hash(self, user_id: str, old: str, new: str) -> None:
        """Hash the same password in another way."""
        renewed = update(users).where(users.c.id == user_id, users.c.password_hash == old).values(password_hash=new)
        async with self.writing(EVERY_ACCOUNT) as connection:
            await connection.execute(renewed)

    async def add_session(
        self, session: Session, entry: Entry, new_user: User | None = None, password_hash: str | None = None
    ) -> bool:
        """Keep a session."""
        own = select(users.c.id).where(users.c.id == session.user_id, users.c.password_hash == password_hash)
        async with self.writing(EVERY_ACCOUNT) as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_at <= session.created_at))
        async with self.writing(only(entry.account_id)) as connection:
            # The lock lets a change of the password, which ends all sessions, come before or after, but not between.
            held = None if password_hash is None else await connection.execute(own.with_for_update(read=True))
            if held is not None and held.first() is None:
                return False
            if new_user is not None:
                await self._insert_user(connection, new_user, None)
            await connection.execute(self.insert(sessions).values(to_row(session)))
            await self.add_entry(connection, entry)
        return True

    async def standing(self, session_id: str) -> Standing | None:
        """A session and everybody in it."""
        parents = sessions.alias()
        parent = select(parents.c.id).where(parents.c.id == sessions.c.parent_id).exists()
        query = (
            select(sessions, users, accounts, _impersonators)
            .join_from(sessions, users, sessions.c.user_id == users.c.id)
            .join(accounts, users.c.account_id == accounts.c.id, isouter=True)
            .join(_impersonators, sessions.c.impersonator_id == _impersonators.c.id, isouter=True)
            .where(sessions.c.id == session_id, or_(sessions.c.parent_id.is_(None), parent))
        )
        async with self.reading(EVERY_ACCOUNT) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return Standing(
            from_table(Session, sessions, row),
            from_table(User, users, row),
            from_table(Account, accounts, row) if row[accounts.c.id] else None,
            from_table(User, _impersonators, row) if row[_impersonators.c.id] else None,
        )

    async def end_session(self, session_id: str, entry: Entry) -> None:
        """End a session, and the impersonations that began in it."""
        ended = or_(sessions.c.id == session_id, sessions.c.parent_id == session_id)
        async with self.writing(_acting_in(entry)) as connection:
            await connection.execute(delete(sessions).where(ended))
            await self.add_entry(connection, entry)

    async def add_session_key(self, key: SessionKey, retire_others_at: datetime | None, entry: Entry) -> None:
        """Keep a key; the others retire."""
        async with self.writing(only(entry.account_id)) as connection:
            if retire_others_at is not None:
                staying = or_(session_keys.c.retires_at.is_(None), session_keys.c.retires_at > retire_others_at)
                await connection.execute(update(session_keys).where(staying).values(retires_at=retire_others_at))
            await connection.execute(delete(session_keys).where(session_keys.c.retires_at <= key.created_at))
            await connection.execute(self.insert(session_keys).values(to_row(key)))
            await self.add_entry(connection, entry)

    async def session_key(self, key_id: str) -> SessionKey | None:
        """The key with this id."""
        return await self._one_key(select(session_keys).where(session_keys.c.id == key_id))

    async def newest_session_key(self) -> SessionKey | None:
        """The key that signs now."""
        newest = select(session_keys).where(session_keys.c.retires_at.is_(None))
        return await self._one_key(newest.order_by(session_keys.c.created_at.desc(), session_keys.c.id).limit(1))

    async def _one_key(self, query: Select[Any]) -> SessionKey | None:
        async with self.reading(NO_ACCOUNT) as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return from_row(SessionKey, row) if row else None

    async def attempt(self, slowings: Sequence[Slowing], now: datetime) -> float:
        """Count an attempt; or the seconds to wait."""
        # Whoever needs several rows takes them in this order, so that no two wait for each other.
        rows = [
            {"digest": digest, "failures": 0, "until": now} for digest in sorted({each.digest for each in slowings})
        ]
        insert = self.insert(attempts).values(rows)
        taken = insert.on_conflict_do_update(
            index_elements=["digest"], set_={"failures": attempts.c.failures}
        ).returning(attempts)
        async with self.writing(NO_ACCOUNT) as connection:
            known = {bytes(row.digest): row for row in await connection.execute(taken)}
            wait: float = max((row.until - now).total_seconds() for row in known.values())
            if wait > 0:
                return wait
            for slowing in slowings:
                row = known[slowing.digest]
                failures = 1 if row.until < now - FORGOTTEN_AFTER else row.failures + 1
                until = now + timedelta(seconds=slowing.seconds(failures))
                counted = update(attempts).where(attempts.c.digest == slowing.digest)
                await connection.execute(counted.values(failures=failures, until=until))
        return 0.0

    async def forgive(self, cleared: Sequence[bytes], lowered: Sequence[bytes], now: datetime) -> None:
        """An attempt was none."""
        lower = update(attempts).where(attempts.c.failures > 0).values(failures=attempts.c.failures - 1, until=now)
        async with self.writing(NO_ACCOUNT) as connection:
            for digest in sorted({*cleared, *lowered}):  # in the order in which an attempt takes them
                change = delete(attempts) if digest in cleared else lower
                await connection.execute(change.where(attempts.c.digest == digest))

    async def mark(self, digest: bytes, until: datetime, now: datetime) -> bool:
        """Remember a digest."""
        insert = self.insert(marks).values(digest=digest, until=until)
        async with self.writing(NO_ACCOUNT) as connection:
            await connection.execute(delete(marks).where(marks.c.until <= now))
            is_new = (await connection.execute(insert.on_conflict_do_nothing())).rowcount == 1
            if not is_new:
                await connection.execute(update(marks).where(marks.c.digest == digest).values(until=until))
        return is_new

    async def is_marked(self, digest: bytes, now: datetime) -> bool:
        """Whether a digest is remembered."""
        query = select(marks.c.digest).where(marks.c.digest == digest, marks.c.until > now)
        async with self.reading(NO_ACCOUNT) as connection:
            return (await connection.execute(query)).first() is not None


def _acting_in(entry: Entry) -> Reach:
    """The account of the user whom an entry is about. An operator of the host acts for users of any account."""
    return EVERY_ACCOUNT if entry.account_id == HOST else only(entry.account_id)
