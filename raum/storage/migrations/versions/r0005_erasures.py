"""Tickets of which nothing that was said is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table of erasures."""
    op.create_table(
        "erasures",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("ticket_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "ticket_id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_erased_at", "erasures", ["erased_at"])
