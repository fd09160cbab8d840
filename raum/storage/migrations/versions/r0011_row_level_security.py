"""Row-level security: on PostgreSQL no statement reaches a row of an account other than the one stated.

Hosts of before, which state none, work on as long as they are connected.
"""

from alembic import op

from raum.storage.wall import OF_ACCOUNT, OF_ACCOUNT_OR_HOST, let_older_hosts_through, of_account, of_parent, put_up

revision = "0011"
down_revision = "0010"

_BY_ACCOUNT = (
    "settings", "rates", "tokens", "credentials", "jobs", "erasures", "holds", "deletions", "entries", "segments",
)  # fmt: skip


def upgrade() -> None:
    """Put the wall up around every table with rows of accounts."""
    connection = op.get_bind()
    put_up(connection, "accounts", of_account("id"))
    put_up(connection, "users", of_account(OF_ACCOUNT_OR_HOST))
    put_up(connection, "sessions", of_parent("sessions", "users", "user_id"))
    for table in _BY_ACCOUNT:
        put_up(connection, table, of_account(OF_ACCOUNT))
    for table in ("accounts", "users", "sessions", *_BY_ACCOUNT):
        let_older_hosts_through(connection, table)
