"""Who acted in whose place."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"


def upgrade() -> None:
    """Add the impersonator to entries."""
    op.add_column("entries", sa.Column("impersonator", sa.Text))
