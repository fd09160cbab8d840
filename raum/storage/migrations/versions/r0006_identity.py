"""The life of accounts, users and their sessions, and service tokens that have scopes and an end.

A service token that is there keeps what it could do, for 90 days more.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create and extend the tables."""
    op.add_column("entries", sa.Column("impersonator", sa.Text))
    op.add_column("accounts", sa.Column("state", sa.String(16), nullable=False, server_default="active"))
    op.add_column("accounts", sa.Column("ends_at", _TIME))
    op.add_column("accounts", sa.Column("app", sa.String(20)))
    op.add_column("accounts", sa.Column("installation", sa.String(20)))
    op.add_column("accounts", sa.Column("owners_impersonate", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_accounts_installation", "accounts", ["installation"])
    _tokens()
    _people()
    op.create_table(
        "session_keys",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("retires_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_session_keys"),
    )
    op.create_table(
        "attempts",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_attempts"),
    )
    op.create_table(
        "marks",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_marks"),
    )
    op.create_index("ix_marks_until", "marks", ["until"])


def _tokens() -> None:
    """SQLite adds no column that must be filled, so the table is made anew."""
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT digest, account_id, label FROM tokens")).all()
    op.drop_table("tokens")
    table = op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary(64), nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_tokens"),
        sa.UniqueConstraint("id", name="uq_tokens_id"),
        sa.UniqueConstraint("account_id", "label", name="uq_tokens_account_id_label"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_tokens_account_id"),
    )
    now = datetime.now(UTC)
    labels: set[tuple[str, str]] = set()
    for row in known:
        token_id = bytes(row.digest).hex()[:26].upper()
        label = row.label if (row.account_id, row.label) not in labels else token_id
        labels.add((row.account_id, label))
        connection.execute(
            table.insert().values(
                digest=row.digest,
                id=token_id,
                account_id=row.account_id,
                label=label,
                scopes=["operations", "credentials"],
                created_at=now,
                expires_at=now + timedelta(days=90),
            )
        )


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(63)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("person_id", sa.BigInteger),
        sa.Column("password_hash", sa.String(256)),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.UniqueConstraint("account_id", "person_id", name="uq_users_account_id_person_id"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_users_account_id"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("impersonator_id", sa.String(32)),
        sa.Column("parent_id", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        sa.ForeignKeyConstraint(["impersonator_id"], ["users.id"], name="fk_sessions_impersonator_id"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
