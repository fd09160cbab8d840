"""Entries that can be sealed, segments and their keys; addresses of the peer and of the client; copies for sinks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables and add the columns. Entries that are there get their hashes when they are sealed."""
    for table in ("jobs", "entries"):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN source_ip TO client_ip")
        op.add_column(table, sa.Column("peer_ip", sa.String(64), nullable=False, server_default=sa.text("''")))
    for column in (
        sa.Column("impersonation_reason", sa.Text),
        sa.Column("target", sa.Text),
        sa.Column("erased", sa.JSON),
        sa.Column("salt", sa.String(32), nullable=False, server_default=sa.text("''")),
        sa.Column("said_hash", sa.LargeBinary(32)),
        sa.Column("body_hash", sa.LargeBinary(32)),
        sa.Column("position", sa.BigInteger),
    ):
        op.add_column("entries", column)
    op.create_index("ix_entries_account_id_position", "entries", ["account_id", "position"], unique=True)
    _create_tables()


def _create_tables() -> None:
    op.create_table(
        "segments",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("sealed_at", sa.String(32), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "number", name="pk_segments"),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(32), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_keys"),
    )
    op.create_table(
        "undelivered",
        sa.Column("sink", sa.String(63), nullable=False),
        sa.Column("entry_id", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("sink", "entry_id", name="pk_undelivered"),
    )
