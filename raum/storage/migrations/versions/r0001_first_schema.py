"""The first schema: accounts, tokens, credentials, jobs and entries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    _create_accounts()
    _create_jobs()
    _create_entries()


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(63), nullable=False),
        sa.Column("subdomain", sa.String(63), nullable=False),
        sa.Column("webhook_key", sa.String(128), nullable=False),
        sa.Column("reply_as", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("webhook_key", name="uq_accounts_webhook_key"),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary(64), nullable=False),
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_tokens"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_tokens_account_id"),
    )
    op.create_table(
        "credentials",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name="pk_credentials"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_credentials_account_id"),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("event_id", sa.String(128), nullable=False),
        sa.Column("ticket_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_ip", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_jobs_account_id"),
        sa.UniqueConstraint("account_id", "event_id", name="uq_jobs_account_id_event_id"),
    )
    op.create_index("ix_jobs_state_created_at", "jobs", ["state", "created_at"])


def _create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("id", sa.String(128), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("source_ip", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("job_id", sa.String(128)),
        sa.Column("ticket_id", sa.BigInteger),
        sa.Column("reason", sa.String(128)),
        sa.Column("provider", sa.String(128)),
        sa.Column("model", sa.String(256)),
        sa.Column("input_tokens", sa.Integer, nullable=False),
        sa.Column("output_tokens", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("placeholders", sa.JSON, nullable=False),
        sa.Column("unresolved", sa.JSON, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("completion", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_entries"),
        sa.UniqueConstraint("id", name="uq_entries_id"),
    )
    op.create_index("ix_entries_account_id_time", "entries", ["account_id", "time"])
