"""Who is asking: the service token in the Authorization header names the account, and nothing else does."""

from starlette.requests import Request

from raum.host import Host
from raum.model import Account, Actor
from raum.secret import Secret
from raum.tokens import digest
from raum.web.problems import Problem


async def caller(request: Request) -> tuple[Account, Actor]:
    """The account and the actor of a request. Problem 401 if the token is missing or unknown."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    host: Host = request.state.host
    known = await host.store.account_of_token(digest(Secret(token))) if scheme.lower() == "bearer" else None
    if known is None:
        raise Problem(401, "unauthorized", "Send a valid service token as 'Authorization: Bearer ...'.")
    account, label = known
    return account, Actor("token", label)
