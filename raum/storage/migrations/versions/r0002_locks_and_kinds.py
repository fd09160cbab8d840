"""Locks that hold over all processes of a host, and jobs about other things than replies."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table, and add the columns."""
    op.create_table(
        "locks",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_locks"),
    )
    op.add_column("jobs", sa.Column("kind", sa.String(16), nullable=False, server_default="reply"))
    op.add_column("jobs", sa.Column("person_id", sa.BigInteger, nullable=False, server_default="0"))
