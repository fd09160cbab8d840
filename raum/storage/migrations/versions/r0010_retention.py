"""Legal holds, and the deletions that were asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "holds",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_holds"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_holds_account_id"),
    )
    op.create_table(
        "deletions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket_ids", sa.JSON, nullable=False),
        sa.Column("tickets", sa.Integer, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_deletions_account_id"),
    )
    op.create_index("ix_deletions_account_id_requested_at", "deletions", ["account_id", "requested_at"])
    op.create_index("ix_deletions_finished_at", "deletions", ["finished_at"])
