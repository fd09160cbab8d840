"""Runs migrations on the connection that `raum.storage.schema` hands over.

In the transaction that the connection is in; or else in one for each, which a migration may leave in between.
"""

from alembic import context

from raum.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
