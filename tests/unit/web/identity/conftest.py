"""People of two accounts and an operator, with sessions as they are after signing in."""

from datetime import timedelta
from functools import partial

import pytest
from argon2 import PasswordHasher
from attrs import define, evolve, field

from raum.audit.actions import action_entry
from raum.identity import jwts
from raum.identity.actors import Actor, Role
from raum.identity.users import Session, Standing, User
from raum.ids import new_id, utc_now
from raum.secrets.credentials import WEBHOOK_SECRET
from raum.secrets.secret import Secret

TESTER = Actor("operator", "tester")


@define
class People:
    """Users by name; whoever is asked for is made."""

    site: object
    known: dict = field(factory=dict)

    @property
    def store(self):
        return self.site.host.store

    @staticmethod
    def entry():
        """An entry about something that happened before."""
        return action_entry("before", "acme", TESTER)

    async def user(self, role, account="acme", **fields):
        """A user of this role, the same one each time."""
        account = None if role is Role.OPERATOR else account
        if (role, account) not in self.known:
            name = f"{role}@{account or 'host'}.example"
            user = User(new_id(), role, account, utc_now(), name, **fields)
            await self.store.add_user(user, None, action_entry("user_create", account or "_host", TESTER))
            self.known[role, account] = user
        return self.known[role, account]

    async def session(self, user, **fields):
        """A session of the user, that began just now."""
        now = utc_now()
        session = Session(new_id(), user.id, now, now + timedelta(hours=12))
        session = evolve(session, **fields)
        await self.store.add_session(session, action_entry("session_start", user.account_id or "_host", TESTER))
        return session

    async def token(self, role, account="acme"):
        """A token of a new session of a user of this role."""
        return await self.token_of(await self.session(await self.user(role, account)))

    async def token_of(self, session):
        standing = await self.store.standing(session.id)
        assert isinstance(standing, Standing)
        key_id, key = await self.site.host.sessions.keys.signing()
        now = utc_now()
        return jwts.issue(jwts.claims_of(standing), key_id, key, now, now + jwts.LONGEST)

    async def service_token(self, *scopes, account="acme", days=90):
        admin = self.site.host.administration(TESTER)
        return (await admin.create_token(account, f"for {new_id()}", frozenset(scopes), days)).reveal()

    async def request(self, method, path, token=None, document=None):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = {} if document is None else {"json": document}
        return await self.site.client.request(method, path, headers=headers, **content)

    async def renew(self, token):
        """The cheapest request that any user may make."""
        return await self.request("POST", "/v1/sessions/current", token)

    async def entries(self, account="acme", operation=None):
        return [e for e in await self.store.entries(account, limit=1000) if operation in (None, e.operation)]


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch):
    """What a password costs is tested where passwords are."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("raum.identity.passwords.PasswordHasher", cheap)


@pytest.fixture
async def people(site):
    admin = site.host.administration(TESTER)
    await admin.create_account("beta", "beta-help")
    await admin.set_credential("beta", WEBHOOK_SECRET, Secret("signing-secret-of-beta"))
    return People(site)


@pytest.fixture
def identities(site):
    return site.host.identity_administration(TESTER)
