"""The policies that keep the rows of accounts apart on PostgreSQL, whatever a statement asks for.

A row is let through, to be read and to be written, in a transaction that has stated its account or that it is for the
host as a whole (`reach.py`); without either, none is. The owner of a table is held as well. Not held are superusers and
roles with BYPASSRLS: https://www.postgresql.org/docs/current/ddl-rowsecurity.html.

Hosts from before there was a wall state nothing. While such hosts are connected, as they may be when the schema is
migrated, a second policy lets sessions through that never heard of the setting; the first host that starts when they
are gone ends that. Hosts that know the wall are held from the beginning, because each of their sessions knows it.
"""

from collections.abc import Sequence
from typing import Final

from attrs import frozen
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from raum.storage.reach import ACCOUNT_SETTING, HOST_SETTING
from raum.storage.tables import accounts, metadata

POLICY: Final = "of_the_account"
POLICY_FOR_OLDER_HOSTS: Final = "of_older_hosts"

OF_ACCOUNT: Final = "account_id"
"""Whose a row is, in most tables."""
OF_ACCOUNT_OR_HOST: Final = "coalesce(account_id, '_host')"
"""The same where a row without an account is the host's own."""

# In a sub-select, a setting is looked up once for a statement instead of once for a row. What was set for a transaction
# that has ended is not unset, but empty.
_STATED: Final = f"(SELECT nullif(current_setting('{ACCOUNT_SETTING}', true), ''))"
_BY_THE_HOST: Final = f"(SELECT current_setting('{HOST_SETTING}', true)) = 'on'"
_BY_OLDER_HOSTS: Final = f"(SELECT current_setting('{ACCOUNT_SETTING}', true)) IS NULL"

_NOT_HELD: Final = text("SELECT name FROM unnest(cast(:tables AS text[])) name WHERE NOT row_security_active(name)")
_STILL_OPEN: Final = text(
    "SELECT tablename, pg_has_role(tableowner, 'USAGE') AS is_own FROM pg_policies JOIN pg_tables"
    " USING (schemaname, tablename) WHERE schemaname = current_schema() AND policyname = :name"
)
_OLDER_HOSTS: Final = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'raum' AND pid <> pg_backend_pid()"
)
_LOCK_NOT_AVAILABLE: Final = "55P03"


@frozen
class Wall:
    """How the wall stands for the role of a connection.

    `open_tables` are those of which the role reaches every row, because of what the role or the table is;
    `lets_older_hosts` is whether sessions that never heard of the wall do, too.
    """

    open_tables: tuple[str, ...] = ()
    lets_older_hosts: bool = False

    @property
    def holds_nothing(self) -> bool:
        """Whether it is the role that is not held, from any table."""
        return set(self.open_tables) == set(guarded())


def guarded() -> list[str]:
    """The tables with rows of accounts: those that say whose a row is, or refer to a table that does."""
    found = {accounts.name} | {table.name for table in metadata.tables.values() if OF_ACCOUNT in table.columns}
    for table in metadata.sorted_tables:  # whoever refers to a table stands behind it
        if found & {key.column.table.name for key in table.foreign_keys}:
            found.add(table.name)
    return sorted(found)


def of_account(owner: str = OF_ACCOUNT) -> str:
    """Lets rows through by the account that this expression gives."""
    return f"{_BY_THE_HOST} OR {owner} = {_STATED}"


def of_parent(table: str, parent: str, key: str) -> str:
    """Lets rows through whose row of another table is let through."""
    return f"{_BY_THE_HOST} OR EXISTS (SELECT FROM {parent} WHERE {parent}.id = {table}.{key})"


def put_up(connection: Connection, table: str, lets_through: str) -> None:
    """Give a table its policy; nothing on a database other than PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {POLICY} ON {table} USING ({lets_through}) WITH CHECK ({lets_through})",
    ):
        connection.execute(text(statement))


def let_older_hosts_through(connection: Connection, table: str) -> None:
    """If hosts are connected that know of no wall, let them work on; nothing on a database other than PostgreSQL."""
    if connection.dialect.name == "postgresql" and _are_there_older_hosts(connection):
        rule = f"USING ({_BY_OLDER_HOSTS}) WITH CHECK ({_BY_OLDER_HOSTS})"
        connection.execute(text(f"CREATE POLICY {POLICY_FOR_OLDER_HOSTS} ON {table} {rule}"))


def close_behind_older_hosts(connection: Connection) -> Wall:
    """Let no older host through any more, if there is none and the tables are the role's own; how the wall stands."""
    if connection.dialect.name != "postgresql":
        return Wall()
    still_open = connection.execute(_STILL_OPEN, {"name": POLICY_FOR_OLDER_HOSTS}).all()
    may_close = all(row.is_own for row in still_open) and not (still_open and _are_there_older_hosts(connection))
    stays = bool(still_open) and not (may_close and _drop(connection, [row.tablename for row in still_open]))
    open_tables = connection.execute(_NOT_HELD, {"tables": guarded()}).scalars()
    return Wall(tuple(open_tables), stays)


def _drop(connection: Connection, tables: Sequence[str]) -> bool:
    """Drop the policy for older hosts, unless the tables are in such use that others would have to wait for it."""
    try:
        with connection.begin_nested():
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            for table in tables:
                connection.execute(text(f"DROP POLICY IF EXISTS {POLICY_FOR_OLDER_HOSTS} ON {table}"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


def _are_there_older_hosts(connection: Connection) -> bool:
    number: int = connection.execute(_OLDER_HOSTS).scalar_one()
    return number > 0
