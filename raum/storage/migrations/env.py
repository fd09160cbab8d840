"""Runs migrations on the connection that `raum.storage.schema` hands over."""

from alembic import context

from raum.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
