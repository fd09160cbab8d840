"""Settings of accounts; what an AI operation cost, and what a change of settings changed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table of settings and add the columns of entries."""
    op.create_table(
        "settings",
        sa.Column("account_id", sa.String(63), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("value", sa.String(512), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name", name="pk_settings"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_settings_account_id"),
    )
    op.add_column("entries", sa.Column("cache_read_tokens", sa.Integer))
    op.add_column("entries", sa.Column("reasoning_tokens", sa.Integer))
    op.add_column("entries", sa.Column("cost_nanousd", sa.BigInteger))
    op.add_column("entries", sa.Column("changes", sa.JSON))
