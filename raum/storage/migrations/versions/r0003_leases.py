"""Claims of jobs that lapse and that only their holder can end; why a job died; the number that an engine gives it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns, and call jobs dead that were called failed. Jobs that were running wait for no heartbeat."""
    op.add_column("jobs", sa.Column("token", sa.Integer, nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("heartbeat_at", sa.DateTime(timezone=True)))
    op.add_column("jobs", sa.Column("reason", sa.String(128)))
    op.add_column("jobs", sa.Column("engine_id", sa.BigInteger))
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    op.execute("UPDATE jobs SET token = attempts")
    op.execute("UPDATE jobs SET state = 'waiting' WHERE state = 'running'")
    op.execute("UPDATE jobs SET state = 'dead' WHERE state = 'failed'")
