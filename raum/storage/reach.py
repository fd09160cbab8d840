"""Whose rows a transaction reaches: row-level security, the wall on PostgreSQL behind the conditions of the queries.

Every transaction of a store states its reach. On PostgreSQL it is told to the server for this one transaction, and the
policies of the tables (`wall.py`) let no row of anybody else's be read or written, whatever the statement says. SQLite
has no such thing. https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from typing import Final

from attrs import frozen
from sqlalchemy.ext.asyncio import AsyncConnection

ACCOUNT_SETTING: Final = "raum.account"
"""The setting of the server that holds the id of the account that is reached."""
HOST_SETTING: Final = "raum.every_account"
"""The setting that is `on` for what the host does over all accounts."""

_SET: Final = "SELECT set_config($1, $2, true)"


@frozen
class Reach:
    """Made by `only`, or one of the two constants; what the server is told, as the name and value of a setting."""

    name: str
    value: str


NO_ACCOUNT: Final = Reach("", "")
"""The tables of the host itself: no row of any account. Nothing is told, and that is what nothing told means."""

EVERY_ACCOUNT: Final = Reach(HOST_SETTING, "on")
"""What is the host's own by nature: who looks up whose a key, a session or a job is, or works through all accounts."""


def only(account_id: str) -> Reach:
    """The rows of one account, or of the host under the name that entries about it have."""
    return Reach(ACCOUNT_SETTING, account_id)


def one_or_every(account_id: str | None) -> Reach:
    """The rows of one account, or of all if none is named."""
    return EVERY_ACCOUNT if account_id is None else only(account_id)


async def state_reach(connection: AsyncConnection, reach: Reach) -> None:
    """Tell the server, until the end of the transaction that the connection is in."""
    if reach.name and connection.dialect.name == "postgresql":
        await connection.exec_driver_sql(_SET, (reach.name, reach.value))
